import { describe, expect, it } from 'vitest';
import { Graph } from './graph.ts';
import { activationBytes } from './memory.ts';
import { inferShapes } from './shapes.ts';
import type { HostTensor } from './types.ts';

const floats = (...dims: number[]): HostTensor => ({
  type: 'float32',
  data: new Float32Array(dims.reduce((a, b) => a * b, 1)),
  dims,
});

describe('activationBytes', () => {
  it('adds up what lives at once', () => {
    const graph = new Graph('float32');
    const x = graph.input('x', 'float32', ['n']);
    const a = graph.gelu(x);
    const b = graph.gelu(a);
    graph.output('y', graph.add(b, graph.gelu(b)), ['n']);
    // With the third Gelu: b, its result and the sum; x and a are gone by then.
    expect(activationBytes(graph, { x: floats(100) })).toEqual({ peak: 1200, largest: 400 });
  });

  it('counts half for float16, and nothing for other shapes of the same numbers', () => {
    const graph = new Graph('float16');
    const x = graph.input('x', 'float32', ['n', 4]);
    const h = graph.cast(x, 'float16');
    const flat = graph.reshape(h, [-1]);
    graph.output('y', graph.gelu(graph.reshape(flat, [-1, 2])), ['n', 2]);
    // x 400, half of it 200; the result as float16 and, as it leaves, as float32.
    expect(activationBytes(graph, { x: floats(25, 4) })).toEqual({ peak: 600, largest: 400 });
  });

  it('keeps what is used again later', () => {
    const graph = new Graph('float32');
    const x = graph.input('x', 'float32', ['n']);
    const kept = graph.gelu(x);
    let h = kept;
    for (let i = 0; i < 5; i++) h = graph.gelu(h);
    graph.output('y', graph.add(h, kept), ['n']);
    expect(activationBytes(graph, { x: floats(10) }).peak).toBe(3 * 40);
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
