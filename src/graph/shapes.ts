// What shape every tensor of a graph has when it is fed certain inputs, told without running it.
import type { Attribute, Graph, Node, Value } from './graph.ts';
import type { HostTensor } from './types.ts';

export type Shape = readonly number[];

/**
 * The shape of every input, constant, weight and result. Throws for an operator it does not know, and where shapes do not
 * fit together.
 */
export function inferShapes(
  graph: Graph,
  feeds: Readonly<Record<string, HostTensor>>,
): ReadonlyMap<Value, Shape> {
  const shapes = new Map<Value, Shape>();
  /** What is in tensors of int64: shapes, offsets. */
  const integers = new Map<Value, readonly number[]>();
  for (const { name, value } of graph.inputs) {
    const tensor = feeds[name];
    if (!tensor) throw new Error(`The graph's input ${name} is not fed.`);
    shapes.set(value, tensor.dims);
    if (tensor.type === 'int64') integers.set(value, Array.from(tensor.data, Number));
  }
  for (const { value, dims, data } of graph.constants) {
    shapes.set(value, dims);
    if (value.type === 'int64') integers.set(value, Array.from(new BigInt64Array(data.buffer), Number));
    if (value.type === 'float32') integers.set(value, Array.from(new Float32Array(data.buffer)));
  }
  for (const { value, ref } of graph.storedWeights) shapes.set(value, ref.shape);

  for (const node of graph.nodes) {
    const shapeAt = (index: number): Shape => {
      const input = node.inputs[index];
      const shape = input ? shapes.get(input) : undefined;
      if (!shape) throw new Error(`${node.name} lacks input ${index}.`);
      return shape;
    };
    const numbersAt = (index: number): readonly number[] => {
      const input = node.inputs[index];
      const numbers = input ? integers.get(input) : undefined;
      if (!numbers)
        throw new Error(`${node.name}: what input ${index} holds is known only when the graph runs.`);
      return numbers;
    };
    const shape = resultShape(node, shapeAt, numbersAt);
    shapes.set(node.output, shape);
    if (node.unread) shapes.set(node.unread, shape);
  }
  return shapes;
}

function resultShape(
  node: Node,
  shapeAt: (index: number) => Shape,
  numbersAt: (index: number) => readonly number[],
): Shape {
  const x = shapeAt(0);
  switch (node.op) {
    case 'Cast':
    case 'Clip':
    case 'Gelu':
    case 'Identity':
    case 'InstanceNormalization':
    case 'LayerNormalization':
    case 'LeakyRelu':
    case 'MultiHeadAttention':
    case 'QuickGelu':
    case 'Relu':
    case 'ScatterElements':
    case 'Sigmoid':
    case 'SimplifiedLayerNormalization':
    case 'Softmax':
    case 'Sqrt':
    case 'Tanh':
      return x;
    case 'Add':
    case 'Div':
    case 'Mul':
      return broadcast(x, shapeAt(1), node);
    case 'Conv':
      return convolved(x, shapeAt(1), node);
    case 'ConvTranspose':
      return spread(x, shapeAt(1), node);
    case 'MaxPool': {
      const [kernel, strides] = [numbersOf(node, 'kernel_shape'), numbersOf(node, 'strides')];
      const pads = node.attributes['pads'] ? numbersOf(node, 'pads') : [0, 0, 0, 0];
      const room = (size: number, i: number): number => size + pads[i]! + pads[i + 2]! - kernel[i]!;
      return x.map((size, i) => (i < 2 ? size : Math.floor(room(size, i - 2) / strides[i - 2]!) + 1));
    }
    case 'Gemm':
      return multiplied(x, shapeAt(1), node);
    case 'MatMul':
      return [...broadcast(x.slice(0, -2), shapeAt(1).slice(0, -2), node), x.at(-2)!, shapeAt(1).at(-1)!];
    case 'ArgMax':
      return x.map((size, i) => (i === numberOf(node, 'axis') ? 1 : size));
    case 'TopK':
      return [...x.slice(0, -1), numbersAt(1)[0]!];
    case 'GatherElements':
      return shapeAt(1);
    case 'Expand':
      return broadcast(x, numbersAt(1), node);
    case 'ReduceMean':
      return [...x.slice(0, -1), 1];
    case 'Reshape':
      return reshaped(x, numbersAt(1), node);
    case 'Transpose':
      return numbersOf(node, 'perm').map((axis) => x[axis]!);
    case 'Concat': {
      const axis = (numberOf(node, 'axis') + x.length) % x.length;
      const length = node.inputs.reduce((sum, _, index) => sum + shapeAt(index)[axis]!, 0);
      return x.map((size, i) => (i === axis ? length : size));
    }
    case 'Pad': {
      const pads = numbersAt(1);
      return x.map((size, i) => size + pads[i]! + pads[i + x.length]!);
    }
    case 'Slice': {
      const [starts, ends, axes] = [numbersAt(1), numbersAt(2), numbersAt(3)];
      return x.map((size, i) => {
        const at = axes.indexOf(i);
        if (at < 0) return size;
        const place = (index: number) => Math.max(0, Math.min(size, index < 0 ? size + index : index));
        return Math.max(0, place(ends[at]!) - place(starts[at]!));
      });
    }
    case 'Gather':
      return [...shapeAt(1), ...x.slice(1)];
    case 'Resize': {
      if (!node.inputs[2]) return numbersAt(3);
      const scales = numbersAt(2);
      return x.map((size, i) => Math.floor(size * scales[i]!));
    }
    default:
      throw new Error(`What ${node.op} makes of shapes is not known.`);
  }
}

