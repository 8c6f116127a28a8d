import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isContiguous, readStrided, type StridedView } from './strided.ts';

/** Storage index of every element in C order, by the definition. */
function indices(view: StridedView): number[] {
  let all = [view.offset];
  view.shape.forEach((size, axis) => {
    all = all.flatMap((base) => Array.from({ length: size }, (_, i) => base + i * view.strides[axis]!));
  });
  return all;
}

describe('readStrided', () => {
  it('gathers any range of any view', async () => {
    const axis = fc.record({ size: fc.integer({ min: 0, max: 5 }), stride: fc.integer({ min: 0, max: 40 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(axis, { maxLength: 4 }),
        fc.nat({ max: 9 }),
        fc.constantFrom(1, 2, 4, 8),
        fc.nat(),
        fc.nat(),
        async (axes, offset, size, a, b) => {
          const view = { offset, shape: axes.map((x) => x.size), strides: axes.map((x) => x.stride) };
          const wanted = indices(view);
          const storage = Uint8Array.from(
            { length: (Math.max(-1, ...wanted) + 1) * size },
            (_, i) => (i * 31 + (i >> 8)) & 255,
          );
          const start = a % (wanted.length + 1);
          const count = b % (wanted.length - start + 1);
          const read = async (at: number, length: number): Promise<Uint8Array> => {
            expect(at + length).toBeLessThanOrEqual(storage.length);
            return storage.subarray(at, at + length);
          };
          const got = await readStrided(read, view, size, start, count);
          const bytes = wanted
            .slice(start, start + count)
            .flatMap((i) => [...storage.subarray(i * size, (i + 1) * size)]);
          expect([...got]).toEqual(bytes);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads a storage larger than its window in pieces, and skips gaps', async () => {
    // Three rows of a very wide matrix: 12 MiB apart, so that most windows hold nothing.
    const row = 3 * 2 ** 20;
    const view = { offset: 5, shape: [3, 2], strides: [row, 2] };
    let most = 0;
    let total = 0;
    const read = async (at: number, length: number): Promise<Uint8Array> => {
      most = Math.max(most, length);
      total += length;
      return new Uint8Array(Uint32Array.from({ length: length / 4 }, (_, i) => at / 4 + i).buffer);
    };
    const got = new Uint32Array((await readStrided(read, view, 4, 0, 6)).buffer);
    expect([...got]).toEqual([5, 7, row + 5, row + 7, 2 * row + 5, 2 * row + 7]);
    expect(most).toBeLessThanOrEqual(4 * 2 ** 20);
    expect(total).toBeLessThan(2 * row * 4);
  });

  it('knows contiguous views, whatever the strides of single elements', () => {
    expect(isContiguous({ offset: 9, shape: [2, 1, 3], strides: [3, 77, 1] })).toBe(true);
    expect(isContiguous({ offset: 0, shape: [], strides: [] })).toBe(true);
    expect(isContiguous({ offset: 0, shape: [2, 3], strides: [1, 2] })).toBe(false);
    expect(isContiguous({ offset: 0, shape: [2, 3], strides: [4, 1] })).toBe(false);
  });
});
