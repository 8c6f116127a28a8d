// Several prompts at once: `a cat AND a dog :0.8`. A1111 1.10.1, modules/prompt_parser.py, get_multicond_prompt_list.
import { asciiDigits, findWord, strip, stripEnd } from './python-text.ts';

/** One of the prompts that AND joins. */
export interface WeightedPrompt {
  readonly text: string;
  readonly weight: number;
}

const NUMBER = /^[-+]?(?:\d+\.?|\d*\.\d+)$/;

/** Splits the weight off: after the last colon, when nothing else is there. */
function readWeight(text: string): WeightedPrompt {
  const colon = text.lastIndexOf(':');
  const number = colon < 0 ? '' : asciiDigits(strip(text.slice(colon + 1)));
  if (!NUMBER.test(number)) return { text: stripEnd(text), weight: 1 };
  return { text: stripEnd(text.slice(0, colon)), weight: Number(number) };
}

/** Splits a prompt at AND, a word of its own in capitals. One prompt at least. */
export function splitAnd(prompt: string): WeightedPrompt[] {
  const parts: string[] = [];
  let from = 0;
  for (const at of findWord(prompt, 'AND')) {
    parts.push(prompt.slice(from, at));
    from = at + 3;
  }
  parts.push(prompt.slice(from));
  return parts.map(readWeight);
}

export interface MulticondPrompts {
  /** Every different text once. */
  readonly texts: readonly string[];
  /** For each prompt, its parts: index into `texts`, and weight. */
  readonly parts: readonly (readonly { readonly index: number; readonly weight: number }[])[];
}

/** Splits the prompts of a batch, and finds the texts that have to be encoded. */
export function splitPrompts(prompts: readonly string[]): MulticondPrompts {
  const indices = new Map<string, number>();
  const parts = prompts.map((prompt) =>
    splitAnd(prompt).map(({ text, weight }) => {
      const index = indices.get(text) ?? indices.size;
      indices.set(text, index);
      return { index, weight };
    }),
  );
  return { texts: [...indices.keys()], parts };
}
