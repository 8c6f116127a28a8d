// Runs a graph in float64, one plain loop an operator: the judge where two programs that compute in float32 differ. Slow. Tests only.
import type { Attribute, Graph, Node, Value } from '../src/graph/graph.ts';
import { inferShapes } from '../src/graph/shapes.ts';
import type { Precision, WeightRef } from '../src/graph/types.ts';
import type { Network } from '../src/models/network.ts';

interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float64Array;
}

/** The network's first output, as float32 holds it. `read`: bytes of its weights, as float32. */
export async function runExactly<I>(
  { graph, feeds }: Network<I>,
  read: (ref: WeightRef, precision: Precision) => Promise<Uint8Array>,
  inputs: I,
): Promise<Float32Array> {
  const fed = feeds(inputs);
  const shapes = inferShapes(graph, fed);
  const values = constantsOf(graph);
  for (const { name, value } of graph.inputs) {
    const { dims, data } = fed[name]!;
    values.set(value, { dims, data: Float64Array.from(data as ArrayLike<number | bigint>, Number) });
  }
  for (const { value, ref } of graph.storedWeights) {
    const bytes = (await read(ref, 'float32')).slice();
    values.set(value, { dims: ref.shape, data: Float64Array.from(new Float32Array(bytes.buffer)) });
  }
  for (const node of graph.nodes) {
    const given = node.inputs.flatMap((input) => (input ? [values.get(input)!] : []));
    const dims = shapes.get(node.output)!;
    values.set(node.output, { dims, data: result(node, given, dims) });
  }
  return Float32Array.from(values.get(graph.outputs[0]!.value)!.data);
}

function constantsOf(graph: Graph): Map<Value, Tensor> {
  return new Map(
    graph.constants.map(({ value, dims, data }) => {
      const { buffer } = data.slice();
      const numbers = value.type === 'int64' ? new BigInt64Array(buffer) : new Float32Array(buffer);
      return [value, { dims, data: Float64Array.from(numbers as ArrayLike<number | bigint>, Number) }];
    }),
  );
}

function result(node: Node, given: readonly Tensor[], dims: readonly number[]): Float64Array {
  const [x, second, third] = given as [Tensor, Tensor, Tensor];
  switch (node.op) {
    case 'Cast':
    case 'Identity':
    case 'Reshape':
      return x.data;
    case 'Sigmoid':
      return x.data.map((value) => 1 / (1 + Math.exp(-value)));
    case 'Gelu':
      return x.data.map((value) => 0.5 * value * (1 + erf(value / Math.SQRT2)));
    case 'Add':
      return elementwise(x, second, dims, (a, b) => a + b);
    case 'Mul':
      return elementwise(x, second, dims, (a, b) => a * b);
    case 'Transpose':
      return transposed(x, dims, integers(node, 'perm'));
    case 'Concat':
      return concatenated(given, dims, integer(node, 'axis'));
    case 'Slice': {
      const starts = x.dims.map((size, axis) => {
        const at = third ? given[3]!.data.indexOf(axis) : -1;
        const start = at < 0 ? 0 : second.data[at]!;
        return start < 0 ? size + start : Math.min(start, size);
      });
      return placed(dims, (index) =>
        offsetOf(
          x.dims,
          index.map((i, axis) => i + starts[axis]!),
        ),
      ).map((at) => x.data[at]!);
    }
    case 'Pad':
      return placed(dims, (index) =>
        index.every((i, axis) => i < x.dims[axis]!) ? offsetOf(x.dims, index) : -1,
      ).map((at) => (at < 0 ? 0 : x.data[at]!));
    case 'Resize':
      return placed(dims, ([n, c, y, z]) => offsetOf(x.dims, [n!, c!, y! >> 1, z! >> 1])).map(
        (at) => x.data[at]!,
      );
    case 'Conv':
      return convolved(node, x, second, third, dims);
    case 'Gemm':
      return multiplied(x, second, third, integer(node, 'transB') === 1);
    case 'InstanceNormalization':
      return normalized(node, x, second, third, x.data.length / (dims[0]! * dims[1]!), false);
    case 'LayerNormalization':
      return normalized(node, x, second, third, dims.at(-1)!, true);
    case 'MultiHeadAttention':
      return attended(x, second, third, integer(node, 'num_heads'));
    default:
      throw new Error(`${node.op} is not known here.`);
  }
}

/** By its series, and far out by the asymptotic one, to 1e-15. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [sum, term] = [0, x];
  for (let n = 0; Math.abs(term) > 1e-18 && n < 300; n++) {
    sum += term / (2 * n + 1);
    term *= (-x * x) / (n + 1);
  }
  return Math.abs(x) < 4 ? (2 / Math.sqrt(Math.PI)) * sum : Math.sign(x) * (1 - tail(Math.abs(x)));
}

/** Of erfc, by its continued fraction. */
function tail(x: number): number {
  let fraction = x;
  for (let k = 60; k > 0; k--) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

function integer({ attributes }: Node, name: string): number {
  const attribute: Attribute | undefined = attributes[name];
  return attribute?.kind === 'int' || attribute?.kind === 'float' ? attribute.value : 0;
}

function integers({ attributes }: Node, name: string): readonly number[] {
  const attribute = attributes[name];
  return attribute?.kind === 'ints' ? attribute.value : [];
}

const sizeOf = (dims: readonly number[]): number => dims.reduce((product, size) => product * size, 1);

function offsetOf(dims: readonly number[], index: readonly number[]): number {
  return dims.reduce((offset, size, axis) => offset * size + index[axis]!, 0);
}

/** What `offset` says of the index of each element. */
function placed(dims: readonly number[], offset: (index: number[]) => number): Float64Array {
  const index = new Array<number>(dims.length).fill(0);
  return Float64Array.from({ length: sizeOf(dims) }, () => {
    const at = offset(index);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      if (index[axis]! < dims[axis]!) break;
      index[axis] = 0;
    }
    return at;
  });
}

