// What networks say about checkpoints that are not what they should be, and about inputs that do not fit.
import { describe, expect, it } from 'vitest';
import { Graph } from '../graph/graph.ts';
import { Layers } from './layers.ts';
import { Level } from './level.ts';
import { float32Tensor, shapeTensor } from './network.ts';

const catalog = (shapes: Record<string, readonly number[]>) => ({ shapeOf: (name: string) => shapes[name] });

describe('Layers', () => {
  it('names the tensor that is missing', () => {
    const layers = new Layers(new Graph('float32'), catalog({}), 'net.');
    expect(() => layers.weight('a.weight', [1])).toThrow('no tensor net.a.weight');
  });

  it('names the tensor that has the wrong shape', () => {
    const layers = new Layers(new Graph('float32'), catalog({ 'net.a.weight': [4, 3] }), 'net.');
    expect(() => layers.weight('a.weight', [3, 4])).toThrow(
      'net.a.weight has shape [4, 3]; the network needs [3, 4]',
    );
  });

  it('takes a 1x1 convolution for a linear layer', () => {
    const graph = new Graph('float32');
    const layers = new Layers(graph, catalog({ 'a.weight': [4, 3, 1, 1], 'a.bias': [4] }), '');
    layers.linear(graph.input('x', 'float32', ['m', 3]), 'a', 3, 4);
    expect(graph.weights).toEqual([
      { name: 'a.weight', shape: [4, 3], start: 0 },
      { name: 'a.bias', shape: [4], start: 0 },
    ]);
  });

  it('takes rows out of the middle of a weight and its bias', () => {
    const graph = new Graph('float32');
    const layers = new Layers(graph, catalog({ 'a.weight': [12, 3], 'a.bias': [12] }), '');
    layers.linear(graph.input('x', 'float32', ['m', 3]), 'a', 3, 4, { rows: { first: 8, of: 12 } });
    expect(graph.weights).toEqual([
      { name: 'a.weight', shape: [4, 3], start: 24 },
      { name: 'a.bias', shape: [4], start: 8 },
    ]);
  });

  it.each([
    [3, 0],
    [4, 0],
    [5, 0],
    [6, 2],
    [9, 2],
    [12, 0],
  ])('fills up %i channels before a convolution where WebGPU needs it (%i Pad nodes)', (channels, pads) => {
    const graph = new Graph('float32');
    const layers = new Layers(graph, catalog({ 'c.weight': [8, channels, 3, 3], 'c.bias': [8] }), '');
    layers.conv3x3(graph.input('x', 'float32', ['n', channels, 'h', 'w']), 'c', channels, 8);
    expect(graph.nodes.filter((node) => node.op === 'Pad')).toHaveLength(pads);
  });

  it('refuses channels that do not divide into 32 groups', () => {
    const graph = new Graph('float32');
    const layers = new Layers(graph, catalog({ 'n.weight': [48], 'n.bias': [48] }), '');
    const x = graph.input('x', 'float32', ['n', 48, 'h', 'w']);
    expect(() => layers.groupNorm(x, 'n', 48, new Level(graph, 0), 1e-5)).toThrow(/n has 48 channels/);
  });

  it('refuses a tap that no layer answers', () => {
    const layers = new Layers(new Graph('float32'), catalog({}), '', ['nowhere']);
    expect(() => layers.finishTaps()).toThrow(/no layer nowhere/);
  });
});

describe('Level', () => {
  it('feeds the shapes that the graph uses, and no others', () => {
    const graph = new Graph('float32');
    const level = new Level(graph, 2);
    expect(level.planes).toBe(level.planes);
    void level.sequence;
    expect(graph.inputs.map((port) => port.name)).toEqual(['level2.planes', 'level2.sequence']);
    expect(level.feeds({ batch: 2, height: 5, width: 7 })).toEqual({
      'level2.planes': shapeTensor([0, -1, 5, 7]),
      'level2.sequence': shapeTensor([2, 35, -1]),
    });
  });
});

describe('float32Tensor', () => {
  it('refuses data that does not fill its shape, and shapes that are not sizes', () => {
    expect(() => float32Tensor('x', new Float32Array(5), [2, 3])).toThrow('x: 5 numbers');
    expect(() => float32Tensor('x', new Float32Array(0), [0, 3])).toThrow(RangeError);
    expect(() => float32Tensor('x', new Float32Array(6), [-2, -3])).toThrow(RangeError);
    expect(float32Tensor('x', new Float32Array(6), [2, 3]).dims).toEqual([2, 3]);
  });
});
