// The token counter at the prompt field. A1111 1.10.1, modules/ui.py, update_token_counter.
import type { ChunkOptions } from './chunks.ts';
import { CHUNK_LENGTH, chunkPrompt } from './chunks.ts';
import { parseExtraNetworks } from './extra-networks.ts';
import { splitAnd } from './multicond.ts';
import { schedulePrompt } from './schedule.ts';
import type { Tokenizer } from './types.ts';

export interface TokenCount {
  readonly used: number;
  /** Room of the chunks that are needed: 75, 150 ... */
  readonly limit: number;
}

export interface CounterOptions extends ChunkOptions {
  /** The sampling steps, for prompt editing. */
  readonly steps: number;
  /** AND only means something in the positive prompt. */
  readonly negative?: boolean;
}

/** Room of the chunks that so many tokens need; one chunk at least. */
export function tokenLimit(tokenCount: number): number {
  return Math.ceil(Math.max(tokenCount, 1) / CHUNK_LENGTH) * CHUNK_LENGTH;
}

/** Counts the longest text that the prompt comes to at any step. Comments and styles must have been resolved. */
export function countTokens(prompt: string, tokenizer: Tokenizer, options: CounterOptions): TokenCount {
  const { rest } = parseExtraNetworks(prompt);
  const parts = options.negative === true ? [rest] : splitAnd(rest).map(({ text }) => text);
  const texts = new Set(
    parts.flatMap((part) => schedulePrompt(part, { steps: options.steps }).map(({ text }) => text)),
  );
  let used = 0;
  for (const text of texts) used = Math.max(used, chunkPrompt(text, tokenizer, options).tokenCount);
  return { used, limit: tokenLimit(used) };
}
