// Reads a graph's nodes as operations, those that are needed for the outputs that are asked for.
import type { Graph, Node, Value } from '../graph/graph.ts';
import { inferShapes, type Shape } from '../graph/shapes.ts';
import type { HostTensor } from '../graph/types.ts';
import type { General } from './general.ts';
import type { Operation, Operations, PlainUnary } from './operations.ts';
import { UnsupportedError } from './unsupported.ts';

/**
 * What computes these outputs, in order, and nothing else. Throws UnsupportedError for a node that our kernels do not compute,
 * and as inferShapes does.
 */
export function readOperations(
  graph: Graph,
  feeds: Readonly<Record<string, HostTensor>>,
  outputs: readonly string[],
): Operations {
  const integers = new Map<Value, readonly number[]>();
  const constants = new Map<Value, readonly number[]>();
  for (const { name, value } of graph.inputs) {
    const tensor = feeds[name];
    if (tensor?.type === 'int64') integers.set(value, Array.from(tensor.data, Number));
  }
  for (const { value, data } of graph.constants) {
    const { buffer } = data;
    if (value.type === 'int64') integers.set(value, Array.from(new BigInt64Array(buffer), Number));
    else if (value.type === 'int32') integers.set(value, Array.from(new Int32Array(buffer)));
    else if (value.type === 'float32') constants.set(value, Array.from(new Float32Array(buffer)));
    else if (value.type === 'float16') constants.set(value, halves(new Uint16Array(buffer)));
  }
  const shapes = new Map(inferShapes(graph, feeds));
  const read = new NodeReader(shapes, integers, constants);
  const list = neededNodes(graph, outputs).map((node) => read.operation(node));
  const weights = new Map(graph.storedWeights.map(({ value, ref }) => [value, ref]));
  return { list, shapes, weights, constants, integers };
}

function neededNodes(graph: Graph, outputs: readonly string[]): Node[] {
  const needed = new Set<Value>();
  for (const name of outputs) {
    const port = graph.outputs.find((one) => one.name === name);
    if (!port) throw new Error(`The graph has no output ${name}.`);
    needed.add(port.value);
  }
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!needed.has(node.output)) return false;
    for (const input of node.inputs) if (input) needed.add(input);
    return true;
  });
  return nodes.reverse();
}

/** Constants of float16 are few and ordinary: no subnormal ones, no infinities. */
function halves(bits: Uint16Array): number[] {
  return Array.from(bits, (half) => {
    const [sign, exponent, mantissa] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
    return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
  });
}

const UNARY: Readonly<Record<string, PlainUnary>> = {
  Cast: 'identity',
  Identity: 'identity',
  Sigmoid: 'sigmoid',
  Gelu: 'gelu',
  QuickGelu: 'quickGelu',
  Relu: 'relu',
  Tanh: 'tanh',
  Sqrt: 'sqrt',
};
const BINARY: Readonly<Record<string, 'add' | 'mul' | 'div'>> = { Add: 'add', Mul: 'mul', Div: 'div' };

/** How many of a node's inputs are tensors to be read; those behind them say how. */
const READ: Readonly<Record<General['op'], number>> = {
  ...{ gather: 2, gatherElements: 2, argMax: 1, topIndices: 1, scatter: 3, maxPool: 1, unusualConv: 3 },
  ...{ convTranspose: 3, pad: 1, bilinear: 1, reshape: 1, concat: Infinity },
};

class NodeReader {
  constructor(
    private readonly shapes: ReadonlyMap<Value, Shape>,
    private readonly integers: ReadonlyMap<Value, readonly number[]>,
    private readonly constants: ReadonlyMap<Value, readonly number[]>,
  ) {}

