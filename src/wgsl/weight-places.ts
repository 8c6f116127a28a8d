// Where a program's weights and constants lie: each in a storage of its own, in the form that its reader wants, once.
import type { Value } from '../graph/graph.ts';
import { product } from '../graph/shapes.ts';
import type { Precision } from '../graph/types.ts';
import type { Layer, Sources } from './operations.ts';
import type { Matrix } from './steps.ts';
import { allocate, Storage, type Tensor } from './tensor.ts';
import { UnsupportedError } from './unsupported.ts';
import { packedSize, packedWeight, type PackedWeight } from './weights.ts';

export class WeightPlaces {
  readonly #packed = new Map<string, Storage>();
  readonly #constants = new Map<Value, Tensor>();

  constructor(private readonly operations: Sources) {}

  /** A weight or constant that is read as it is stored. */
  asItIs(value: Value): Tensor {
    const known = this.#constants.get(value);
    if (known) return known;
    const shape = this.operations.shapes.get(value)!;
    const ref = this.operations.weights.get(value);
    if (ref) {
      // What has one number for each channel lies side by side, whatever axes follow.
      const rank = shape.findLastIndex((size) => size !== 1) + 1;
      const told = shape.slice(0, rank);
      const packed = packedWeight('rows', value.type as Precision, [{ ...ref, shape: matrixShape(told) }]);
      const { pitch } = packedSize(packed);
      const strides = shape.map((_, i) => (i < rank - 1 ? pitch * product(told.slice(i + 1, -1)) : 1));
      return { storage: this.#storage(packed), shape, strides, offset: 0 };
    }
    const numbers = this.operations.constants.get(value);
    const whole = this.operations.integers.get(value);
    if (!numbers && !whole)
      throw new UnsupportedError(`A value that nothing computes: ${value.type} [${shape?.join(', ')}].`);
    const data = new Uint8Array((whole ? Int32Array.from(whole) : Float32Array.from(numbers!)).buffer);
    const rowMajor = shape.map((_, i) => i);
    const role = { kind: 'constant', data } as const;
    const tensor = allocate(whole ? 'int32' : 'float32', shape, rowMajor, role, false);
    this.#constants.set(value, tensor);
    return tensor;
  }

  #storage(packed: PackedWeight): Storage {
    let storage = this.#packed.get(packed.key);
    if (!storage) {
      const { rows, pitch } = packedSize(packed);
      storage = new Storage(packed.precision, rows * pitch, { kind: 'weight', packed });
      this.#packed.set(packed.key, storage);
    }
    return storage;
  }

  /** The right factor and bias of layers side by side. */
  layers(
    layers: readonly Layer[],
    paired: boolean,
  ): { readonly right: Matrix; readonly bias: Storage | null } {
    const pack = (values: readonly Value[]) => {
      const refs = values.map((value) => this.#weight(value));
      return packedWeight('columns', values[0]!.type as Precision, refs, paired);
    };
    const packed = pack(layers.map(({ weight }) => weight));
    const biases = layers.flatMap(({ bias }) => bias ?? []);
    const right = { storage: this.#storage(packed), offset: 0, batch: 0, row: packedSize(packed).pitch };
    return { right, bias: biases.length > 0 ? this.#storage(pack(biases)) : null };
  }

  vector(value: Value): Storage {
    const ref = this.#weight(value);
    return this.#storage(
      packedWeight('columns', value.type as Precision, [{ ...ref, shape: [product(ref.shape)] }]),
    );
  }

  #weight(value: Value) {
    const ref = this.operations.weights.get(value);
    if (!ref) throw new UnsupportedError('A layer whose weight is computed.');
    return ref;
  }
}

/** A weight's axes as those of a matrix, for reading it row by row. */
function matrixShape(shape: readonly number[]): readonly number[] {
  if (shape.length < 2) return [1, product(shape)];
  return [product(shape.slice(0, -1)), shape.at(-1)!];
}
