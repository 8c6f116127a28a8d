// A small typed builder of graphs: one method an operator, values are handles, mistakes in types are errors here and not
// in the runtime. Operators are ONNX's, those that Darkroom uses, in the forms that onnxruntime's WebGPU provider runs natively.
import { float16Bits } from './float16.ts';
import type { Precision, WeightRef } from './types.ts';

export type ElementType = 'float32' | 'float16' | 'int32' | 'int64';

/** A fixed size, or the name of one that is known when the graph runs. */
export type Dim = number | string;

/** A tensor inside a graph. Made by Graph, of use only to the graph that made it. */
export class Value {
  constructor(
    readonly graph: Graph,
    readonly type: ElementType,
  ) {}
}

/** Integers are told from floats, which a JavaScript number cannot. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'type'; readonly value: ElementType };

export interface Node {
  readonly op: string;
  readonly domain: '' | 'com.microsoft';
  /** For people reading placement logs and profiles. */
  readonly name: string;
  /** Null: an optional input left out. */
  readonly inputs: readonly (Value | null)[];
  readonly output: Value;
  /** A result that comes before `output` in ONNX's order, and that nothing reads. */
  readonly unread?: Value;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Constant {
  readonly value: Value;
  readonly dims: readonly number[];
  readonly data: Uint8Array;
}

export interface StoredWeight {
  readonly value: Value;
  readonly ref: WeightRef;
}

export interface Port {
  readonly name: string;
  readonly value: Value;
  readonly dims: readonly Dim[];
}

export interface ConvOptions {
  readonly kernel: readonly [number, number];
  readonly strides?: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pads?: readonly [number, number, number, number];
  /** Channels in so many groups that do not see each other; weight [O, I / groups, kh, kw]. */
  readonly groups?: number;
  /** Pixels between those that the kernel looks at; 1 unless told. */
  readonly dilation?: number;
}

/** Of a slice: beyond all that there is, and what onnxruntime can hold in 32 bits. */
const END = 2 ** 31 - 1;

const int = (value: number): Attribute => ({ kind: 'int', value });
const float = (value: number): Attribute => ({ kind: 'float', value });
const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
const string = (value: string): Attribute => ({ kind: 'string', value });

