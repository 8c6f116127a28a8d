import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocate,
  broadcast,
  isAligned,
  memoryOrder,
  refit,
  reshape,
  slice,
  transpose,
  type Tensor,
} from './tensor.ts';

/** Where every element lies, in the order of the axes. */
function places({ shape, strides, offset }: Tensor): number[] {
  return shape.reduce<number[]>(
    (starts, size, axis) =>
      starts.flatMap((start) => Array.from({ length: size }, (_, i) => start + i * strides[axis]!)),
    [offset],
  );
}

const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });

describe('a tensor', () => {
  it('lies pixel by pixel where it is an image, each row beginning at a multiple of four', () => {
    const { strides, storage } = allocate('float32', [2, 6, 3, 5]);
    expect(strides).toEqual([3 * 5 * 8, 1, 5 * 8, 8]);
    expect(storage.elements).toBe(2 * 3 * 5 * 8);
  });

  it('has no two elements in one place, and all of them in its storage', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const tensor = allocate('float16', shape);
        const all = places(tensor);
        expect(new Set(all).size).toBe(all.length);
        expect(Math.max(...all)).toBeLessThan(tensor.storage.elements);
      }),
    );
  });

  it('shows the same elements in the same order when it is reshaped, always where it lies without gaps', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), fc.boolean(), fc.boolean(), (shape, choice, turn, padded) => {
        const rowMajor = shape.map((_, i) => i);
        const made = allocate('float32', shape, rowMajor, { kind: 'scratch' }, padded);
        const tensor = turn ? transpose(made, rowMajor.toReversed()) : made;
        // Another shape of as many elements: two axes made one, or one cut in two.
        const sizes = tensor.shape.slice();
        const at = choice % sizes.length;
        if (at + 1 < sizes.length) sizes.splice(at, 2, sizes[at]! * sizes[at + 1]!);
        else if (sizes[at]! % 2 === 0) sizes.splice(at, 1, 2, sizes[at]! / 2);
        const view = reshape(tensor, sizes);
        if (!turn && !padded) expect(view).not.toBeNull();
        if (view) expect(places(view)).toEqual(places(tensor));
      }),
    );
  });

  it('is not seen as rows of another length where rows are padded', () => {
    expect(reshape(allocate('float32', [2, 3]), [6])).toBeNull();
    expect(reshape(allocate('float32', [2, 4]), [8])).not.toBeNull();
  });

  it('of pixels is a matrix of tokens without a copy', () => {
    const image = allocate('float16', [2, 8, 3, 5]);
    const tokens = reshape(transpose(image, [0, 2, 3, 1]), [30, 8]);
    expect(tokens?.strides).toEqual([8, 1]);
  });

  it('knows how it lies, and whether four elements can be read at once', () => {
    const image = allocate('float32', [1, 8, 3, 5]);
    expect(memoryOrder(image)).toEqual([2, 3, 1, 0]);
    expect(isAligned(image, 1)).toBe(true);
    expect(isAligned(slice(image, 1, 4, 8), 1)).toBe(true);
    expect(isAligned(slice(image, 1, 2, 8), 1)).toBe(false);
    expect(isAligned(image, 3)).toBe(false);
  });

  it('is repeated along axes of one element', () => {
    const bias = allocate('float32', [6, 1, 1]);
    expect(broadcast(bias, [2, 6, 3, 5]).strides).toEqual([0, bias.strides[0], 0, 0]);
  });
});

describe('refit', () => {
  it('cuts and joins loops', () => {
    const loops = [
      { size: 2, stride: 60 },
      { size: 3, stride: 20 },
      { size: 5, stride: 4 },
    ];
    expect(refit(loops, [2, 15])).toEqual([60, 4]);
    expect(refit(loops, [6, 5])).toEqual([20, 4]);
    expect(refit(loops, [1, 30])).toEqual([0, 4]);
    expect(refit(loops, [3, 10])).toBeNull();
    expect(refit([{ size: 6, stride: 2 }], [2, 3])).toEqual([6, 2]);
    expect(refit([{ size: 6, stride: 0 }], [2, 3])).toEqual([0, 0]);
  });
});
