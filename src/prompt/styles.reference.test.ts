// Styles and styles.csv against A1111's (tests/reference/prompts/styles.json, styles_db.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { findStyles } from './find-styles.ts';
import { applyStyles, extractStyle, formatStylesCsv, mergeStyles, parseStylesCsv } from './styles.ts';

interface Styles {
  readonly apply: readonly { readonly prompt: string; readonly styles: string[]; readonly result: string }[];
  readonly extract: readonly {
    readonly style: string;
    readonly prompt: string;
    readonly result: [boolean, string];
  }[];
}

interface StylesDatabase {
  readonly load: readonly {
    readonly csv: string;
    readonly styles: { name: string; prompt: string | null; negative_prompt: string | null }[];
    readonly saved_csv?: string;
  }[];
  readonly csv: string;
  readonly apply: readonly {
    prompt: string;
    negative_prompt: string;
    styles: string[];
    result: [string, string];
  }[];
  readonly extract: readonly {
    prompt: string;
    negative_prompt: string;
    found: string[];
    rest: [string, string];
  }[];
}

const files = listReference('prompts');

describe.skipIf(!files.includes('styles.json'))('style texts', () => {
  const { apply, extract } = files.includes('styles.json')
    ? readReferenceJson<Styles>('prompts', 'styles.json')
    : { apply: [], extract: [] };

  it.each(apply)('$styles into $prompt', ({ prompt, styles, result }) => {
    expect(mergeStyles(styles, prompt)).toBe(result);
  });

  it.each(extract)('$style out of $prompt', ({ style, prompt, result: [matched, rest] }) => {
    expect(extractStyle(style, prompt)).toBe(matched ? rest : null);
  });
});

describe.skipIf(!files.includes('styles_db.json'))('styles.csv', () => {
  const { load, csv, apply, extract } = files.includes('styles_db.json')
    ? readReferenceJson<StylesDatabase>('prompts', 'styles_db.json')
    : { load: [], csv: '', apply: [], extract: [] };

  it.each(load)('reads and saves %j', ({ csv: text, styles, saved_csv }) => {
    const read = parseStylesCsv(text);
    expect(read).toEqual(
      styles.map(({ name, prompt, negative_prompt }) => ({
        name,
        prompt: prompt ?? '',
        negativePrompt: negative_prompt ?? '',
      })),
    );
    if (saved_csv !== undefined) expect(formatStylesCsv(read)).toBe(saved_csv);
  });

  it.each(apply)(
    'applies $styles to $prompt | $negative_prompt',
    ({ prompt, negative_prompt, styles, result }) => {
      const applied = applyStyles(parseStylesCsv(csv), styles, { prompt, negativePrompt: negative_prompt });
      expect([applied.prompt, applied.negativePrompt]).toEqual(result);
    },
  );

  it.each(extract)(
    'finds $found in $prompt | $negative_prompt',
    ({ prompt, negative_prompt, found, rest }) => {
      const result = findStyles(parseStylesCsv(csv), { prompt, negativePrompt: negative_prompt });
      expect(result.found).toEqual(found);
      expect([result.rest.prompt, result.rest.negativePrompt]).toEqual(rest);
    },
  );
});
