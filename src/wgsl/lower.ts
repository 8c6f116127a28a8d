// Operations become steps on memory. Reshaping, transposing and slicing are views; where a kernel cannot read what lies there
// (rows that do not begin at a multiple of four, channels before pixels), a copy is put in between.
import type { Value } from '../graph/graph.ts';
import { product } from '../graph/shapes.ts';
import type { HostTensor } from '../graph/types.ts';
import type { General } from './general.ts';
import type { Layer, Operation, OperationOf, Operations } from './operations.ts';
import { QUAD } from './quads.ts';
import { Readable } from './readable.ts';
import {
  accessOf,
  matrixOf,
  NO_CHAIN,
  type Access,
  type ChainedStep,
  type Domain,
  type Matrix,
  type Step,
} from './steps.ts';
import * as tensors from './tensor.ts';
import { allocate, type ElementType, type Tensor } from './tensor.ts';
import { UnsupportedError } from './unsupported.ts';
import { WeightPlaces } from './weight-places.ts';

export interface Lowered {
  readonly steps: readonly Step[];
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
}

/** `ports`: the graph's inputs and the outputs that are wanted. */
export function lower(
  operations: Operations,
  inputs: readonly { readonly name: string; readonly value: Value; readonly tensor: HostTensor }[],
  outputs: readonly { readonly name: string; readonly value: Value }[],
): Lowered {
  return new Lowering(operations).run(inputs, outputs);
}

class Lowering {
  readonly #steps: Step[] = [];
  readonly #readable = new Readable(this.#steps);
  readonly #tensors = new Map<Value, Tensor>();
  readonly #weights: WeightPlaces;

  constructor(private readonly operations: Operations) {
    this.#weights = new WeightPlaces(operations);
  }

  run(
    inputs: readonly { readonly name: string; readonly value: Value; readonly tensor: HostTensor }[],
    outputs: readonly { readonly name: string; readonly value: Value }[],
  ): Lowered {
    const fed = new Map<string, Tensor>();
    for (const { name, value, tensor } of inputs) {
      if (value.type === 'int64') continue;
      const role = { kind: 'input', name } as const;
      const rowMajor = tensor.dims.map((_, i) => i);
      const made = allocate(value.type, tensor.dims, rowMajor, role, false);
      this.#tensors.set(value, made);
      fed.set(name, made);
    }
    for (const operation of this.operations.list) this.#tensors.set(operation.output, this.#lower(operation));
    const wanted = new Map<string, Tensor>();
    for (const { name, value } of outputs) {
      const tensor = this.#at(value);
      const rowMajor = tensor.shape.map((_, i) => i);
      const made = allocate('float32', tensor.shape, rowMajor, { kind: 'output', name });
      this.#steps.push({ kind: 'pointwise', name, inputs: [tensor], code: [], output: made });
      wanted.set(name, made);
    }
    return { steps: this.#steps, inputs: fed, outputs: wanted };
  }

  #lower(operation: Operation): Tensor {
    const { name } = operation;
    switch (operation.kind) {
      case 'conv':
        return this.#conv(operation);
      case 'linear':
        return this.#linear(operation);
      case 'matMul':
        return this.#matMul(operation);
      case 'attention':
        return this.#attention(operation);
      case 'groupNorm':
        return this.#groupNorm(operation);
      case 'layerNorm':
      case 'softmax':
      case 'rmsNorm':
      case 'mean':
        return this.#rowNorm(operation);
      case 'general':
        return this.#general(operation.what, operation.inputs, operation);
      case 'gather':
        return this.#gather(operation);
      case 'unary':
        return this.#pointwise(operation, [operation.x], [{ kind: 'unary', how: operation.how }]);
      case 'binary':
        return this.#pointwise(
          operation,
          [operation.a, operation.b],
          [{ kind: 'binary', fn: operation.fn, operand: 1 }],
        );
      case 'reshape':
        return this.#readable.reshaped(this.#at(operation.x), this.#shape(operation.output), name);
      case 'transpose':
        return tensors.transpose(this.#at(operation.x), operation.permutation);
      case 'slice': {
        const shape = this.#shape(operation.output);
        return operation.starts.reduce(
          (cut, start, axis) => tensors.slice(cut, axis, start, start + shape[axis]!),
          this.#at(operation.x),
        );
      }
      case 'concat':
        return this.#concat(operation);
      case 'pad': {
        const starts = this.#shape(operation.x).map(() => 0);
        return this.#general({ op: 'pad', starts, mirrored: false }, [operation.x], operation);
      }
      case 'upsample':
        return this.#upsampled(operation);
      case 'instanceNorm':
        return this.#instanceNorm(operation);
    }
  }

