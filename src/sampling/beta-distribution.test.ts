import { describe, expect, it } from 'vitest';
import { betaCdf, betaQuantile } from './beta-distribution.ts';

const probabilities = [0, 0.001, 0.1, 0.25, 0.5, 0.8, 0.99, 1];

describe('betaQuantile', () => {
  it.each([
    ['uniform', 1, 1, (p: number) => p],
    ['power', 2, 1, (p: number) => Math.sqrt(p)],
    ['mirrored power', 1, 3, (p: number) => 1 - Math.cbrt(1 - p)],
    ['arcsine', 0.5, 0.5, (p: number) => Math.sin((Math.PI * p) / 2) ** 2],
  ])('is exact for the %s distribution', (_, a, b, exact) => {
    for (const p of probabilities) expect(betaQuantile(p, a, b)).toBeCloseTo(exact(p), 12);
  });

  it('inverts the cumulative function', () => {
    for (const [a, b] of [
      [0.6, 0.6],
      [0.8, 0.5],
      [5, 0.3],
      [20, 30],
    ] as const) {
      for (const p of probabilities) expect(betaCdf(betaQuantile(p, a, b), a, b)).toBeCloseTo(p, 10);
    }
  });
});
