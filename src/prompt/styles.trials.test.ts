// styles.csv files that people bring (tests/trials, area "styles"), and those made to break the page (chaos/).
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chaosFiles, readTrial, trials } from '../../tests/trials-dir.ts';
import { decodeText, TextEncodingError } from '../text-files/decode.ts';
import { PromptTooLongError } from './length.ts';
import { applyStyles, parseStylesCsv, StylesError } from './styles.ts';

type Expected =
  | { readonly refused: true }
  | { readonly styles: readonly (readonly [name: string, prompt: string, negative: string])[] };

const cases = trials<Expected>('styles');

describe.skipIf(cases.length === 0)('styles (the folder has no cases: skipped)', () => {
  it.each(cases)('$id: $kind', ({ file, expected }) => {
    const read = () => parseStylesCsv(decodeText(readTrial(file!)));
    if ('refused' in expected) {
      let refusal: unknown;
      try {
        read();
      } catch (error) {
        refusal = error;
      }
      expect(refusal instanceof StylesError || refusal instanceof TextEncodingError).toBe(true);
      return;
    }
    const rows = read().map(({ name, prompt, negativePrompt }) => [name, prompt, negativePrompt]);
    expect(rows).toEqual(expected.styles);
  });
});

const chaos = chaosFiles('styles');

describe.skipIf(chaos.length === 0)('hostile styles (the folder has no files: skipped)', () => {
  it.each(chaos)('$file: $expect', ({ file }) => {
    const prototype = Object.getOwnPropertyNames(Object.prototype).length;
    let styles: ReturnType<typeof parseStylesCsv>;
    try {
      styles = parseStylesCsv(decodeText(readTrial(join('chaos', file))));
    } catch (error) {
      expect(error instanceof StylesError || error instanceof TextEncodingError).toBe(true);
      return;
    }
    const names = styles.map(({ name }) => name);
    try {
      applyStyles(styles, names, { prompt: 'a fox', negativePrompt: 'fog' });
    } catch (error) {
      expect(error).toBeInstanceOf(PromptTooLongError);
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(prototype);
  });
});
