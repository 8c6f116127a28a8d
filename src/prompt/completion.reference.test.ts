// Words and tags against a1111-sd-webui-tagcomplete (tests/reference/extensions/tag-autocomplete.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { complete, completingAt, wordsOfTag } from './completion.ts';
import { isTagList, MIN_LETTERS, parseTagLine, TagIndex } from './tag-index.ts';

interface Case {
  readonly prompt: string;
  readonly cursor?: number;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly tagword: string;
  readonly results:
    readonly { readonly text: string; readonly type: number; readonly count: string | null }[] | null;
  readonly inserted?: { readonly index: number; readonly value: string; readonly cursor: number } | null;
}
interface File {
  readonly tag_file: string;
  readonly default_options: { readonly tac_maxResults: number };
  readonly result_types: { readonly tag: number };
  readonly parse_csv: readonly { readonly text: string; readonly rows: readonly (readonly string[])[] }[];
  readonly cases: readonly Case[];
}

const file = listReference('extensions').includes('tag-autocomplete.json')
  ? readReferenceJson<File>('extensions', 'tag-autocomplete.json')
  : null;

/** Why a case is not for us; null where it is. */
function missing({ prompt, options = {}, tagword, results }: Case, tag: number): string | null {
  const known = ['tac_showAllResults', 'tac_maxResults'];
  const unknown = Object.keys(options).filter((option) => !known.includes(option));
  if (unknown.length > 0) return unknown.join(', ');
  if (/^[<*]|^__/.test(tagword) || prompt.startsWith('*'))
    return 'networks, wildcards and anywhere in a word';
  if (tagword.length < MIN_LETTERS) return 'one letter';
  if (results === null && /[)\]]$/.test(prompt)) return 'the cursor stands behind a bracket';
  return (results ?? []).every(({ type }) => type === tag) ? null : 'no tags';
}

describe.skipIf(!file)('tag-autocomplete.json', () => {
  const { tag_file, cases, result_types, default_options, parse_csv } = file ?? {
    ...{ tag_file: '', cases: [], parse_csv: [] },
    ...{ result_types: { tag: 0 }, default_options: { tac_maxResults: 0 } },
  };
  const index = new TagIndex(tag_file);

  it('is told from styles', () => {
    expect(isTagList(tag_file)).toBe(true);
    expect(isTagList('name,prompt,negative_prompt\nfilm,"grain, 35 mm",\n')).toBe(false);
  });

  it('has lines of fields', () => {
    for (const { text, rows } of parse_csv) expect(text.split(/\r?\n/).map(parseTagLine)).toEqual(rows);
  });

  for (const one of cases) {
    const { prompt, cursor = prompt.length, options = {}, tagword, results, inserted } = one;
    const title = `${prompt} ${JSON.stringify(options)}`;
    const reason = missing(one, result_types.tag);
    if (reason !== null) {
      it.skip(`${title}: ${reason}`, () => undefined);
      continue;
    }
    it(title, () => {
      const most = options['tac_showAllResults']
        ? Infinity
        : Number(options['tac_maxResults'] ?? default_options.tac_maxResults);
      const place = completingAt(prompt, cursor).find(({ typed }) => index.find(typed, 1).length > 0);
      const tags = place ? index.find(place.typed, most) : [];
      expect(tags.map(({ name }) => name)).toEqual((results ?? []).map(({ text }) => text));
      if (!place || !inserted) return;
      expect(place.typed.toLowerCase()).toBe(tagword);
      const words = wordsOfTag(tags[inserted.index]!.name);
      expect(complete(prompt, cursor, place, words, true)).toEqual({
        text: inserted.value,
        cursor: inserted.cursor,
      });
    });
  }
});