export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs: Port[] = [];
  readonly outputs: Port[] = [];
  readonly constants: Constant[] = [];
  readonly storedWeights: StoredWeight[] = [];
  /** Shapes told to the runtime where it could not infer them. */
  readonly knownDims = new Map<Value, readonly Dim[]>();
  readonly #constantByContent = new Map<string, Value>();
  readonly #weightByContent = new Map<string, Value>();
  readonly #weightOf = new Map<Value, WeightRef>();

  /** `precision`: type of the weights and of arithmetic on them. */
  constructor(readonly precision: Precision) {}

  /** Every stored weight the graph reads, in the order of first use, each once. */
  get weights(): readonly WeightRef[] {
    return this.storedWeights.map(({ ref }) => ref);
  }

  // Ports, weights, constants

  input(name: string, type: ElementType, dims: readonly Dim[]): Value {
    if (this.inputs.some((port) => port.name === name))
      throw new Error(`The graph has an input ${name} already.`);
    const value = new Value(this, type);
    this.inputs.push({ name, value, dims });
    return value;
  }

  /** Declares an output. Half precision leaves the graph as float32. */
  output(name: string, value: Value, dims: readonly Dim[]): void {
    if (this.outputs.some((port) => port.name === name))
      throw new Error(`The graph has an output ${name} already.`);
    let last = value.type === 'float16' ? this.cast(value, 'float32') : value;
    // An output's name is its value's name, so a value that bears a name already needs a copy.
    if ([...this.inputs, ...this.outputs].some((port) => port.value === last)) {
      last = this.#node('Identity', [last], last.type);
    }
    this.outputs.push({ name, value: last, dims });
  }

  /** A stored weight; the same one asked for twice is the same value. */
  weight(ref: WeightRef): Value {
    const key = `${ref.name} ${ref.start} ${ref.shape.join('x')}`;
    let value = this.#weightByContent.get(key);
    if (!value) {
      value = new Value(this, this.precision);
      this.#weightByContent.set(key, value);
      this.#weightOf.set(value, ref);
      this.storedWeights.push({ value, ref });
    }
    return value;
  }

  /** A constant of a floating type (the graph's precision unless told otherwise). */
  constant(values: readonly number[], dims: readonly number[], type: Precision = this.precision): Value {
    const data = type === 'float16' ? Uint16Array.from(values, float16Bits) : Float32Array.from(values);
    return this.#constant(type, dims, new Uint8Array(data.buffer));
  }

  /** A one-dimensional int64 constant: a shape, axes, offsets. */
  integers(values: readonly number[]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.#constant('int64', [values.length], new Uint8Array(data.buffer));
  }

  // Elementwise

  add(a: Value, b: Value): Value {
    return this.#binary('Add', a, b);
  }

  mul(a: Value, b: Value): Value {
    return this.#binary('Mul', a, b);
  }

  sigmoid(x: Value): Value {
    return this.#node('Sigmoid', [x], x.type);
  }

  /** x * sigmoid(x), in the two nodes that onnxruntime fuses. */
  silu(x: Value): Value {
    return this.mul(x, this.sigmoid(x));
  }

  relu(x: Value): Value {
    return this.#node('Relu', [x], x.type);
  }

  /** x where it is positive, `slope` x elsewhere. */
  leakyRelu(x: Value, slope: number): Value {
    return this.#node('LeakyRelu', [x], x.type, { alpha: float(slope) });
  }

  tanh(x: Value): Value {
    return this.#node('Tanh', [x], x.type);
  }

  /** The exact one, with erf. */
  gelu(x: Value): Value {
    return this.#node('Gelu', [x], x.type, {}, 'com.microsoft');
  }

  /** x * sigmoid(1.702 x). */
  quickGelu(x: Value): Value {
    return this.#node('QuickGelu', [x], x.type, { alpha: float(1.702) }, 'com.microsoft');
  }

  sqrt(x: Value): Value {
    return this.#node('Sqrt', [x], x.type);
  }

  div(a: Value, b: Value): Value {
    return this.#binary('Div', a, b);
  }

  clip(x: Value, minimum: number, maximum: number): Value {
    const type = this.#floating(x);
    return this.#node(
      'Clip',
      [x, this.constant([minimum], [], type), this.constant([maximum], [], type)],
      type,
    );
  }

  /** The value itself where it has that type already: no graph has a Cast it does not need. */
  cast(x: Value, type: ElementType): Value {
    return x.type === type ? x : this.#node('Cast', [x], type, { to: { kind: 'type', value: type } });
  }

  // Layers

  /** [N, I, H, W] with weight [O, I, kh, kw] and bias [O]. */
  conv(x: Value, weight: Value, bias: Value | null, options: ConvOptions): Value {
    const { kernel, strides = [1, 1], pads = [0, 0, 0, 0], groups = 1, dilation = 1 } = options;
    const inputs = bias ? [x, weight, bias] : [x, weight];
    this.#sameType('Conv', ...inputs);
    return this.#node('Conv', inputs, x.type, {
      kernel_shape: ints(kernel),
      strides: ints(strides),
      pads: ints(pads),
      ...(groups > 1 && { group: int(groups) }),
      ...(dilation > 1 && { dilations: ints([dilation, dilation]) }),
    });
  }

  /**
   * nn.ConvTranspose2d of a square kernel: [N, I, H, W] with weight [I, O, k, k] and bias [O]. `pad` is cut off on each side, and
   * `extra` added below and right.
   */
  convTranspose(
    x: Value,
    weight: Value,
    bias: Value,
    options: {
      readonly kernel: number;
      readonly stride: number;
      readonly pad?: number;
      readonly extra?: number;
    },
  ): Value {
    const { kernel, stride, pad = 0, extra = 0 } = options;
    this.#sameType('ConvTranspose', x, weight, bias);
    return this.#node('ConvTranspose', [x, weight, bias], x.type, {
      kernel_shape: ints([kernel, kernel]),
      strides: ints([stride, stride]),
      pads: ints([pad, pad, pad, pad]),
      ...(extra > 0 && { output_padding: ints([extra, extra]) }),
    });
  }

  /** The largest of each `kernel` x `kernel` pixels; `pad` more along each side count for nothing. */
  maxPool(x: Value, kernel: number, stride: number, pad = 0): Value {
    return this.#node('MaxPool', [x], x.type, {
      kernel_shape: ints([kernel, kernel]),
      strides: ints([stride, stride]),
      ...(pad > 0 && { pads: ints([pad, pad, pad, pad]) }),
    });
  }

  /** x [M, K] times weight [O, K] transposed (or weight [K, O] as it is), plus bias [O]. */
  gemm(x: Value, weight: Value, bias: Value | null, options: { readonly transposed: boolean }): Value {
    this.#sameType('Gemm', x, weight, ...(bias ? [bias] : []));
    return this.#node('Gemm', bias ? [x, weight, bias] : [x, weight], x.type, {
      transB: int(options.transposed ? 1 : 0),
    });
  }

  /** [N, M, K] times [N, K, O]. */
  matMul(a: Value, b: Value): Value {
    return this.#binary('MatMul', a, b);
  }

  /** Over the last axis. */
  softmax(x: Value): Value {
    return this.#node('Softmax', [x], x.type, { axis: int(-1) });
  }

  /** Over the last axis. */
  layerNormalization(x: Value, scale: Value, bias: Value, epsilon: number): Value {
    this.#sameType('LayerNormalization', x, scale, bias);
    return this.#node('LayerNormalization', [x, scale, bias], x.type, {
      axis: int(-1),
      epsilon: float(epsilon),
    });
  }

  /** x / sqrt(mean of x^2) over the last axis, of `size` (Zhang & Sennrich 2019). */
  rmsNormalization(x: Value, size: number, epsilon: number): Value {
    const ones = this.constant(new Array<number>(size).fill(1), [size], this.#floating(x));
    return this.#node('SimplifiedLayerNormalization', [x, ones], x.type, {
      axis: int(-1),
      epsilon: float(epsilon),
    });
  }

  /** [N, C, ...]: every n, c on its own, over the axes after; scale and bias [C]. */
  instanceNormalization(x: Value, scale: Value, bias: Value, epsilon: number): Value {
    this.#sameType('InstanceNormalization', x, scale, bias);
    return this.#node('InstanceNormalization', [x, scale, bias], x.type, { epsilon: float(epsilon) });
  }

  /**
   * softmax(q k^T / sqrt(C / heads)) v, each head on its slice of channels: q [N, S, C], k and v [N, T, C] -> [N, S, C].
   * `causal`: a token looks at itself and those before it (S = T).
   */
  multiHeadAttention(
    q: Value,
    k: Value,
    v: Value,
    heads: number,
    options: { readonly causal?: boolean } = {},
  ): Value {
    this.#sameType('MultiHeadAttention', q, k, v);
    const attributes: Record<string, Attribute> = { num_heads: int(heads) };
    if (options.causal) attributes['unidirectional'] = int(1);
    return this.#node('MultiHeadAttention', [q, k, v], q.type, attributes, 'com.microsoft');
  }

  /** Over the last axis, which stays with a size of 1. */
  mean(x: Value): Value {
    return this.#node('ReduceMean', [x], x.type, { axes: ints([-1]), keepdims: int(1) });
  }

  // Indices. Those that operators give are int64, with which the WebGPU provider can do nothing but look up.

  /** Where the largest value lies along `axis` (the first of equal ones), which stays with a size of 1; int64. */
  argMax(x: Value, axis: number): Value {
    return this.#node('ArgMax', [x], 'int64', { axis: int(axis), keepdims: int(1) });
  }

  /** Where the `count` (int64, [1]) largest values lie along the last axis, in falling order; int64. */
  topIndices(x: Value, count: Value): Value {
    const values = new Value(this, x.type);
    return this.#node('TopK', [x, this.#int64(count)], 'int64', { axis: int(-1) }, '', values);
  }

  /** Along `axis`, the element that each of `indices` names; [A, B, C] and [A, I, C] -> [A, I, C] for axis 1. */
  gatherElements(x: Value, indices: Value, axis: number): Value {
    return this.#node('GatherElements', [x, indices], x.type, { axis: int(axis) });
  }

  /** x [M, ...] with every element of `updates` put, or added, at the row of axis 0 that `indices` (of its shape) names. */
  scatter(x: Value, indices: Value, updates: Value, how: 'put' | 'add'): Value {
    this.#sameType('ScatterElements', x, updates);
    return this.#node('ScatterElements', [x, indices, updates], x.type, {
      axis: int(0),
      reduction: string(how === 'add' ? 'add' : 'none'),
    });
  }

  // Shapes

  /** Axes of size 1, of `x` or of `shape`, repeated up to the other's size; `dims`: what comes out. */
  expand(x: Value, shape: readonly number[], dims: readonly Dim[]): Value {
    const result = this.#node('Expand', [x, this.#int64(shape)], x.type);
    this.knownDims.set(result, dims);
    return result;
  }

  /**
   * `shape`: fixed numbers, or a fed int64 value (0 keeps an axis, -1 takes the rest). `dims` tells the runtime what
   * comes out where it cannot know: the layout optimiser works only on tensors of known rank.
   */
  reshape(x: Value, shape: readonly number[] | Value, dims?: readonly Dim[]): Value {
    const result = this.#node('Reshape', [x, this.#int64(shape)], x.type);
    if (dims) this.knownDims.set(result, dims);
    return result;
  }

  transpose(x: Value, permutation: readonly number[]): Value {
    return this.#node('Transpose', [x], x.type, { perm: ints(permutation) });
  }

  concat(parts: readonly Value[], axis: number): Value {
    this.#sameType('Concat', ...parts);
    return this.#node('Concat', parts, parts[0]!.type, { axis: int(axis) });
  }

  /** [A, B, C, D] -> [A, B + count, C, D], zeros added at the end. */
  padAxis1(x: Value, count: number): Value {
    return this.#node('Pad', [x, this.integers([0, 0, 0, 0, 0, count, 0, 0])], x.type);
  }

  /** [N, C, H, W], on each side with `count` rows and columns more, which are those of the opposite side ("circular padding"). */
  wrap(x: Value, count: number): Value {
    return [2, 3].reduce((padded, axis) => {
      const last = this.slice(padded, [-count], [END], [axis]);
      const first = this.slice(padded, [0], [count], [axis]);
      return this.concat([last, padded, first], axis);
    }, x);
  }

  /** [N, C, H, W], on each side with `count` rows and columns more: the picture mirrored, without its edge. */
  mirror(x: Value, count: number): Value {
    const pads = this.integers([0, 0, count, count, 0, 0, count, count]);
    return this.#node('Pad', [x, pads], x.type, { mode: string('reflect') });
  }

  /**
   * Elements [starts, ends) of the given axes; each an int64 value of as many numbers, or fixed. Negative numbers count from the
   * end.
   */
  slice(
    x: Value,
    starts: readonly number[] | Value,
    ends: readonly number[] | Value,
    axes: readonly number[],
  ): Value {
    return this.#node('Slice', [x, this.#int64(starts), this.#int64(ends), this.integers(axes)], x.type);
  }

  /** Rows of `table` along axis 0; `indices` of any shape. */
  gather(table: Value, indices: Value): Value {
    return this.#node('Gather', [table, indices], table.type, { axis: int(0) });
  }

  /** [N, C, H, W] -> [N, C, 2H, 2W], each pixel four times. */
  upsampleNearest2x(x: Value): Value {
    return this.upsampleNearest(x, 2);
  }

  /** [N, C, H, W] -> [N, C, by H, by W], each pixel by * by times. */
  upsampleNearest(x: Value, by: number): Value {
    return this.#node('Resize', [x, null, this.constant([1, 1, by, by], [4], 'float32')], x.type, {
      mode: string('nearest'),
      coordinate_transformation_mode: string('asymmetric'),
      nearest_mode: string('floor'),
    });
  }

  /** [N, C, H, W] at `by` times the size, bilinear, corners not aligned. */
  resizeBilinear(x: Value, by: number): Value {
    return this.#node('Resize', [x, null, this.constant([1, 1, by, by], [4], 'float32')], x.type, {
      mode: string('linear'),
      coordinate_transformation_mode: string('half_pixel'),
    });
  }

  /** [1, C, H, W] -> `dims`, bilinear, corners on corners. */
  resizeAligned(x: Value, dims: readonly [1, channels: number, height: number, width: number]): Value {
    return this.#node('Resize', [x, null, null, this.integers(dims)], x.type, {
      mode: string('linear'),
      coordinate_transformation_mode: string('align_corners'),
    });
  }

  #int64(sizes: readonly number[] | Value): Value {
    if (!(sizes instanceof Value)) return this.integers(sizes);
    if (sizes.type !== 'int64') throw new Error(`Shapes and offsets are int64, not ${sizes.type}.`);
    return sizes;
  }

  #constant(type: ElementType, dims: readonly number[], data: Uint8Array): Value {
    const count = dims.reduce((product, size) => product * size, 1);
    const width = { float32: 4, float16: 2, int32: 4, int64: 8 }[type];
    if (data.length !== count * width) {
      throw new Error(`A constant of shape [${dims.join(', ')}] was given ${data.length / width} values.`);
    }
    const key = `${type} ${dims.join('x')} ${data.join(',')}`;
    let value = this.#constantByContent.get(key);
    if (!value) {
      value = new Value(this, type);
      this.#constantByContent.set(key, value);
      this.constants.push({ value, dims, data });
    }
    return value;
  }

  #binary(op: string, a: Value, b: Value): Value {
    this.#sameType(op, a, b);
    return this.#node(op, [a, b], a.type);
  }

  #floating(x: Value): Precision {
    if (x.type !== 'float32' && x.type !== 'float16')
      throw new Error(`A floating value is needed, not ${x.type}.`);
    return x.type;
  }

  #sameType(op: string, ...values: readonly Value[]): void {
    const types = new Set(values.map((value) => value.type));
    if (types.size !== 1)
      throw new Error(`${op} was given values of different types: ${[...types].join(', ')}.`);
  }

  #node(
    op: string,
    inputs: readonly (Value | null)[],
    type: ElementType,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Node['domain'] = '',
    unread?: Value,
  ): Value {
    let weight: WeightRef | undefined;
    for (const input of inputs) {
      if (input && input.graph !== this) throw new Error(`${op} was given a value of another graph.`);
      if (input) weight ??= this.#weightOf.get(input);
    }
    const output = new Value(this, type);
    const name = `${op}_${this.nodes.length}${weight ? ` ${weight.name}` : ''}`;
    this.nodes.push({ op, domain, name, inputs, output, attributes, ...(unread && { unread }) });
    return output;
  }
}
