// Where tensors lie: a storage is a stretch of memory, a tensor a view of one. Views make transposing, reshaping and slicing
// free; what a kernel cannot read as it lies is copied first.
//
// In memory the innermost axis of what we lay out ourselves is padded to a multiple of four elements, so that every row
// begins where four elements are read at once. Images lie pixel by pixel (NHWC), whatever the order of their axes is called.
import { product, type Shape } from '../graph/shapes.ts';
import { QUAD, roundUp } from './quads.ts';
import type { PackedWeight } from './weights.ts';

export type ElementType = 'float32' | 'float16' | 'int32';

export const BYTES: Readonly<Record<ElementType, number>> = { float32: 4, float16: 2, int32: 4 };

export type StorageRole =
  /** Made and used up within a run, or (inputs and outputs) written before and read after it. */
  | { readonly kind: 'scratch' }
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'output'; readonly name: string }
  | { readonly kind: 'weight'; readonly packed: PackedWeight }
  | { readonly kind: 'constant'; readonly data: Uint8Array };

/** A stretch of memory of one type. Storages are told apart by identity. */
export class Storage {
  constructor(
    readonly type: ElementType,
    /** A multiple of four. */
    readonly elements: number,
    readonly role: StorageRole,
  ) {}

  get bytes(): number {
    return this.elements * BYTES[this.type];
  }
}

export interface Tensor {
  readonly storage: Storage;
  readonly shape: Shape;
  /** In elements, an axis each. 0: the axis repeats one element. */
  readonly strides: readonly number[];
  /** In elements. */
  readonly offset: number;
}

/** Axes from the outermost to the innermost. */
export type Order = readonly number[];

/** Pixel by pixel for what has the rank of images, otherwise as the axes are numbered. */
export function naturalOrder(rank: number): Order {
  return rank === 4 ? [0, 2, 3, 1] : Array.from({ length: rank }, (_, i) => i);
}

/** A new storage with one tensor in it. `padded`: innermost axis to a multiple of four (what the host reads and writes is not). */
export function allocate(
  type: ElementType,
  shape: Shape,
  order: Order = naturalOrder(shape.length),
  role: StorageRole = { kind: 'scratch' },
  padded = true,
): Tensor {
  const strides = new Array<number>(shape.length).fill(1);
  let size = 1;
  for (const [depth, axis] of order.toReversed().entries()) {
    strides[axis] = size;
    size *= depth === 0 && padded ? roundUp(shape[axis]!, QUAD) : shape[axis]!;
  }
  return { storage: new Storage(type, roundUp(size, QUAD), role), shape, strides, offset: 0 };
}

export function transpose(tensor: Tensor, permutation: readonly number[]): Tensor {
  return {
    ...tensor,
    shape: permutation.map((axis) => tensor.shape[axis]!),
    strides: permutation.map((axis) => tensor.strides[axis]!),
  };
}

/** Elements [start, end) of one axis. */
export function slice(tensor: Tensor, axis: number, start: number, end: number): Tensor {
  return {
    ...tensor,
    shape: tensor.shape.map((size, i) => (i === axis ? end - start : size)),
    offset: tensor.offset + start * tensor.strides[axis]!,
  };
}

/** Repeated along axes of size 1, and along new ones at the front, up to `shape`. */
export function broadcast(tensor: Tensor, shape: Shape): Tensor {
  const missing = shape.length - tensor.shape.length;
  const strides = shape.map((_, i) => {
    const own = i - missing;
    return own < 0 || tensor.shape[own] === 1 ? 0 : tensor.strides[own]!;
  });
  return { ...tensor, shape, strides };
}

/** One loop over a tensor: so many times, so far apart. */
interface Loop {
  readonly size: number;
  readonly stride: number;
}

/**
 * The strides of loops of these sizes (outermost first) that go over the same elements in the same order as the given loops;
 * null where there are none, since elements do not lie evenly.
 */
export function refit(loops: readonly Loop[], sizes: readonly number[]): number[] | null {
  const rest = loops.filter(({ size }) => size !== 1).map((loop) => ({ ...loop }));
  const strides: number[] = [];
  for (const wanted of sizes.toReversed()) {
    let [size, stride]: [number, number | null] = [1, null];
    while (size < wanted) {
      const inner = rest.pop();
      if (!inner) return null;
      const part = wanted / size;
      const [taken, left] = inner.size <= part ? [inner.size, 1] : [part, inner.size / part];
      if (part % taken !== 0 || !Number.isInteger(left)) return null;
      if (stride === null) stride = inner.stride;
      else if (inner.stride !== stride * size) return null;
      if (left > 1) rest.push({ size: left, stride: inner.stride * taken });
      size *= taken;
    }
    strides.unshift(stride ?? 0);
  }
  return rest.length === 0 ? strides : null;
}

/** The same elements with other axes; null where that takes a copy. */
export function reshape(tensor: Tensor, shape: Shape): Tensor | null {
  const loops = tensor.shape.map((size, i) => ({ size, stride: tensor.strides[i]! }));
  if (product(shape) !== product(tensor.shape)) return null;
  const strides = refit(loops, shape);
  return strides && { ...tensor, shape, strides };
}

/** Axes from the one with the largest steps to the one with the smallest: how the tensor lies in memory. */
export function memoryOrder(tensor: Tensor): Order {
  return tensor.shape
    .map((size, axis) => ({ axis, size, stride: tensor.strides[axis]! }))
    .sort((a, b) => Number(a.size === 1) - Number(b.size === 1) || b.stride - a.stride || a.axis - b.axis)
    .map(({ axis }) => axis);
}

/** Whether rows along `axis` can be read four elements at once. */
export function isAligned({ storage, shape, strides, offset }: Tensor, axis: number): boolean {
  return (
    (storage.role.kind !== 'input' || shape[axis]! % QUAD === 0) &&
    offset % QUAD === 0 &&
    strides.every((stride, i) =>
      i === axis ? stride === 1 || shape[i] === 1 : stride % QUAD === 0 || shape[i] === 1,
    )
  );
}