  operation(node: Node): Operation {
    const { op, name, output } = node;
    const at = (index: number): Value => node.inputs[index]!;
    const [x, second, third] = [at(0), at(1), at(2)];
    const common = { output, name };
    const unary = UNARY[op];
    if (unary) return { kind: 'unary', x, how: { fn: unary }, ...common };
    const binary = BINARY[op];
    if (binary) return { kind: 'binary', fn: binary, a: x, b: second, ...common };
    const general = this.#general(node);
    if (general)
      return {
        kind: 'general',
        what: general,
        inputs: node.inputs.slice(0, READ[general.op]).filter((input) => input !== null),
        ...common,
      };
    switch (op) {
      case 'LeakyRelu':
        return { kind: 'unary', x, how: { fn: 'leakyRelu', slope: float(node, 'alpha') }, ...common };
      case 'Clip': {
        const [minimum, maximum] = [this.#number(second), this.#number(third)];
        return { kind: 'unary', x, how: { fn: 'clip', minimum, maximum }, ...common };
      }
      case 'Conv': {
        const [top = 0, left = 0] = ints(node, 'pads');
        const layer = { weight: second, bias: node.inputs[2] ?? null };
        const sizes = { kernel: pair(node, 'kernel_shape'), stride: pair(node, 'strides') };
        return { kind: 'conv', x, layer, ...sizes, pads: [top, left], upsample: 1, ...common };
      }
      case 'Gemm': {
        const layers = [{ weight: second, bias: node.inputs[2] ?? null }];
        return { kind: 'linear', x, layers, transposed: int(node, 'transB') === 1, paired: false, ...common };
      }
      case 'MatMul':
        return { kind: 'matMul', a: x, b: second, ...common };
      case 'MultiHeadAttention': {
        const heads = int(node, 'num_heads');
        const scale = (this.shapes.get(x)!.at(-1)! / heads) ** -0.5;
        const causal = int(node, 'unidirectional') === 1;
        return { kind: 'attention', q: x, k: second, v: third, heads, scale, causal, ...common };
      }
      case 'InstanceNormalization':
      case 'LayerNormalization': {
        const norm = { x, scale: second, shift: third, epsilon: float(node, 'epsilon'), ...common };
        return op === 'LayerNormalization'
          ? { kind: 'layerNorm', ...norm }
          : { kind: 'instanceNorm', ...norm };
      }
      case 'SimplifiedLayerNormalization':
        if (this.constants.get(second)?.every((scale) => scale === 1) !== true) throw this.#unsupported(node);
        return { kind: 'rmsNorm', x, epsilon: float(node, 'epsilon'), ...common };
      case 'ReduceMean':
        return { kind: 'mean', x, ...common };
      case 'Expand':
        return { kind: 'unary', x, how: { fn: 'identity' }, ...common };
      case 'Softmax':
        return { kind: 'softmax', x, ...common };
      case 'Gather':
        return { kind: 'gather', table: x, indices: second, ...common };
      case 'Reshape':
        return { kind: 'reshape', x, ...common };
      case 'Transpose':
        return { kind: 'transpose', x, permutation: ints(node, 'perm'), ...common };
      case 'Concat': {
        const rank = this.shapes.get(x)!.length;
        const parts = node.inputs.map((part) => part!);
        return { kind: 'concat', parts, axis: (int(node, 'axis') + rank) % rank, ...common };
      }
      case 'Slice': {
        const [starts, axes] = [this.#integers(second), this.#integers(at(3))];
        const from = this.shapes.get(x)!.map((size, axis) => {
          const start = starts[axes.indexOf(axis)] ?? 0;
          return Math.max(0, Math.min(size, start < 0 ? size + start : start));
        });
        return { kind: 'slice', x, starts: from, ...common };
      }
      case 'Pad': {
        return { kind: 'pad', x, ...common };
      }
      case 'Resize': {
        const [, , by = 1, across] = (node.inputs[2] && this.constants.get(node.inputs[2])) ?? [];
        if (by !== across || !Number.isInteger(by) || string(node, 'mode') !== 'nearest')
          throw this.#unsupported(node);
        return { kind: 'upsample', x, by, ...common };
      }
      default:
        throw this.#unsupported(node);
    }
  }

  #general(node: Node): General | null {
    const [, second] = node.inputs;
    const pads = (): readonly [number, number] => [ints(node, 'pads')[0] ?? 0, ints(node, 'pads')[1] ?? 0];
    const window = () => ({
      kernel: pair(node, 'kernel_shape'),
      stride: pair(node, 'strides'),
      pads: pads(),
    });
    switch (node.op) {
      case 'ArgMax':
        return { op: 'argMax', axis: int(node, 'axis') };
      case 'TopK':
        return { op: 'topIndices' };
      case 'GatherElements':
        return { op: 'gatherElements', axis: int(node, 'axis') };
      case 'ScatterElements':
        return { op: 'scatter', how: string(node, 'reduction') === 'add' ? 'add' : 'put' };
      case 'MaxPool':
        return { op: 'maxPool', ...window() };
      case 'Conv':
        if (!node.attributes['group'] && !node.attributes['dilations']) return null;
        return {
          ...{ op: 'unusualConv', ...window(), groups: int(node, 'group') || 1 },
          dilation: ints(node, 'dilations')[0] ?? 1,
        };
      case 'ConvTranspose':
        return {
          ...{ op: 'convTranspose', kernel: pair(node, 'kernel_shape')[0] },
          ...{ stride: pair(node, 'strides')[0], pad: pads()[0] },
        };
      case 'Pad': {
        const around = this.#integers(second!);
        const starts = around.slice(0, around.length / 2);
        const mirrored = string(node, 'mode') === 'reflect';
        return mirrored || starts.some((count) => count !== 0) ? { op: 'pad', starts, mirrored } : null;
      }
      case 'Resize': {
        if (string(node, 'mode') !== 'linear') return null;
        if (string(node, 'coordinate_transformation_mode') === 'align_corners')
          return { op: 'bilinear', by: null };
        const [, , by = 1, across] = (node.inputs[2] && this.constants.get(node.inputs[2])) ?? [];
        return by === across ? { op: 'bilinear', by } : null;
      }
      default:
        return null;
    }
  }

  #unsupported({ op, name }: Node): UnsupportedError {
    return new UnsupportedError(`There is no kernel of ours for ${op} (${name}).`);
  }

  #integers(value: Value): readonly number[] {
    const integers = this.integers.get(value);
    if (!integers) throw new UnsupportedError('A shape is known only when the graph runs.');
    return integers;
  }

  #number(value: Value): number {
    const [number, ...others] = this.constants.get(value) ?? [];
    if (number === undefined || others.length > 0) throw new UnsupportedError('A number is not constant.');
    return number;
  }
}

function int({ attributes }: Node, name: string): number {
  const found = attributes[name];
  return found?.kind === 'int' ? found.value : 0;
}

function float({ attributes }: Node, name: string): number {
  const found = attributes[name];
  return found?.kind === 'float' ? found.value : 0;
}

function string({ attributes }: Node, name: string): string {
  const found = attributes[name];
  return found?.kind === 'string' ? found.value : '';
}

function ints({ attributes }: Node, name: string): readonly number[] {
  const found = attributes[name];
  return found?.kind === 'ints' ? found.value : [];
}

function pair(node: Node, name: string): readonly [number, number] {
  const [first = 1, second = 1] = ints(node, name);
  return [first, second];
}
