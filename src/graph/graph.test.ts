// The builder on its own: what it refuses, what it shares, and that what it writes is ONNX that onnxruntime reads.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { serializeModel } from '../onnx/serialize.ts';
import { Graph } from './graph.ts';
import { inferShapes } from './shapes.ts';
import type { WeightPlace, WeightRef } from './types.ts';

const nowhere = (ref: WeightRef): WeightPlace => {
  throw new Error(`No weight was expected: ${ref.name}`);
};

/** Runs a graph of float32 ports on the CPU. */
async function run(
  graph: Graph,
  feeds: Record<string, Tensor>,
  weights: Float32Array = new Float32Array(1),
  place: (ref: WeightRef) => WeightPlace = nowhere,
): Promise<Record<string, { dims: readonly number[]; data: number[] }>> {
  const session = await InferenceSession.create(serializeModel(graph, place), {
    externalData: [{ path: 'weights', data: new Uint8Array(weights.buffer) }],
    logSeverityLevel: 3,
  });
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { dims, data }]) => [
      name,
      { dims, data: Array.from(data as Float32Array) },
    ]),
  );
}

const f32 = (data: readonly number[], dims: readonly number[]) =>
  new Tensor('float32', Float32Array.from(data), dims);

describe('Graph', () => {
  it('refuses operands of different types', () => {
    const graph = new Graph('float16');
    const x = graph.input('x', 'float32', [2]);
    const half = graph.cast(x, 'float16');
    expect(() => graph.add(x, half)).toThrow(/Add.*float32, float16/);
    expect(() => graph.concat([x, half], 0)).toThrow(/Concat/);
    expect(() =>
      graph.gemm(x, graph.weight({ name: 'w', shape: [2, 2], start: 0 }), null, { transposed: true }),
    ).toThrow(/Gemm/);
    expect(() => graph.reshape(x, half)).toThrow(/int64/);
  });

  it("refuses another graph's values, and a name used twice", () => {
    const graph = new Graph('float32');
    const x = graph.input('x', 'float32', [1]);
    expect(() => new Graph('float32').sigmoid(x)).toThrow(/another graph/);
    expect(() => graph.input('x', 'float32', [1])).toThrow(/already/);
    graph.output('y', x, [1]);
    expect(() => graph.output('y', x, [1])).toThrow(/already/);
  });

  it('keeps each constant and each weight once', () => {
    const graph = new Graph('float32');
    expect(graph.constant([1, 2], [2])).toBe(graph.constant([1, 2], [2]));
    expect(graph.constant([1, 2], [2])).not.toBe(graph.constant([1, 2], [1, 2]));
    expect(graph.integers([1])).not.toBe(graph.integers([2]));
    const ref = { name: 'w', shape: [2, 3], start: 6 };
    expect(graph.weight(ref)).toBe(graph.weight({ ...ref }));
    expect(graph.weight({ ...ref, start: 0 })).not.toBe(graph.weight(ref));
    expect(graph.weights).toEqual([ref, { ...ref, start: 0 }]);
  });

  it('refuses a constant whose values do not fill its shape', () => {
    expect(() => new Graph('float32').constant([1, 2, 3], [2, 2])).toThrow(/\[2, 2\] was given 3/);
  });

  it('writes no Cast that changes nothing', () => {
    const graph = new Graph('float32');
    const x = graph.input('x', 'float32', [1]);
    expect(graph.cast(x, 'float32')).toBe(x);
    expect(graph.nodes).toHaveLength(0);
  });

  it('lets float16 in and out as float32', async () => {
    const graph = new Graph('float16');
    const x = graph.cast(graph.input('x', 'float32', ['n']), 'float16');
    graph.output('y', graph.mul(x, graph.constant([0.1], [])), ['n']);
    const { y } = await run(graph, { x: f32([1, 2], [2]) });
    // The half nearest to 0.1; doubling it is exact.
    expect(y!.data).toEqual([0.0999755859375, 0.199951171875]);
  });

  it('gives one value out under several names, and an input as it came', async () => {
    const graph = new Graph('float32');
    const x = graph.input('x', 'float32', ['n']);
    const twice = graph.add(x, x);
    graph.output('same', x, ['n']);
    graph.output('a', twice, ['n']);
    graph.output('b', twice, ['n']);
    const result = await run(graph, { x: f32([1, -3], [2]) });
    expect(result['same']!.data).toEqual([1, -3]);
    expect(result['a']!.data).toEqual([2, -6]);
    expect(result['b']!.data).toEqual([2, -6]);
  });

  it('reads rows of a stored weight from where they lie', async () => {
    const graph = new Graph('float32');
    const x = graph.input('x', 'float32', ['m', 2]);
    const rows = (first: number) => graph.weight({ name: 'w', shape: [2, 2], start: first * 2 });
    const bias = graph.weight({ name: 'b', shape: [2], start: 0 });
    graph.output('first', graph.gemm(x, rows(0), null, { transposed: true }), ['m', 2]);
    graph.output('second', graph.gemm(x, rows(2), bias, { transposed: true }), ['m', 2]);
    graph.output('straight', graph.gemm(x, rows(2), null, { transposed: false }), ['m', 2]);
    // b, then w of four rows.
    const weights = Float32Array.of(10, 20, 1, 2, 3, 4, 5, 6, 7, 8);
    const place = (ref: WeightRef) => ({
      location: 'weights',
      offset: 4 * (ref.start + (ref.name === 'w' ? 2 : 0)),
    });
    const result = await run(graph, { x: f32([1, 100], [1, 2]) }, weights, place);
    expect(result['first']!.data).toEqual([201, 403]);
    expect(result['second']!.data).toEqual([615, 827]);
    expect(result['straight']!.data).toEqual([705, 806]);
  });

  it('enlarges and cuts like a nearest resize to an odd size', async () => {
    const graph = new Graph('float32');
    const x = graph.input('x', 'float32', [1, 1, 'h', 'w']);
    const ends = graph.input('ends', 'int64', [2]);
    graph.output('y', graph.slice(graph.upsampleNearest2x(x), [0, 0], ends, [2, 3]), [1, 1, 'H', 'W']);
    const feeds = {
      x: f32([1, 2, 3, 4], [1, 1, 2, 2]),
      ends: new Tensor('int64', BigInt64Array.of(3n, 4n), [2]),
    };
    const { y } = await run(graph, feeds);
    expect(y!.dims).toEqual([1, 1, 3, 4]);
    expect(y!.data).toEqual([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4]);
  });

  it('continues planes at each side by the opposite one, as it tells their shapes', async () => {
    const graph = new Graph('float32');
    const x = graph.input('x', 'float32', ['n', 1, 'h', 'w']);
    graph.output('one', graph.wrap(x, 1), ['n', 1, 'H', 'W']);
    graph.output('two', graph.wrap(x, 2), ['n', 1, 'H2', 'W2']);
    const feeds = { x: f32([1, 2, 3, 4, 5, 6], [1, 1, 2, 3]) };
    const { one, two } = await run(graph, feeds);
    expect(one!.data).toEqual([6, 4, 5, 6, 4, 3, 1, 2, 3, 1, 6, 4, 5, 6, 4, 3, 1, 2, 3, 1]);
    const given = { type: 'float32', data: new Float32Array(6), dims: [1, 1, 2, 3] } as const;
    const shapes = inferShapes(graph, { x: given });
    const told = graph.outputs.map(({ value }) => shapes.get(value));
    expect(told).toEqual([one!.dims, two!.dims]);
    expect(told).toEqual([
      [1, 1, 4, 5],
      [1, 1, 6, 7],
    ]);
  });

  it('computes the functions its methods name', async () => {
    const graph = new Graph('float32');
    const x = graph.input('x', 'float32', [1, 4]);
    graph.output('silu', graph.silu(x), [1, 4]);
    graph.output('gelu', graph.gelu(x), [1, 4]);
    graph.output('quick', graph.quickGelu(x), [1, 4]);
    graph.output('clip', graph.clip(x, -1, 0.75), [1, 4]);
    graph.output('softmax', graph.softmax(x), [1, 4]);
    const values = [-2, -0.5, 0.5, 3];
    const result = await run(graph, { x: f32(values, [1, 4]) });
    const near = (name: string, expected: readonly number[]) =>
      result[name]!.data.forEach((value, i) => expect(value, name).toBeCloseTo(expected[i]!, 5));
    const logistic = (v: number) => 1 / (1 + Math.exp(-v));
    near(
      'silu',
      values.map((v) => v * logistic(v)),
    );
    near(
      'quick',
      values.map((v) => v * logistic(1.702 * v)),
    );
    // x times the normal distribution function (tables).
    near('gelu', [-2 * 0.0227501, -0.5 * 0.3085375, 0.5 * 0.6914625, 3 * 0.9986501]);
    near('clip', [-1, -0.5, 0.5, 0.75]);
    const sum = values.reduce((total, v) => total + Math.exp(v), 0);
    near(
      'softmax',
      values.map((v) => Math.exp(v) / sum),
    );
  });

  it('lets a token of causal attention see only itself and those before it', async () => {
    const graph = new Graph('float32');
    const q = graph.input('q', 'float32', [1, 3, 2]);
    const v = graph.input('v', 'float32', [1, 3, 2]);
    graph.output('y', graph.multiHeadAttention(q, q, v, 1, { causal: true }), [1, 3, 2]);
    // Equal queries and keys: every token averages what it sees.
    const result = await run(graph, {
      q: f32([1, 1, 1, 1, 1, 1], [1, 3, 2]),
      v: f32([1, 10, 2, 20, 6, 60], [1, 3, 2]),
    });
    result['y']!.data.forEach((value, i) => expect(value).toBeCloseTo([1, 10, 1.5, 15, 3, 30][i]!, 5));
  });
});
