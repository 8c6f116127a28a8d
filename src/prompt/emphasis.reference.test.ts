// The arithmetic of emphasis against A1111's (tests/reference/tokens/emphasis_apply.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { applyEmphasis } from './emphasis.ts';
import type { EmphasisMode } from './types.ts';

interface EmphasisApply {
  readonly tolerance: { readonly rel: number };
  readonly cases: readonly {
    readonly z: number[][];
    readonly multipliers: number[];
    readonly result: Record<string, number[][]>;
  }[];
}

const available = listReference('tokens').includes('emphasis_apply.json');

describe.skipIf(!available)('emphasis', () => {
  const { cases, tolerance } = available
    ? readReferenceJson<EmphasisApply>('tokens', 'emphasis_apply.json')
    : { cases: [], tolerance: { rel: 0 } };

  it.each(cases)('of a chunk', ({ z, multipliers, result }) => {
    expect(Object.keys(result)).not.toHaveLength(0);
    for (const [mode, expected] of Object.entries(result)) {
      const values = Float32Array.from(z.flat());
      applyEmphasis(values, [1, z.length, z[0]!.length], [multipliers], mode as EmphasisMode);
      const wanted = expected.flat();
      const scale = Math.max(...wanted.map(Math.abs));
      const worst = Math.max(
        ...wanted.map((value, i) => Math.abs(values[i]! - value) / Math.max(Math.abs(value), 1e-3 * scale)),
      );
      expect(worst, mode).toBeLessThan(tolerance.rel);
    }
  });
});
