// The emphasis of A1111's first versions ("Use old emphasis implementation"): brackets are found among the tokens, and 75 tokens
// is all there is. Source: A1111 1.10.1, modules/sd_hijack_clip_old.py; SD 1 only.
import { CHUNK_LENGTH } from './chunks.ts';
import type { EmbeddingLookup } from './embeddings.ts';
import { NO_EMBEDDINGS } from './embeddings.ts';
import type { EmbeddingFix, PromptChunks, Tokenizer } from './types.ts';

export interface OldChunks extends PromptChunks {
  /** Always one. */
  readonly chunks: PromptChunks['chunks'];
  /** Text of what did not fit; empty when all did. */
  readonly truncated: string;
}

const FACTORS: Readonly<Record<string, (weight: number) => number>> = {
  '(': (weight) => weight * 1.1,
  ')': (weight) => weight / 1.1,
  '[': (weight) => weight / 1.1,
  ']': (weight) => weight * 1.1,
};

/** Factors of the tokens that have brackets in them, by id; those whose brackets cancel out stay words. */
export function bracketFactors(vocabulary: readonly string[]): Map<number, number> {
  const factors = new Map<number, number>();
  vocabulary.forEach((token, id) => {
    let factor = 1;
    for (const character of token) factor = FACTORS[character]?.(factor) ?? factor;
    if (factor !== 1) factors.set(id, factor);
  });
  return factors;
}

const factorsOf = new WeakMap<Tokenizer, Map<number, number>>();

/** Reads a prompt the old way. `tokenCount` counts what was cut off, too. Without `readBrackets` they are words (emphasis None). */
export function chunkPromptOld(
  text: string,
  tokenizer: Tokenizer,
  embeddings: EmbeddingLookup = NO_EMBEDDINGS,
  readBrackets = true,
): OldChunks {
  const factors = factorsOf.get(tokenizer) ?? bracketFactors(tokenizer.vocabulary);
  factorsOf.set(tokenizer, factors);

  const source = tokenizer.encode(text);
  const tokens: number[] = [];
  const multipliers: number[] = [];
  const fixes: EmbeddingFix[] = [];
  let weight = 1;
  for (let i = 0; i < source.length;) {
    const factor = readBrackets ? factors.get(source[i]!) : undefined;
    const embedding = embeddings.find(source, i);
    if (factor !== undefined) {
      weight *= factor;
      i++;
    } else if (embedding === null) {
      tokens.push(source[i]!);
      multipliers.push(weight);
      i++;
    } else {
      fixes.push({ offset: tokens.length, name: embedding.name, vectors: embedding.vectors });
      for (let vector = 0; vector < embedding.vectors; vector++) {
        tokens.push(0);
        multipliers.push(weight);
      }
      i += embedding.length;
    }
  }

  const pad = <T>(values: readonly T[], filler: T): T[] => [
    ...values.slice(0, CHUNK_LENGTH),
    ...new Array<T>(Math.max(0, CHUNK_LENGTH - values.length)).fill(filler),
  ];
  const chunk = {
    tokens: [tokenizer.start, ...pad(tokens, tokenizer.end), tokenizer.end],
    multipliers: [1, ...pad(multipliers, 1), 1],
    fixes,
  };
  return {
    chunks: [chunk],
    tokenCount: tokens.length,
    truncated: decodeWords(tokens.slice(CHUNK_LENGTH), tokenizer.vocabulary),
  };
}

/** Characters that stand for bytes in the vocabulary, back to bytes. Source: OpenAI's bytes_to_unicode. */
const BYTE_OF = new Map<string, number>();
{
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const stands = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    BYTE_OF.set(String.fromCharCode(stands ? byte : next++), byte);
  }
}

/** Text of tokens, words apart by spaces. */
export function decodeWords(tokens: readonly number[], vocabulary: readonly string[]): string {
  const joined = tokens.map((id) => vocabulary[id] ?? '').join('');
  const words = joined
    .split('</w>')
    .map((word) => Uint8Array.from([...word], (character) => BYTE_OF.get(character) ?? 63));
  return words
    .map((word) => new TextDecoder().decode(word))
    .join(' ')
    .trim();
}
