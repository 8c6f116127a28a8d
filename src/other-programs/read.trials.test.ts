// Pictures that people bring: A1111's own stay as they are. And those made to break the page: none takes down the reader.
import { describe, expect, test } from 'vitest';
import { chaosFiles, readTrial, trials } from '../../tests/trials-dir.ts';
import { hasParameters } from '../generation/request/infotext/parse.ts';
import { readImageMetadata } from '../image/metadata.ts';
import { readOtherProgram } from './read.ts';
import { hiddenText } from './stealth.ts';

const cases = trials<{ readonly parameters: string | null }>('picture');

describe.skipIf(cases.length === 0)('pictures (the folder has no cases: skipped)', () => {
  test.each(cases)('$id: $kind', async ({ file, kind, expected }) => {
    const bytes = readTrial(file!);
    const other = await readOtherProgram(await readImageMetadata(bytes), () => hiddenText(new Blob([bytes])));
    if (kind === 'novelai-text' && expected.parameters) {
      expect(other?.program).toBe('NovelAI');
      // The seed and the rest of it are A1111's, too.
      const seed = /Seed: \d+/.exec(expected.parameters)![0];
      expect(other?.text).toContain(seed);
    } else if (hasParameters(expected.parameters ?? '')) expect(other).toBeNull();
  });
});

const chaos = chaosFiles('picture');

describe.skipIf(chaos.length === 0)('hostile pictures (the folder has no files: skipped)', () => {
  test.each(chaos)('$file: $expect', async ({ file }) => {
    const prototype = Object.getOwnPropertyNames(Object.prototype).length;
    const bytes = readTrial(`chaos/${file}`);
    const metadata = await readImageMetadata(bytes).catch(() => null);
    if (metadata) await readOtherProgram(metadata, () => hiddenText(new Blob([bytes])));
    expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(prototype);
  });
});
