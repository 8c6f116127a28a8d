// The prompts that pictures were asked for with, newest first.
import type { PromptPair } from '../prompt/styles.ts';

export const MAX_HISTORY = 100;

export function samePrompts(a: PromptPair, b: PromptPair): boolean {
  return a.prompt === b.prompt && a.negativePrompt === b.negativePrompt;
}

/** The history with `pair` at its top, once. Nothing written is nothing to remember. */
export function remember(history: readonly PromptPair[], pair: PromptPair): readonly PromptPair[] {
  const { prompt, negativePrompt } = pair;
  if (prompt.trim() === '' && negativePrompt.trim() === '') return history;
  const others = history.filter((other) => !samePrompts(other, pair));
  return [{ prompt, negativePrompt }, ...others].slice(0, MAX_HISTORY);
}

/** Those in which every word of the search occurs. */
export function searchPrompts<T extends PromptPair & { readonly name?: string }>(
  entries: readonly T[],
  search: string,
): readonly T[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter(({ name = '', prompt, negativePrompt }) => {
    const text = `${name}\n${prompt}\n${negativePrompt}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
