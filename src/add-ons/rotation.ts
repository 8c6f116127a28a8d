// A weight's outputs turned by blocks of orthogonal matrices (OFT), or by several layers of such blocks between butterfly
// permutations (BOFT). Behaviour of AUTOMATIC1111 1.10.1, extensions-builtin/Lora/network_oft.py.
import { AddOnError, inverse, type Tensor } from './matrix.ts';

export interface Rotation {
  /** [blocks, size, size], or of BOFT [layers, blocks, size, size]. */
  readonly blocks: Tensor;
  /** They are the rotations themselves (older files), not what those are made of. */
  readonly isRotation: boolean;
  /** Times the outputs, the largest norm of all the skew-symmetric matrices together; 0: none. */
  readonly constraint: number;
  /** A factor for each output. */
  readonly rescale: Tensor | null;
}

/** Throws AddOnError where the blocks do not fit the outputs. */
export function rotate(weight: Tensor, { blocks, isRotation, constraint, rescale }: Rotation): Tensor {
  const [outputs = 0] = weight.shape;
  const [layers, count, size] =
    blocks.shape.length === 4 ? blocks.shape : ([1, ...blocks.shape] as readonly number[]);
  const isSquare = blocks.shape.length >= 3 && blocks.shape.length <= 4 && blocks.shape.at(-1) === size;
  if (!isSquare || count! * size! !== outputs) {
    throw new AddOnError(`Blocks of [${blocks.shape.join(', ')}] do not turn ${outputs} outputs.`);
  }
  const turns = isRotation
    ? Float64Array.from(blocks.data)
    : cayley(blocks.data, size!, constraint * outputs);
  const inner = weight.data.length / outputs;
  let data: Float64Array = Float64Array.from(weight.data);
  const ofLayer = count! * size! * size!;
  for (let layer = 0; layer < layers!; layer++) {
    const own = turns.subarray(layer * ofLayer, (layer + 1) * ofLayer);
    if (blocks.shape.length === 3) {
      // Rows in, columns out: the rotation is applied from the right.
      data = turnBlocks(data, own, size!, inner, true);
    } else {
      const stride = 2 ** layer * Math.floor(size! / 2);
      if (stride === 0 || outputs % (2 * stride) !== 0) {
        throw new AddOnError(`${outputs} outputs cannot be permuted for layer ${layer} of ${layers}.`);
      }
      const mixed = permuted(data, outputs, inner, 2, stride);
      data = permuted(turnBlocks(mixed, own, size!, inner, false), outputs, inner, stride, 2);
    }
  }
  if (rescale) {
    if (rescale.data.length !== outputs)
      throw new AddOnError(`${rescale.data.length} factors for ${outputs} outputs.`);
    data = data.map((x, i) => x * rescale.data[Math.floor(i / inner)]!);
  }
  return { shape: weight.shape, data: Float32Array.from(data) };
}

/** (1 + Q) (1 - Q)^-1 of each block, Q its skew-symmetric part; `limit` 0: as large as it is. */
function cayley(data: Float32Array, n: number, limit: number): Float64Array {
  const skew = new Float64Array(data.length);
  for (let block = 0; block < data.length; block += n * n) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        skew[block + i * n + j] = data[block + i * n + j]! - data[block + j * n + i]!;
      }
    }
  }
  if (limit !== 0) {
    const norm = Math.sqrt(skew.reduce((sum, x) => sum + x * x, 0));
    const factor = (Math.min(norm, limit) + 1e-8) / (norm + 1e-8);
    for (let i = 0; i < skew.length; i++) skew[i]! *= factor;
  }
  const out = new Float64Array(data.length);
  for (let block = 0; block < data.length; block += n * n) {
    const q = skew.subarray(block, block + n * n);
    const one = (i: number): number => Number(i % (n + 1) === 0);
    const inverted = inverse(
      q.map((x, i) => one(i) - x),
      n,
    );
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += (one(i * n + k) + q[i * n + k]!) * inverted[k * n + j]!;
        out[block + i * n + j] = sum;
      }
    }
  }
  return out;
}

/** Each block of rows times its matrix, or the matrix transposed. */
function turnBlocks(
  data: Float64Array,
  turns: Float64Array,
  n: number,
  inner: number,
  isTransposed: boolean,
): Float64Array {
  const out = new Float64Array(data.length);
  const blocks = data.length / (n * inner);
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < n; k++) {
        const factor = turns[block * n * n + (isTransposed ? k * n + i : i * n + k)]!;
        const [to, from] = [(block * n + i) * inner, (block * n + k) * inner];
        for (let j = 0; j < inner; j++) out[to + j]! += factor * data[from + j]!;
      }
    }
  }
  return out;
}

/** Rows, seen as [c, first, second], to [c, second, first]. */
function permuted(
  data: Float64Array,
  rows: number,
  inner: number,
  first: number,
  second: number,
): Float64Array {
  const out = new Float64Array(data.length);
  for (let row = 0; row < rows; row++) {
    const [c, rest] = [Math.floor(row / (first * second)), row % (first * second)];
    const [i, j] = [Math.floor(rest / second), rest % second];
    const to = c * first * second + j * first + i;
    out.set(data.subarray(row * inner, (row + 1) * inner), to * inner);
  }
  return out;
}
