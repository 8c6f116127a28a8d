import { describe, expect, it } from 'vitest';
import { BufferPool } from './buffer-pool.ts';
import { Graph } from './graph.ts';
import { planRun } from './memory.ts';
import { inferShapes } from './shapes.ts';
import type { HostTensor } from './types.ts';

const floats = (...dims: number[]): HostTensor => ({
  type: 'float32',
  data: new Float32Array(dims.reduce((a, b) => a * b, 1)),
  dims,
});

/** Sizes of 64 bytes times a power of two are what buffers come in: here nothing is rounded. */
describe('planRun', () => {
  const run = (graph: Graph, x: HostTensor) => {
    const pool = new BufferPool();
    const { largest, simulate } = planRun(graph, { x });
    simulate(pool);
    return { largest, peak: pool.peak };
  };

  it('adds up what is taken until the next submit', () => {
    const graph = new Graph('float32');
    let h = graph.input('x', 'float32', ['n']);
    for (let i = 0; i < 10; i++) h = graph.gelu(h);
    graph.output('y', h, ['n']);
    expect(run(graph, floats(16))).toEqual({ largest: 64, peak: 11 * 64 });
  });

  it('writes sums and products over what is not needed any more', () => {
    const graph = new Graph('float32');
    const x = graph.input('x', 'float32', ['n']);
    const kept = graph.gelu(x);
    graph.output('y', graph.add(graph.mul(graph.gelu(kept), kept), x), ['n']);
    // x, two Gelus, and the product over the second; the sum over the product.
    expect(run(graph, floats(16)).peak).toBe(3 * 64);
  });

  it('counts half for float16, and nothing for other shapes of the same numbers', () => {
    const graph = new Graph('float16');
    const x = graph.input('x', 'float32', ['n', 4]);
    const flat = graph.reshape(graph.cast(x, 'float16'), [-1]);
    graph.output('y', graph.gelu(graph.reshape(flat, [-1, 2])), ['n', 2]);
    // x 256, half of it 128; the result as float16 and, as it leaves, as float32.
    expect(run(graph, floats(16, 4))).toEqual({ largest: 256, peak: 256 + 128 + 128 + 256 });
  });
});

describe('inferShapes', () => {
  it('says what does not fit', () => {
    const graph = new Graph('float32');
    const x = graph.input('x', 'float32', ['n', 3]);
    graph.output('y', graph.add(x, graph.constant([1, 2], [2])), ['n', 3]);
    expect(() => inferShapes(graph, { x: floats(2, 3) })).toThrow(/\[2, 3\] and \[2\] do not fit/);
    expect(() => inferShapes(graph, {})).toThrow(/x is not fed/);
  });
});
