// Token ids against those of the original tokenizers (tests/reference/tokens/ids.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { createTokenizer } from './tokenizer.ts';

interface Ids {
  readonly cases: readonly {
    readonly text: string;
    readonly hf_ftfy: number[];
    readonly open_clip_ftfy: number[];
  }[];
}

const available = listReference('tokens').includes('ids.json');

describe.skipIf(!available)('token ids', () => {
  const { cases } = available ? readReferenceJson<Ids>('tokens', 'ids.json') : { cases: [] };

  it.each([
    ['clip', 'hf_ftfy'],
    ['open-clip', 'open_clip_ftfy'],
  ] as const)('of %s equal the column %s', async (kind, column) => {
    const tokenizer = await createTokenizer(kind);
    expect(cases.length).toBeGreaterThan(0);
    for (const reference of cases) {
      expect(tokenizer.encode(reference.text), JSON.stringify(reference.text)).toEqual(reference[column]);
    }
  });
});