function broadcast(a: Shape, b: Shape, node: Node): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [left, right] = [a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1];
    if (left !== right && left !== 1 && right !== 1) {
      throw new Error(`${node.name}: [${a.join(', ')}] and [${b.join(', ')}] do not fit together.`);
    }
    return left === 1 ? right : left;
  });
}

function multiplied(x: Shape, weight: Shape, node: Node): Shape {
  const [outputs, inputs] = numberOf(node, 'transB') === 1 ? weight : weight.toReversed();
  if (x[1] !== inputs)
    throw new Error(`${node.name}: ${x[1]} numbers come in, and the weight reads ${inputs}.`);
  return [x[0]!, outputs!];
}

function convolved(x: Shape, weight: Shape, node: Node): Shape {
  const groups = node.attributes['group'] ? numberOf(node, 'group') : 1;
  if (x[1] !== weight[1]! * groups)
    throw new Error(`${node.name}: ${x[1]} channels come in, and the weight reads ${weight[1]! * groups}.`);
  const [strides, pads] = [numbersOf(node, 'strides'), numbersOf(node, 'pads')];
  const [dilation = 1] = numbersOf(node, 'dilations');
  const along = (axis: 0 | 1) => {
    const reach = (weight[axis + 2]! - 1) * dilation + 1;
    const room = x[axis + 2]! + pads[axis]! + pads[axis + 2]! - reach;
    return Math.floor(room / strides[axis]!) + 1;
  };
  return [x[0]!, weight[0]!, along(0), along(1)];
}

function spread(x: Shape, weight: Shape, node: Node): Shape {
  if (x[1] !== weight[0])
    throw new Error(`${node.name}: ${x[1]} channels come in, and the weight reads ${weight[0]}.`);
  const [strides, pads] = [numbersOf(node, 'strides'), numbersOf(node, 'pads')];
  const extra = node.attributes['output_padding'] ? numbersOf(node, 'output_padding') : [0, 0];
  const along = (axis: 0 | 1) =>
    (x[axis + 2]! - 1) * strides[axis]! - pads[axis]! - pads[axis + 2]! + weight[axis + 2]! + extra[axis]!;
  return [x[0]!, weight[1]!, along(0), along(1)];
}

function reshaped(x: Shape, wanted: readonly number[], node: Node): Shape {
  const elements = product(x);
  const sizes = wanted.map((size, i) => (size === 0 ? x[i]! : size));
  const fixed = product(sizes.filter((size) => size !== -1));
  const result = sizes.map((size) => (size === -1 ? elements / fixed : size));
  if (product(result) !== elements) {
    throw new Error(`${node.name}: [${x.join(', ')}] cannot become [${wanted.join(', ')}].`);
  }
  return result;
}

export function product(sizes: Shape): number {
  return sizes.reduce((result, size) => result * size, 1);
}

function numberOf(node: Node, name: string): number {
  const attribute: Attribute | undefined = node.attributes[name];
  return attribute?.kind === 'int' ? attribute.value : 0;
}

function numbersOf(node: Node, name: string): readonly number[] {
  const attribute: Attribute | undefined = node.attributes[name];
  return attribute?.kind === 'ints' ? attribute.value : [];
}
