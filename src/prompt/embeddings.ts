// Finds textual inversion embeddings by name among token ids. A1111 1.10.1, modules/textual_inversion, EmbeddingDatabase.
import type { Tokenizer } from './types.ts';

export interface EmbeddingName {
  readonly name: string;
  /** Number of vectors: tokens it takes in a chunk. */
  readonly vectors: number;
}

export interface EmbeddingMatch extends EmbeddingName {
  /** Tokens of the prompt that spell the name. */
  readonly length: number;
}

/** Looks for an embedding whose name begins at `position` of `tokens`. */
export interface EmbeddingLookup {
  find(tokens: readonly number[], position: number): EmbeddingMatch | null;
}

export const NO_EMBEDDINGS: EmbeddingLookup = { find: () => null };

/** Names as the token ids they are written with, so "CatStyle" finds "catstyle". Of several that fit, the longest wins. */
export class EmbeddingTable implements EmbeddingLookup {
  private readonly byFirstToken = new Map<
    number,
    { readonly ids: readonly number[]; readonly embedding: EmbeddingName }[]
  >();

  constructor(embeddings: Iterable<EmbeddingName>, tokenizer: Tokenizer) {
    for (const embedding of embeddings) {
      const ids = tokenizer.encode(embedding.name);
      const first = ids[0];
      if (first === undefined) continue;
      const entries = this.byFirstToken.get(first) ?? [];
      entries.push({ ids, embedding });
      entries.sort((a, b) => b.ids.length - a.ids.length);
      this.byFirstToken.set(first, entries);
    }
  }

  find(tokens: readonly number[], position: number): EmbeddingMatch | null {
    const first = tokens[position];
    if (first === undefined) return null;
    for (const { ids, embedding } of this.byFirstToken.get(first) ?? []) {
      if (ids.every((id, i) => tokens[position + i] === id)) return { ...embedding, length: ids.length };
    }
    return null;
  }
}

const made = new WeakMap<Tokenizer, { readonly key: string; readonly table: EmbeddingTable }>();

/** The table of these names. The last one of a tokenizer is kept: thousands of names are not read anew with every key. */
export function embeddingTable(embeddings: readonly EmbeddingName[], tokenizer: Tokenizer): EmbeddingLookup {
  const key = JSON.stringify(embeddings.map(({ name, vectors }) => [name, vectors]));
  const known = made.get(tokenizer);
  if (known?.key === key) return known.table;
  const table = new EmbeddingTable(embeddings, tokenizer);
  made.set(tokenizer, { key, table });
  return table;
}
