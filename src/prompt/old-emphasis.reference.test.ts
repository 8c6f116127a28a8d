// The old emphasis against A1111's (tests/reference/tokens/old_emphasis.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { EmbeddingTable } from './embeddings.ts';
import type { EmbeddingName } from './embeddings.ts';
import { bracketFactors, chunkPromptOld } from './old-emphasis.ts';
import { createTokenizer } from './tokenizer.ts';

interface OldEmphasis {
  readonly token_mults: Record<string, number>;
  readonly cases: readonly {
    readonly text: string;
    readonly tokens: number[];
    readonly multipliers: number[];
    readonly fixes: [number, string][];
    readonly token_count: number;
    readonly comments: string[];
  }[];
}

const files = listReference('tokens');
const available = files.includes('old_emphasis.json') && files.includes('chunks.json');

describe.skipIf(!available)('old emphasis', () => {
  const { token_mults, cases } = available
    ? readReferenceJson<OldEmphasis>('tokens', 'old_emphasis.json')
    : { token_mults: {}, cases: [] };
  const { embeddings } = available
    ? readReferenceJson<{ embeddings: EmbeddingName[] }>('tokens', 'chunks.json')
    : { embeddings: [] };

  it('finds the tokens that hold brackets', async () => {
    const { vocabulary } = await createTokenizer('clip');
    expect(Object.fromEntries(bracketFactors(vocabulary))).toEqual(token_mults);
  });

  it.each(cases)('$text', async ({ text, tokens, multipliers, fixes, token_count, comments }) => {
    const tokenizer = await createTokenizer('clip');
    const old = chunkPromptOld(text, tokenizer, new EmbeddingTable(embeddings, tokenizer));
    expect(old.chunks).toHaveLength(1);
    expect(old.chunks[0]!.tokens).toEqual(tokens);
    expect(old.chunks[0]!.multipliers).toEqual(multipliers);
    expect(old.chunks[0]!.fixes.map(({ offset, name }) => [offset, name])).toEqual(fixes);
    expect(old.tokenCount).toBe(token_count);
    if (comments.length === 0) expect(old.truncated).toBe('');
    else expect(comments[0]).toContain(`truncated:\n${old.truncated}\n`);
  });
});
