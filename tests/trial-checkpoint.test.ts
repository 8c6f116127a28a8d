// The helper that makes the trials' checkpoints, on the cases at hand and on formulas of its own.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formula, trialCheckpoint } from './trial-checkpoint.ts';
import { trials } from './trials-dir.ts';

describe('formula', () => {
  it.each([
    ['(7 * i + 13) & 63 for the i-th byte of the data', 5, 48],
    ['i ^ 0x55', 3, 0x56],
    ['255 - i % 256', 300, 211],
    ['(i << 1 | 1) & 255', 200, 145],
    ['i // 3 + ~i & 7', 10, (3 + ~10) & 7],
  ])('%s', (text, i, expected) => expect(formula(text)(i)).toBe(expected));

  it.each(['', 'i +', 'x', 'i i', '(i', 'fetch(i)'])('refuses "%s"', (text) => {
    expect(() => formula(text)).toThrow(/cannot be read/);
  });
});

interface Patched {
  readonly sha256_of_base?: string;
  readonly sha256_of_patched?: string;
}

const patched = trials<Patched>('import').filter(
  ({ patch, expected }) => patch && expected.sha256_of_patched,
);

describe.skipIf(patched.length === 0)('files with one tensor overwritten', () => {
  it.each(patched)('$id', ({ expected, ...trial }) => {
    const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    const { patch, ...whole } = trial;
    expect(patch).toBeDefined();
    if (expected.sha256_of_base) expect(sha256(trialCheckpoint(whole))).toBe(expected.sha256_of_base);
    expect(sha256(trialCheckpoint(trial))).toBe(expected.sha256_of_patched);
  });
});
