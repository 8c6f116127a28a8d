// Pictures that people bring (tests/trials, area "picture"): what A1111 reads in each. And those made to break the page
// (chaos/): none takes down the reader, and the parameters in them are found.
import { describe, expect, test } from 'vitest';
import { chaosFiles, readTrial, trials } from '../../tests/trials-dir.ts';
import { ImageError } from './errors.ts';
import { readImageMetadata } from './metadata.ts';
import { MAX_TEXT_BYTES, MAX_TEXTS_BYTES } from './text-limits.ts';

const cases = trials<{ readonly parameters: string | null }>('picture');

describe.skipIf(cases.length === 0)('pictures (the folder has no cases: skipped)', () => {
  test.each(cases)('$id: $kind', async ({ file, expected }) => {
    const { parameters } = await readImageMetadata(readTrial(file!));
    // An empty text is none.
    expect(parameters).toBe(expected.parameters || null);
  });
});

const chaos = chaosFiles('picture');

describe.skipIf(chaos.length === 0)('hostile pictures (the folder has no files: skipped)', () => {
  test.each(chaos)('$file: $expect', async ({ file, expect: expected }) => {
    const prototype = Object.getOwnPropertyNames(Object.prototype).length;
    const read = await readImageMetadata(readTrial(`chaos/${file}`)).catch((error: unknown) => error);
    expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(prototype);
    if (read instanceof Error) {
      expect(read).toBeInstanceOf(ImageError);
      expect(expected).toContain('refused');
      return;
    }
    const { parameters, texts } = read as Awaited<ReturnType<typeof readImageMetadata>>;
    if (expected.includes('parameters are shown')) expect(parameters).toMatch(/\S/);
    const lengths = [...texts.values()].map(({ length }) => length);
    expect(Math.max(0, ...lengths)).toBeLessThanOrEqual(MAX_TEXT_BYTES);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(MAX_TEXTS_BYTES);
  });
});
