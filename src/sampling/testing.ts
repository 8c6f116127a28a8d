// For tests: the analytic network of the reference's runs, and how results are compared.
import { expect } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { linearAlphasCumprod } from './noise-table.ts';

const tables = listReference('schedules').includes('tables.json')
  ? readReferenceJson<{ readonly alphas_cumprod: readonly number[] }>('schedules', 'tables.json')
  : null;
/** The table that the reference's runs share. */
export const referenceAlphas = tables ? Float32Array.from(tables.alphas_cumprod) : linearAlphasCumprod();

export interface NetworkConstants {
  readonly p: readonly number[];
  readonly q: readonly number[];
  readonly r: readonly number[];
}
export type Cond = readonly number[];

/** The analytic network of the reference's runs: eps(x, t) + tanh(x * cond0) * cond1. */
export function analytic(
  { p, q, r }: NetworkConstants,
  pixels: number,
  x: Float64Array,
  t: number,
  cond?: Cond,
): Float64Array {
  const s = t / 1000;
  return x.map((v, i) => {
    const k = Math.floor(i / pixels) % p.length;
    const eps = v * (0.6 + 0.4 * s) * p[k]! + (1 - s) * (Math.tanh(v) * q[k]! + r[k]!);
    return cond ? eps + Math.tanh(v * cond[0]!) * cond[1]! : eps;
  });
}

/** Largest difference, relative to max(1, largest expected value). */
export function gap(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const size = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return expected.reduce((worst, value, i) => Math.max(worst, Math.abs(actual[i]! - value)), 0) / size;
}
