import { describe, expect, it } from 'vitest';
import { float16ToFloat32 } from './convert.ts';
import { rootsToHalves } from './roots.ts';

function roots(values: readonly number[]) {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  const out = new Uint16Array(2 * values.length);
  const report = rootsToHalves(bytes, 'F32', out);
  const [nearest, left] = [out.subarray(0, values.length), out.subarray(values.length)].map((half) =>
    float16ToFloat32(half),
  );
  return { report, made: Array.from(nearest!, (value, i) => value + left![i]!) };
}

describe('rootsToHalves', () => {
  it('holds what a half cannot, and more of its digits', () => {
    const values = [0, 1, 0.25, 1e-7, 3.3e-3, 12.34567, 1e5, 3e6, 4e9];
    const { report, made } = roots(values);
    expect(report).toEqual({ clamped: 0, nonFinite: 0 });
    made.forEach((root, i) => {
      const exact = Math.sqrt(values[i]!);
      expect(Math.abs(root - exact)).toBeLessThanOrEqual(Math.max(exact * 2 ** -21, 2 ** -24));
    });
  });

  it('counts what has no root', () => {
    const { report, made } = roots([-1, NaN, Infinity, 4]);
    expect(report).toEqual({ clamped: 0, nonFinite: 3 });
    expect(made).toEqual([0, 0, 65504, 2]);
  });
});
