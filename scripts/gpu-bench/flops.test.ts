import { expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { flopsOf } from './flops.ts';

const float = (...dims: number[]) => ({
  type: 'float32' as const,
  data: new Float32Array(dims.reduce((a, b) => a * b, 1)),
  dims,
});

it('counts what a hand counts', () => {
  const graph = new Graph('float32');
  const weight = (name: string, ...shape: number[]) => graph.weight({ name, shape, start: 0 });
  const image = graph.input('image', 'float32', [2, 3, 8, 6]);
  // 3x3 with stride 2, padded by one: [2, 5, 4, 3].
  const options = { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } as const;
  const conv = graph.conv(image, weight('conv', 5, 3, 3, 3), weight('bias', 5), options);
  graph.output('conv', conv, [2, 5, 4, 3]);
  const rows = graph.input('rows', 'float32', [7, 4]);
  graph.output('gemm', graph.gemm(rows, weight('gemm', 9, 4), null, { transposed: true }), [7, 9]);
  const a = graph.input('a', 'float32', [2, 3, 4]);
  const b = graph.input('b', 'float32', [2, 4, 5]);
  graph.output('product', graph.matMul(a, b), [2, 3, 5]);
  const q = graph.input('q', 'float32', [2, 6, 8]);
  const k = graph.input('k', 'float32', [2, 11, 8]);
  graph.output('attention', graph.multiHeadAttention(q, k, k, 2), [2, 6, 8]);
  graph.output('sum', graph.add(a, a), [2, 3, 4]);

  const feeds = {
    image: float(2, 3, 8, 6),
    rows: float(7, 4),
    ...{ a: float(2, 3, 4), b: float(2, 4, 5), q: float(2, 6, 8), k: float(2, 11, 8) },
  };
  const conv3x3 = 2 * (2 * 5 * 4 * 3) * (3 * 3 * 3);
  const linear = 2 * (7 * 9) * 4;
  const products = 2 * (2 * 3 * 5) * 4;
  // Two samples, two heads of size 4, 6 queries, 11 keys: q k and then v.
  const attention = 2 * (2 * 2 * 6 * 11 * 4) * 2;
  expect(flopsOf(graph, feeds)).toBe(conv3x3 + linear + products + attention);
});
