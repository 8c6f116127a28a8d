// Tensors as kernels can read them: views where they lie so, copies where they do not.
import { matrixOf, type Matrix, type Step } from './steps.ts';
import * as tensors from './tensor.ts';
import { allocate, isAligned, type Tensor } from './tensor.ts';

export class Readable {
  /** Steps that copy are added to `steps`. */
  constructor(private readonly steps: Step[]) {}

  /** An image whose pixels lie evenly, each with its channels side by side. */
  pixels(tensor: Tensor, name: string): Tensor {
    const flat = tensors.reshape(tensors.transpose(tensor, [0, 2, 3, 1]), [
      tensor.shape[0]! * tensor.shape[2]! * tensor.shape[3]!,
      tensor.shape[1]!,
    ]);
    return flat && isAligned(flat, 1) ? tensor : this.copied(tensor, name);
  }

  matrix(tensor: Tensor, name: string): Matrix {
    return matrixOf(tensor) ?? matrixOf(this.copied(tensor, name))!;
  }

  /** As `matrix`, with rows that may begin anywhere. */
  rows(tensor: Tensor, name: string): Matrix {
    const even = tensor.strides[2] === 1 ? tensor : this.copied(tensor, name);
    return { storage: even.storage, offset: even.offset, batch: even.strides[0]!, row: even.strides[1]! };
  }

  reshaped(tensor: Tensor, shape: readonly number[], name: string): Tensor {
    const view = tensors.reshape(tensor, shape);
    if (view) return view;
    const rowMajor = tensor.shape.map((_, i) => i);
    const copy = allocate(tensor.storage.type, tensor.shape, rowMajor);
    const again = tensors.reshape(copy, shape);
    if (again) {
      this.#copy(tensor, copy, name);
      return again;
    }
    // Rows are padded: one by one.
    const output = allocate(tensor.storage.type, shape);
    this.steps.push({ kind: 'general', name, what: { op: 'reshape' }, inputs: [tensor], output });
    return output;
  }

  copied(tensor: Tensor, name: string, order?: readonly number[]): Tensor {
    const copy = allocate(tensor.storage.type, tensor.shape, order);
    this.#copy(tensor, copy, name);
    return copy;
  }

  #copy(from: Tensor, to: Tensor, name: string): void {
    this.steps.push({ kind: 'pointwise', name: `${name} (copy)`, inputs: [from], code: [], output: to });
  }
}