  #conv(operation: OperationOf<'conv'>): Tensor {
    const { layer, name, kernel, stride, pads, upsample, output } = operation;
    const x = this.#readable.pixels(this.#at(operation.x), name);
    const result = this.#result(output);
    const [samples = 1, columns = 1, outHeight = 1, outWidth = 1] = result.shape;
    const [, inputs = 1, height = 1, width = 1] = x.shape;
    const plain = kernel.join() === '1,1' && stride.join() === '1,1' && upsample === 1;
    const step = { ...this.#factors([layer], false, name), name, inputs, paired: false, batches: 1 };
    const domain = { samples, rows: outHeight * outWidth, columns };
    const left: Matrix = { storage: x.storage, offset: x.offset, batch: 0, row: pixelStride(x) };
    const window = { height, width, outWidth, kernel, stride, pads, upsample };
    return this.#push(
      { kind: 'product', ...step, domain, left, window: plain ? null : window, ...chained(result, domain) },
      result,
    );
  }

  #linear(operation: OperationOf<'linear'>): Tensor {
    const { layers, paired, transposed, name, output } = operation;
    const left = this.#readable.matrix(this.#at(operation.x), name);
    const result = this.#result(output);
    const [rows = 1, columns = 1] = result.shape;
    const inputs = this.#shape(operation.x)[1]!;
    const factors = transposed ? this.#factors(layers, paired, name) : this.#asTheyLie(layers, name);
    const domain = { samples: 1, rows, columns };
    const step = { kind: 'product', name, inputs, window: null, left, paired, batches: 1 } as const;
    return this.#push({ ...step, ...factors, domain, ...chained(result, domain) }, result);
  }

  /** The right factor and bias of layers; what is computed of them is brought to the form of those that are stored. */
  #factors(layers: readonly Layer[], paired: boolean, name: string) {
    const isStored = (value: Value | null) => value === null || this.operations.weights.has(value);
    if (layers.every(({ weight, bias }) => isStored(weight) && isStored(bias)))
      return this.#weights.layers(layers, paired);
    const [layer, ...others] = layers;
    if (!layer || others.length > 0)
      throw new UnsupportedError(`There is no kernel of ours for computed layers side by side (${name}).`);
    // [O, I, kh, kw] -> [kh, kw, I, O]
    const weight = this.#at(layer.weight);
    const order = weight.shape.length === 4 ? [2, 3, 1, 0] : [1, 0];
    const turned = tensors.transpose(weight, order);
    const rows = product(turned.shape.slice(0, -1));
    const inOrder = turned.shape.map((_, i) => i);
    const packed = tensors.reshape(this.#readable.copied(turned, name, inOrder), [rows, weight.shape[0]!])!;
    const bias = layer.bias && this.#readable.copied(this.#at(layer.bias), name).storage;
    return { right: matrixOf(packed)!, bias };
  }

  /** A layer whose weight is the right factor as it is. */
  #asTheyLie([layer, ...others]: readonly Layer[], name: string) {
    if (!layer || others.length > 0)
      throw new UnsupportedError(`There is no kernel of ours for such layers side by side (${name}).`);
    const bias = layer.bias && this.#readable.copied(this.#at(layer.bias), name).storage;
    return { right: this.#readable.matrix(this.#at(layer.weight), name), bias };
  }

  #matMul({ a, b, output, name }: OperationOf<'matMul'>): Tensor {
    const shape = this.#shape(output);
    const before = shape.slice(0, -2);
    const [batches, rows, columns] = [product(before), shape.at(-2)!, shape.at(-1)!];
    const factor = (value: Value): Matrix => {
      const own = this.#shape(value);
      const all = tensors.broadcast(this.#at(value), [...before, ...own.slice(-2)]);
      return this.#readable.matrix(this.#readable.reshaped(all, [batches, ...own.slice(-2)], name), name);
    };
    const [left, right] = [factor(a), factor(b)];
    const result = allocate(output.type as ElementType, [batches, rows, columns]);
    const inputs = this.#shape(a).at(-1)!;
    const domain = { samples: batches, rows, columns };
    const step = {
      kind: 'product',
      name,
      inputs,
      window: null,
      left,
      right,
      bias: null,
      paired: false,
    } as const;
    this.#push({ ...step, batches, domain, ...chained(result, domain) }, result);
    return this.#readable.reshaped(result, shape, name);
  }

  #attention({ q, k, v, heads, scale, causal, output, name }: OperationOf<'attention'>): Tensor {
    const [query, key, value] = [q, k, v].map((one) => this.#readable.rows(this.#at(one), name));
    const result = allocate(output.type as ElementType, this.#shape(output));
    const [samples = 1, rows = 1, columns = 1] = result.shape;
    const keys = this.#shape(k)[1]!;
    const domain = { samples, rows, columns };
    const step = { kind: 'attention', name, keys, heads, headSize: columns / heads, scale, causal } as const;
    return this.#push({ ...step, q: query!, k: key!, v: value!, domain, ...chained(result, domain) }, result);
  }

  #groupNorm({ x, scale, shift, groups, epsilon, output, name }: OperationOf<'groupNorm'>): Tensor {
    const pixels = this.#readable.pixels(this.#at(x), name);
    const result = this.#result(output);
    const [samples = 1, columns = 1, height = 1, width = 1] = result.shape;
    const domain = { samples, rows: height * width, columns };
    const row = pixelStride(pixels);
    const left = { storage: pixels.storage, offset: pixels.offset, batch: domain.rows * row, row };
    const step = { kind: 'groupNorm', name, groups, epsilon, x: left } as const;
    const parameters = { scale: this.#weights.vector(scale), shift: this.#weights.vector(shift) };
    return this.#push({ ...step, ...parameters, domain, ...chained(result, domain) }, result);
  }

  #rowNorm(operation: OperationOf<'layerNorm' | 'softmax' | 'rmsNorm' | 'mean'>): Tensor {
    const { name, output, kind } = operation;
    const shape = this.#shape(operation.x);
    const rows = product(shape.slice(0, -1));
    const width = shape.at(-1)!;
    const flat = this.#readable.reshaped(this.#at(operation.x), [rows, width], name);
    const x = this.#readable.matrix(flat, name);
    const result = allocate(output.type as ElementType, [rows, kind === 'mean' ? 1 : width]);
    const domain = { samples: 1, rows, columns: kind === 'mean' ? 1 : width };
    const own =
      operation.kind === 'layerNorm'
        ? {
            scale: this.#weights.vector(operation.scale),
            shift: this.#weights.vector(operation.shift),
            epsilon: operation.epsilon,
          }
        : { scale: null, shift: null, epsilon: operation.kind === 'rmsNorm' ? operation.epsilon : 0 };
    this.#push({ kind, name, x, width, ...own, domain, ...chained(result, domain) }, result);
    return this.#readable.reshaped(result, this.#shape(output), name);
  }

  /** Each channel of each sample as a row, then scale and shift. */
  #instanceNorm({ x, scale, shift, epsilon, output, name }: OperationOf<'instanceNorm'>): Tensor {
    const shape = this.#shape(x);
    const [samples = 1, channels = 1, ...rest] = shape;
    const [rows, width] = [samples * channels, product(rest)];
    const flat = this.#readable.matrix(this.#readable.reshaped(this.#at(x), [rows, width], name), name);
    const normed = allocate(output.type as ElementType, [rows, width]);
    const domain = { samples: 1, rows, columns: width };
    const step = { kind: 'layerNorm', name, x: flat, width, scale: null, shift: null, epsilon } as const;
    this.#push({ ...step, domain, ...chained(normed, domain) }, normed);
    const result = this.#result(output);
    const perChannel = (value: Value) =>
      tensors.broadcast(
        this.#readable.reshaped(this.#at(value), [channels, ...rest.map(() => 1)], name),
        shape,
      );
    this.#steps.push({
      ...{ kind: 'pointwise', name, output: result },
      inputs: [this.#readable.reshaped(normed, shape, name), perChannel(scale), perChannel(shift)],
      code: [
        { kind: 'binary', fn: 'mul', operand: 1 },
        { kind: 'binary', fn: 'add', operand: 2 },
      ],
    });
    return result;
  }

  #gather(operation: OperationOf<'gather'>): Tensor {
    const { table, indices, output, name } = operation;
    const where = this.#at(indices);
    const inOrder = tensors.reshape(where, [product(where.shape)]);
    const result = this.#result(output);
    if (
      result.storage.type === 'int32' ||
      this.#shape(table).length !== 2 ||
      inOrder?.strides[0] !== 1 ||
      inOrder.offset > 0
    )
      return this.#general({ op: 'gather' }, [table, indices], operation);
    const from = this.#readable.matrix(this.#at(table), name);
    const columns = result.shape.at(-1)!;
    const domain = { samples: 1, rows: product(result.shape.slice(0, -1)), columns };
    const tableRows = this.#shape(table)[0]!;
    const step = { kind: 'gather', name, table: from, tableRows, indices: where.storage } as const;
    return this.#push({ ...step, domain, ...chained(result, domain) }, result);
  }

  #concat(operation: OperationOf<'concat'>): Tensor {
    const { parts, axis, output, name } = operation;
    const result = this.#result(output);
    const sizes = parts.map((part) => this.#shape(part)[axis]!);
    if (result.strides[axis] === 1 && sizes.slice(0, -1).some((size) => size % QUAD !== 0))
      return this.#general({ op: 'concat', axis }, parts, operation);
    let start = 0;
    for (const part of parts) {
      const tensor = this.#at(part);
      const end = start + tensor.shape[axis]!;
      const place = tensors.slice(result, axis, start, end);
      this.#steps.push({ kind: 'pointwise', name, inputs: [tensor], code: [], output: place });
      start = end;
    }
    return result;
  }

  #pointwise(
    { output, name }: Operation,
    inputs: readonly Value[],
    code: Extract<Step, { kind: 'pointwise' }>['code'],
  ): Tensor {
    const result = this.#result(output);
    const read = inputs.map((value) => tensors.broadcast(this.#at(value), result.shape));
    this.#steps.push({ kind: 'pointwise', name, inputs: read, code, output: result });
    return result;
  }

  #push(step: ChainedStep, result: Tensor): Tensor {
    this.#steps.push(step);
    return result;
  }

  #general(
    what: General,
    inputs: readonly Value[],
    { output, name }: Pick<Operation, 'output' | 'name'>,
  ): Tensor {
    const result = this.#result(output);
    if (what.op === 'scatter' && result.storage.type !== 'int32')
      throw new UnsupportedError(`There is no kernel of ours for scattering floats (${name}).`);
    const read = inputs.map((value) => this.#at(value));
    this.#steps.push({ kind: 'general', name, what, inputs: read, output: result });
    return result;
  }

  /** Copied with each pixel as often as it is repeated. */
  #upsampled({ x, by, output, name }: OperationOf<'upsample'>): Tensor {
    const result = this.#result(output);
    const [samples = 1, channels = 1, height = 1, width = 1] = this.#shape(x);
    const split = [samples, channels, height, by, width, by];
    const from = tensors.reshape(this.#at(x), [samples, channels, height, 1, width, 1]);
    const to = tensors.reshape(result, split);
    if (!from || !to) throw new UnsupportedError(`There is no kernel of ours for such a picture (${name}).`);
    this.#steps.push({
      kind: 'pointwise',
      name,
      inputs: [tensors.broadcast(from, split)],
      code: [],
      output: to,
    });
    return result;
  }

  /** Indices are int64 in ONNX; none is that large. */
  #result(output: Value): Tensor {
    return allocate(output.type === 'int64' ? 'int32' : output.type, this.#shape(output));
  }

  #shape(value: Value) {
    return this.operations.shapes.get(value)!;
  }

  /** Where a value lies: a result, or a weight or constant that is used as it is. */
  #at(value: Value): Tensor {
    return this.#tensors.get(value) ?? this.#weights.asItIs(value);
  }
}

/** From a pixel to the next. */
function pixelStride({ shape, strides }: Tensor): number {
  if (shape[3]! > 1) return strides[3]!;
  return shape[2]! > 1 ? strides[2]! : strides[0]!;
}

function chained(
  result: Tensor,
  domain: Domain,
): { readonly output: Access; readonly chain: typeof NO_CHAIN } {
  return { output: accessOf(result, domain)!, chain: NO_CHAIN };
}
