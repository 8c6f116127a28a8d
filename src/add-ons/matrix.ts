// Dense arithmetic on weights: float32 arrays in C order.
import { multiply } from '../simd/product.ts';

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The file's tensors, or they and the layer, do not go together. The message says which and why. */
export class AddOnError extends Error {
  override readonly name = 'AddOnError';
}

/** Elements of a result: more than any layer has. A small file could ask for any number of them. */
const MOST = 1 << 27;

function checkSize(...shape: readonly number[]): void {
  if (!(sizeOf(shape) <= MOST))
    throw new AddOnError(`A change of [${shape.join(', ')}] is larger than any layer.`);
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** As a matrix: everything but the first axis is one. */
export function flat({ shape, data }: Tensor): Tensor {
  const rows = shape[0] ?? 1;
  return { shape: [rows, rows === 0 ? 0 : data.length / rows], data };
}

/** The same elements in another shape. Throws AddOnError where there are more or fewer. */
export function reshaped({ shape, data }: Tensor, to: readonly number[]): Tensor {
  if (sizeOf(to) !== data.length) {
    throw new AddOnError(`[${shape.join(', ')}] elements do not fit into [${to.join(', ')}].`);
  }
  return { shape: to, data };
}

/** Matrices. `inner`: only so many of the columns of `a` and rows of `b`. */
export function product(a: Tensor, b: Tensor, inner = Infinity): Tensor {
  const [rows, depth] = a.shape as readonly [number, number];
  const [depthB, columns] = b.shape as readonly [number, number];
  if (a.shape.length !== 2 || b.shape.length !== 2 || depth !== depthB) {
    throw new AddOnError(
      `Matrices of [${a.shape.join(', ')}] and [${b.shape.join(', ')}] cannot be multiplied.`,
    );
  }
  checkSize(rows, columns);
  const used = Math.min(depth, inner);
  return { shape: [rows, columns], data: multiply(a.data, b.data, [rows, depth, columns], used) };
}

export function transposed({ shape, data }: Tensor): Tensor {
  const [rows, columns] = shape as readonly [number, number];
  const out = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]!;
  return { shape: [columns, rows], data: out };
}

/** Of two of one size. */
export function elementwise(a: Tensor, b: Tensor, f: (x: number, y: number) => number): Tensor {
  if (a.data.length !== b.data.length) {
    throw new AddOnError(`[${a.shape.join(', ')}] and [${b.shape.join(', ')}] are not of one size.`);
  }
  const data = new Float32Array(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = f(a.data[i]!, b.data[i]!);
  return { shape: a.shape, data };
}

/** a + factor b, of one size. Throws AddOnError where they are not. */
export function plus(a: Tensor, b: Tensor, factor: number): Tensor {
  if (a.data.length !== b.data.length) {
    throw new AddOnError(`[${a.shape.join(', ')}] and [${b.shape.join(', ')}] are not of one size.`);
  }
  const data = new Float32Array(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = a.data[i]! + factor * b.data[i]!;
  return { shape: a.shape, data };
}

/** The same where the factor is 1: nothing that is given is ever written to. */
export function scaled(tensor: Tensor, factor: number): Tensor {
  if (factor === 1) return tensor;
  const data = new Float32Array(tensor.data.length);
  for (let i = 0; i < data.length; i++) data[i] = tensor.data[i]! * factor;
  return { shape: tensor.shape, data };
}

/**
 * A convolution [outputs, inputs, height, width] out of a core [n, m, height, width] and factors up [outputs, n] and down [m,
 * inputs].
 */
export function withCore(core: Tensor, up: Tensor, down: Tensor): Tensor {
  const [n = 0, m = 0, height = 1, width = 1] = core.shape;
  const area = height * width;
  const [outputs = 0] = up.shape;
  // [n, m, area] to [n, inputs, area]: each n is m rows.
  const [, inputs = 0] = flat(down).shape;
  checkSize(n, inputs, area);
  checkSize(outputs, inputs, area);
  if (core.shape.length !== 4 || flat(up).shape[1] !== n || flat(down).shape[0] !== m) {
    throw new AddOnError(
      `A core of [${core.shape.join(', ')}] does not fit between [${up.shape.join(', ')}] and [${down.shape.join(', ')}].`,
    );
  }
  const widened = new Float32Array(n * inputs * area);
  const turned = transposed(flat(down));
  for (let i = 0; i < n; i++) {
    const slice = { shape: [m, area], data: core.data.subarray(i * m * area, (i + 1) * m * area) };
    widened.set(product(turned, slice).data, i * inputs * area);
  }
  const { data } = product(flat(up), { shape: [n, inputs * area], data: widened });
  return { shape: [outputs, inputs, height, width], data };
}

/** Kronecker's product of two matrices, or of a matrix and a convolution, as a matrix of rows of `b`'s inner elements. */
export function kronecker(a: Tensor, b: Tensor): Tensor {
  const [rowsA, columnsA] = a.shape as readonly [number, number];
  const [rowsB = 0, columnsB = 0, ...kernel] = b.shape;
  const area = sizeOf(kernel);
  checkSize(a.data.length, b.data.length);
  const out = new Float32Array(a.data.length * b.data.length);
  let at = 0;
  for (let i = 0; i < rowsA; i++) {
    for (let k = 0; k < rowsB; k++) {
      for (let j = 0; j < columnsA; j++) {
        const factor = a.data[i * columnsA + j]!;
        const start = k * columnsB * area;
        for (let l = 0; l < columnsB * area; l++) out[at++] = factor * b.data[start + l]!;
      }
    }
  }
  return { shape: [rowsA * rowsB, columnsA * columnsB, ...kernel], data: out };
}

/** Of a square matrix in rows of float64: Gauss and Jordan's, with the largest pivots. Throws AddOnError where there is none. */
export function inverse(matrix: Float64Array, n: number): Float64Array {
  const a = matrix.slice();
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) out[i * n + i] = 1;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(a[row * n + column]!) > Math.abs(a[pivot * n + column]!)) pivot = row;
    }
    const value = a[pivot * n + column]!;
    if (!(Math.abs(value) > 0)) throw new AddOnError('A block of the rotation has no inverse.');
    for (let j = 0; j < n; j++) {
      for (const matrix of [a, out]) {
        const [x, y] = [matrix[column * n + j]!, matrix[pivot * n + j]!];
        matrix[pivot * n + j] = x;
        matrix[column * n + j] = y / value;
      }
    }
    for (let row = 0; row < n; row++) {
      const factor = a[row * n + column]!;
      if (row === column || factor === 0) continue;
      for (let j = 0; j < n; j++) {
        a[row * n + j]! -= factor * a[column * n + j]!;
        out[row * n + j]! -= factor * out[column * n + j]!;
      }
    }
  }
  return out;
}
