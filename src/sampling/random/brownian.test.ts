// Properties of Brownian paths that hold whatever the seed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrownianTree, roundTime } from './brownian.ts';

const sigma = fc.double({ min: 0.03, max: 14.6, noNaN: true }).map(Math.fround);

describe('BrownianTree', () => {
  it('adds up over neighbouring steps, in any order of asking', () => {
    fc.assert(
      fc.property(fc.nat(), fc.tuple(sigma, sigma, sigma), (seed, times) => {
        const [a, b, c] = [...times].sort((x, y) => y - x) as [number, number, number];
        fc.pre(a - b > 1e-4 && b - c > 1e-4);
        const tree = new BrownianTree('NV', seed, 4, 0.03, 14.6);
        const rise = (from: number, to: number): number[] =>
          Array.from(tree.noise(from, to), (value) => value * Math.sqrt(from - to));
        const whole = rise(a, c);
        const [second, first] = [rise(b, c), rise(a, b)];
        whole.forEach((value, i) => expect(value).toBeCloseTo(first[i]! + second[i]!, 4));
        const again = new BrownianTree('NV', seed, 4, 0.03, 14.6).noise(a, b);
        expect([...again]).toEqual([...tree.noise(a, b)]);
      }),
      { numRuns: 50 },
    );
  });

  it('has unit variance', () => {
    const values = new BrownianTree('CPU', 7, 4096, 0.03, 14.6).noise(9, 4);
    const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    expect(Math.abs(variance - 1)).toBeLessThan(0.1);
  });

  it('takes times outside to its ends', () => {
    const tree = new BrownianTree('CPU', 7, 16, 0.03, 14.6);
    const scale = Math.sqrt((20 - 0.001) / (14.6 - 0.03));
    const [outside, inside] = [tree.noise(20, 0.001), tree.noise(14.6, 0.03)];
    outside.forEach((value, i) => expect(value * scale).toBeCloseTo(inside[i]!, 4));
  });
});

describe('roundTime', () => {
  it('rounds ties to even, as Python does', () => {
    // 1/128 = 0.0078125 and 3/128 = 0.0234375 are ties at the seventh decimal.
    expect([1 / 128, 3 / 128, 5 / 128, 1.5, 14.614642143249512].map(roundTime)).toEqual([
      0.007812, 0.023438, 0.039062, 1.5, 14.614642,
    ]);
  });
});