function elementwise(
  a: Tensor,
  b: Tensor,
  dims: readonly number[],
  compute: (a: number, b: number) => number,
): Float64Array {
  const within = ({ dims: own }: Tensor, index: readonly number[]): number => {
    const skipped = dims.length - own.length;
    return own.reduce((at, size, axis) => at * size + (size === 1 ? 0 : index[axis + skipped]!), 0);
  };
  const lefts = placed(dims, (index) => within(a, index));
  const rights = placed(dims, (index) => within(b, index));
  return lefts.map((left, i) => compute(a.data[left]!, b.data[rights[i]!]!));
}

function transposed(x: Tensor, dims: readonly number[], permutation: readonly number[]): Float64Array {
  const back = x.dims.map((_, axis) => permutation.indexOf(axis));
  return placed(dims, (index) =>
    offsetOf(
      x.dims,
      back.map((axis) => index[axis]!),
    ),
  ).map((at) => x.data[at]!);
}

function concatenated(parts: readonly Tensor[], dims: readonly number[], along: number): Float64Array {
  const axis = (along + dims.length) % dims.length;
  const out = new Float64Array(sizeOf(dims));
  const inner = sizeOf(dims.slice(axis + 1));
  let start = 0;
  for (const part of parts) {
    const run = part.dims[axis]! * inner;
    for (let outer = 0; outer < part.data.length / run; outer++)
      out.set(part.data.subarray(outer * run, (outer + 1) * run), outer * dims[axis]! * inner + start);
    start += run;
  }
  return out;
}

function convolved(
  node: Node,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  dims: readonly number[],
): Float64Array {
  const [down, right] = integers(node, 'strides') as [number, number];
  const [top, left] = integers(node, 'pads') as [number, number];
  const [, channels, height, width] = x.dims as [number, number, number, number];
  const [, , rows, columns] = weight.dims as [number, number, number, number];
  return placed(dims, ([n, o, y, z]) => {
    let sum = bias?.data[o!] ?? 0;
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < rows; i++) {
        const row = y! * down - top + i;
        if (row < 0 || row >= height) continue;
        for (let j = 0; j < columns; j++) {
          const column = z! * right - left + j;
          if (column < 0 || column >= width) continue;
          const at = ((n! * channels + c) * height + row) * width + column;
          sum += x.data[at]! * weight.data[((o! * channels + c) * rows + i) * columns + j]!;
        }
      }
    }
    return sum;
  });
}

function multiplied(x: Tensor, weight: Tensor, bias: Tensor | undefined, turned: boolean): Float64Array {
  const [rows, inner] = x.dims as [number, number];
  const outputs = weight.dims[turned ? 0 : 1]!;
  return placed([rows, outputs], ([m, o]) => {
    let sum = bias?.data[o!] ?? 0;
    for (let k = 0; k < inner; k++)
      sum += x.data[m! * inner + k]! * weight.data[turned ? o! * inner + k : k * outputs + o!]!;
    return sum;
  });
}

/** Over runs of `length`; scale and shift one for each place in them (`within`), or for each channel. */
function normalized(
  node: Node,
  { data, dims }: Tensor,
  scale: Tensor,
  shift: Tensor,
  length: number,
  within: boolean,
): Float64Array {
  const out = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += length) {
    const run = data.subarray(start, start + length);
    const mean = run.reduce((sum, value) => sum + value, 0) / length;
    const variance = run.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
    const deviation = Math.sqrt(variance + integer(node, 'epsilon'));
    run.forEach((value, i) => {
      const of = within ? i : (start / length) % dims[1]!;
      out[start + i] = ((value - mean) / deviation) * scale.data[of]! + shift.data[of]!;
    });
  }
  return out;
}

function attended(q: Tensor, k: Tensor, v: Tensor, heads: number): Float64Array {
  const [samples, queries, channels] = q.dims as [number, number, number];
  const keys = k.dims[1]!;
  const width = channels / heads;
  const out = new Float64Array(q.data.length);
  for (let n = 0; n < samples; n++) {
    for (let first = 0; first < channels; first += width) {
      for (let s = 0; s < queries; s++) {
        const at = (n * queries + s) * channels + first;
        const key = (t: number): number => (n * keys + t) * channels + first;
        const scores = Float64Array.from({ length: keys }, (_, t) => {
          let sum = 0;
          for (let d = 0; d < width; d++) sum += q.data[at + d]! * k.data[key(t) + d]!;
          return sum / Math.sqrt(width);
        });
        const most = scores.reduce((most, score) => Math.max(most, score), -Infinity);
        const shares = scores.map((score) => Math.exp(score - most));
        const total = shares.reduce((sum, share) => sum + share, 0);
        for (let t = 0; t < keys; t++)
          for (let d = 0; d < width; d++) out[at + d]! += (shares[t]! / total) * v.data[key(t) + d]!;
      }
    }
  }
  return out;
}
