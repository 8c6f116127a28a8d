// The token counter against A1111's (tests/reference/tokens/counter.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { countTokens, tokenLimit } from './counter.ts';
import { EmbeddingTable } from './embeddings.ts';
import type { EmbeddingName } from './embeddings.ts';
import { createTokenizer } from './tokenizer.ts';

type Count = string | { readonly raises: string };

interface Counter {
  readonly target: [number, number][];
  readonly cases: readonly { readonly text: string; readonly positive: Count; readonly negative: Count }[];
}

const files = listReference('tokens');
const available = files.includes('counter.json') && files.includes('chunks.json');

describe.skipIf(!available)('token counter', () => {
  const { target, cases } = available
    ? readReferenceJson<Counter>('tokens', 'counter.json')
    : { target: [], cases: [] };
  const { embeddings } = available
    ? readReferenceJson<{ embeddings: EmbeddingName[] }>('tokens', 'chunks.json')
    : { embeddings: [] };

  it.each(target)('%i tokens need room for %i', (count, limit) => {
    expect(tokenLimit(count)).toBe(limit);
  });

  it.each(cases.filter(({ positive }) => typeof positive === 'string'))(
    '$text',
    async ({ text, positive, negative }) => {
      const tokenizer = await createTokenizer('clip');
      const table = new EmbeddingTable(embeddings, tokenizer);
      const show = (isNegative: boolean): string => {
        const { used, limit } = countTokens(text, tokenizer, {
          steps: 20,
          negative: isNegative,
          embeddings: table,
        });
        return `${used}/${limit}`;
      };
      expect([show(false), show(true)]).toEqual([positive, negative]);
    },
  );

  it.each(cases.filter(({ positive }) => typeof positive !== 'string'))(
    'counts also where A1111 fails: $text',
    async ({ text }) => {
      const count = countTokens(text, await createTokenizer('clip'), { steps: 20 });
      expect(count.used).toBeGreaterThan(0);
    },
  );
});
