// Operations become steps on memory. Reshaping, transposing and slicing are views; where a kernel cannot read what lies there
// (rows that do not begin at a multiple of four, channels before pixels), a copy is put in between.
import type { Value } from '../graph/graph.ts';
import { product } from '../graph/shapes.ts';
import type { HostTensor } from '../graph/types.ts';
import type { Operation, OperationOf, Operations } from './operations.ts';
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
import { allocate, isAligned, type ElementType, type Tensor } from './tensor.ts';
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
        return this.#rowNorm(operation);
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
        return this.#reshaped(this.#at(operation.x), this.#shape(operation.output), name);
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
      case 'instanceNorm':
      case 'pad':
      case 'upsample':
        throw new UnsupportedError(`There is no kernel of ours for ${operation.kind} by itself (${name}).`);
    }
  }

  #conv(operation: OperationOf<'conv'>): Tensor {
    const { layer, name, kernel, stride, pads, upsample, output } = operation;
    const x = this.#pixels(this.#at(operation.x), name);
    const result = this.#result(output);
    const [samples = 1, columns = 1, outHeight = 1, outWidth = 1] = result.shape;
    const [, inputs = 1, height = 1, width = 1] = x.shape;
    const plain = kernel.join() === '1,1' && stride.join() === '1,1' && upsample === 1;
    const step = { ...this.#weights.layers([layer], false), name, inputs, paired: false, batches: 1 };
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
    const left = this.#matrix(this.#at(operation.x), name);
    const result = this.#result(output);
    const [rows = 1, columns = 1] = result.shape;
    const inputs = this.#shape(operation.x)[1]!;
    const factors = transposed ? this.#weights.layers(layers, paired) : this.#weights.asStored(layers);
    const domain = { samples: 1, rows, columns };
    const step = { kind: 'product', name, inputs, window: null, left, paired, batches: 1 } as const;
    return this.#push({ ...step, ...factors, domain, ...chained(result, domain) }, result);
  }

  #matMul({ a, b, output, name }: OperationOf<'matMul'>): Tensor {
    const [left, right] = [this.#matrix(this.#at(a), name), this.#matrix(this.#at(b), name)];
    const result = this.#result(output);
    const [batches = 1, rows = 1, columns = 1] = result.shape;
    if (result.shape.length !== 3 || this.#shape(b)[0] !== batches || this.#shape(a)[0] !== batches)
      throw new UnsupportedError(`There is no kernel of ours for a product of such shapes (${name}).`);
    const inputs = this.#shape(a)[2]!;
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
    return this.#push({ ...step, batches, domain, ...chained(result, domain) }, result);
  }

  #attention({ q, k, v, heads, scale, causal, output, name }: OperationOf<'attention'>): Tensor {
    const [query, key, value] = [q, k, v].map((one) => this.#rows(this.#at(one), name));
    const result = allocate(output.type as ElementType, this.#shape(output));
    const [samples = 1, rows = 1, columns = 1] = result.shape;
    const keys = this.#shape(k)[1]!;
    const domain = { samples, rows, columns };
    const step = { kind: 'attention', name, keys, heads, headSize: columns / heads, scale, causal } as const;
    return this.#push({ ...step, q: query!, k: key!, v: value!, domain, ...chained(result, domain) }, result);
  }

  #groupNorm({ x, scale, shift, groups, epsilon, output, name }: OperationOf<'groupNorm'>): Tensor {
    const pixels = this.#pixels(this.#at(x), name);
    const result = this.#result(output);
    const [samples = 1, columns = 1, height = 1, width = 1] = result.shape;
    const domain = { samples, rows: height * width, columns };
    const row = pixelStride(pixels);
    const left = { storage: pixels.storage, offset: pixels.offset, batch: domain.rows * row, row };
    const step = { kind: 'groupNorm', name, groups, epsilon, x: left } as const;
    const parameters = { scale: this.#weights.vector(scale), shift: this.#weights.vector(shift) };
    return this.#push({ ...step, ...parameters, domain, ...chained(result, domain) }, result);
  }

  #rowNorm(operation: OperationOf<'layerNorm'> | OperationOf<'softmax'>): Tensor {
    const { name, output, kind } = operation;
    const shape = this.#shape(output);
    const rows = product(shape.slice(0, -1));
    const columns = shape.at(-1)!;
    const flat = this.#reshaped(this.#at(operation.x), [rows, columns], name);
    const x = this.#matrix(flat, name);
    const result = this.#result(output);
    const domain = { samples: 1, rows, columns };
    const own =
      operation.kind === 'layerNorm'
        ? {
            scale: this.#weights.vector(operation.scale),
            shift: this.#weights.vector(operation.shift),
            epsilon: operation.epsilon,
          }
        : { scale: null, shift: null, epsilon: 0 };
    return this.#push({ kind, name, x, ...own, domain, ...chained(result, domain) }, result);
  }

  #gather({ table, indices, output, name }: OperationOf<'gather'>): Tensor {
    const where = this.#at(indices);
    if (where.storage.type !== 'int32' || where.storage.role.kind !== 'input')
      throw new UnsupportedError(`There is no kernel of ours for looking up what is computed (${name}).`);
    const result = this.#result(output);
    const from = this.#matrix(this.#at(table), name);
    const columns = result.shape.at(-1)!;
    const domain = { samples: 1, rows: product(result.shape.slice(0, -1)), columns };
    const tableRows = this.#shape(table)[0]!;
    const step = { kind: 'gather', name, table: from, tableRows, indices: where.storage } as const;
    return this.#push({ ...step, domain, ...chained(result, domain) }, result);
  }

  #concat({ parts, axis, output, name }: OperationOf<'concat'>): Tensor {
    const result = this.#result(output);
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

  #result(output: Value): Tensor {
    if (output.type === 'int64') throw new UnsupportedError('There are no kernels of ours for int64.');
    return allocate(output.type, this.#shape(output));
  }

  #shape(value: Value) {
    return this.operations.shapes.get(value)!;
  }

  /** Where a value lies: a result, or a weight or constant that is used as it is. */
  #at(value: Value): Tensor {
    return this.#tensors.get(value) ?? this.#weights.asItIs(value);
  }

  /** An image whose pixels lie evenly, each with its channels side by side. */
  #pixels(tensor: Tensor, name: string): Tensor {
    const flat = tensors.reshape(tensors.transpose(tensor, [0, 2, 3, 1]), [
      tensor.shape[0]! * tensor.shape[2]! * tensor.shape[3]!,
      tensor.shape[1]!,
    ]);
    return flat && isAligned(flat, 1) ? tensor : this.#copied(tensor, name);
  }

  #matrix(tensor: Tensor, name: string): Matrix {
    return matrixOf(tensor) ?? matrixOf(this.#copied(tensor, name))!;
  }

  /** As `#matrix`, with rows that may begin anywhere. */
  #rows(tensor: Tensor, name: string): Matrix {
    const even = tensor.strides[2] === 1 ? tensor : this.#copied(tensor, name);
    return { storage: even.storage, offset: even.offset, batch: even.strides[0]!, row: even.strides[1]! };
  }

  #reshaped(tensor: Tensor, shape: readonly number[], name: string): Tensor {
    const view = tensors.reshape(tensor, shape);
    if (view) return view;
    const rowMajor = tensor.shape.map((_, i) => i);
    const again = tensors.reshape(this.#copied(tensor, name, rowMajor), shape);
    if (!again)
      throw new UnsupportedError(`There is no kernel of ours for reshaping what is padded (${name}).`);
    return again;
  }

  #copied(tensor: Tensor, name: string, order?: readonly number[]): Tensor {
    const copy = allocate(tensor.storage.type, tensor.shape, order);
    this.#steps.push({ kind: 'pointwise', name: `${name} (copy)`, inputs: [tensor], code: [], output: copy });
    return copy;
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
