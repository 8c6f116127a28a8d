// The matrices of Smoothed Energy Guidance's blur against the convolution that they stand for.
import { describe, expect, it } from 'vitest';
import { blurMatrix } from './attention-blur.ts';

/** A row, mirrored by `reach` without its edges, under a Gaussian of 2 reach + 1 taps. */
function convolved(row: readonly number[], sigma: number, reach: number): number[] {
  const padded = [...row.slice(1, reach + 1).toReversed(), ...row, ...row.slice(-reach - 1, -1).toReversed()];
  const taps = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)),
  );
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return row.map((_, at) => taps.reduce((total, tap, i) => total + (tap / sum) * padded[at + i]!, 0));
}

const applied = (matrix: Float32Array, row: readonly number[]): number[] =>
  row.map((_, i) => row.reduce((sum, value, j) => sum + matrix[i * row.length + j]! * value, 0));

describe('blurMatrix', () => {
  const row = Array.from({ length: 16 }, (_, i) => Math.sin(2.3 * i) + 0.1 * i);

  it.each([
    // Six sigma and one, made odd: 2^0 -> 7 taps, 2^0.5 -> 9.
    { sigma: 1, width: 16, reach: 3 },
    { sigma: Math.SQRT2, width: 16, reach: 4 },
    // No wider than the row and one: 17 taps at an even width, the width itself at an odd one.
    { sigma: 8, width: 16, reach: 8 },
    { sigma: 8, width: 13, reach: 6 },
  ])('is the convolution of sigma $sigma in rows of $width', ({ sigma, width, reach }) => {
    const actual = applied(blurMatrix(row.length, width, sigma), row);
    convolved(row, sigma, reach).forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 5));
  });

  it('keeps what is the same everywhere, at any length', () => {
    for (const length of [1, 2, 3, 7])
      for (const sigma of [1, 4, 1000, null])
        for (const value of applied(blurMatrix(length, 40, sigma), new Array<number>(length).fill(2)))
          expect(value).toBeCloseTo(2, 5);
  });

  it('is the mean where it has no end', () => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    for (const value of applied(blurMatrix(row.length, 4, null), row)) expect(value).toBeCloseTo(mean, 5);
  });
});
