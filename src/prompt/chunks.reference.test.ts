// Chunks, embeddings and padding against A1111's (tests/reference/tokens/chunks.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { chunkPrompt, emptyChunk, fedTokens } from './chunks.ts';
import { EmbeddingTable } from './embeddings.ts';
import type { EmbeddingName } from './embeddings.ts';
import { createTokenizer } from './tokenizer.ts';
import type { EmphasisMode, PromptChunks } from './types.ts';

interface ReferenceChunk {
  readonly tokens: number[];
  readonly multipliers: number[];
  readonly fixes: [number, string, number][];
}

interface Reference {
  readonly embeddings: readonly EmbeddingName[];
  readonly cases: readonly {
    readonly text: string;
    readonly models: readonly ('sd1' | 'sd2')[];
    readonly comma_padding_backtrack: number;
    readonly token_count: number;
    readonly chunks: readonly ReferenceChunk[];
    readonly sd2_fed?: number[][];
  }[];
  readonly emphasis_option_sd1: readonly {
    readonly text: string;
    readonly emphasis: EmphasisMode;
    readonly token_count: number;
    readonly chunks: readonly ReferenceChunk[];
  }[];
  readonly batch_fed: readonly {
    readonly texts: string[];
    readonly sd1_fed: number[][][];
    readonly sd2_fed: number[][][];
  }[];
}

const KINDS = { sd1: 'clip', sd2: 'open-clip' } as const;

function expectChunks(result: PromptChunks, chunks: readonly ReferenceChunk[], tokenCount: number): void {
  expect(result.chunks.map((chunk) => chunk.tokens)).toEqual(chunks.map((chunk) => chunk.tokens));
  expect(result.chunks.map((chunk) => chunk.multipliers)).toEqual(chunks.map((chunk) => chunk.multipliers));
  expect(result.chunks.map((chunk) => chunk.fixes.map((fix) => [fix.offset, fix.name, fix.vectors]))).toEqual(
    chunks.map((chunk) => chunk.fixes),
  );
  expect(result.tokenCount).toBe(tokenCount);
}

const available = listReference('tokens').includes('chunks.json');
const NOTHING: Reference = { embeddings: [], cases: [], emphasis_option_sd1: [], batch_fed: [] };

describe.skipIf(!available)('chunks', () => {
  const reference = available ? readReferenceJson<Reference>('tokens', 'chunks.json') : NOTHING;

  it.each(['sd1', 'sd2'] as const)('of %s', async (model) => {
    const tokenizer = await createTokenizer(KINDS[model]);
    const embeddings = new EmbeddingTable(reference.embeddings, tokenizer);
    const cases = reference.cases.filter(({ models }) => models.includes(model));
    expect(cases.length).toBeGreaterThan(0);
    for (const { text, chunks, token_count, comma_padding_backtrack, sd2_fed } of cases) {
      const result = chunkPrompt(text, tokenizer, { embeddings, commaBacktrack: comma_padding_backtrack });
      expectChunks(result, chunks, token_count);
      const fed = model === 'sd2' ? sd2_fed : chunks.map(({ tokens }) => tokens);
      if (fed !== undefined) expect(result.chunks.map((chunk) => fedTokens(chunk, tokenizer))).toEqual(fed);
    }
  });

  it.each(reference.emphasis_option_sd1)(
    'with emphasis $emphasis: $text',
    async ({ text, emphasis, chunks, token_count }) => {
      const tokenizer = await createTokenizer('clip');
      const embeddings = new EmbeddingTable(reference.embeddings, tokenizer);
      expectChunks(chunkPrompt(text, tokenizer, { embeddings, emphasis }), chunks, token_count);
    },
  );

  it.each(['sd1', 'sd2'] as const)('of %s in a batch are filled up with empty ones', async (model) => {
    const tokenizer = await createTokenizer(KINDS[model]);
    for (const batch of reference.batch_fed) {
      const prompts = batch.texts.map((text) => chunkPrompt(text, tokenizer).chunks);
      const fed = batch[`${model}_fed`].map((_, i) =>
        prompts.map((chunks) => fedTokens(chunks[i] ?? emptyChunk(tokenizer), tokenizer)),
      );
      expect(fed).toEqual(batch[`${model}_fed`]);
    }
  });
});
