// Words of a prompt replaced, and put into another order (A1111 scripts/xyz_grid.py, apply_prompt and apply_order).
import type { GenerationParameters } from '../generation/request/request.ts';
import { PlotError } from './plot-error.ts';

type Prompts = Pick<GenerationParameters, 'prompt' | 'negativePrompt'>;

/** In both prompts, wherever it stands. @throws PlotError where it stands in neither. */
export function replaced({ prompt, negativePrompt }: Prompts, word: string, by: string): Prompts {
  if (!prompt.includes(word) && !negativePrompt.includes(word))
    throw new PlotError(
      `Prompt S/R looks for its first value, "${word}", which is in neither the prompt nor the negative prompt.`,
    );
  // Between the letters there is an empty word, in Python and here.
  return {
    prompt: prompt.replaceAll(word, () => by),
    negativePrompt: negativePrompt.replaceAll(word, () => by),
  };
}

/**
 * The words at the places where they stand, in the order of `words`. A1111 goes on where a word is not there, with the prompt's end
 * cut off. @throws PlotError for a word that is not in the prompt, or stands within another one.
 */
export function ordered(prompt: string, words: readonly string[]): string {
  const places = words.map((word) => ({ word, at: prompt.indexOf(word) })).sort((a, b) => a.at - b.at);
  let text = '';
  let end = 0;
  for (const [i, { word, at: first }] of places.entries()) {
    const at = prompt.indexOf(word, end);
    if (first < 0 || at < 0)
      throw new PlotError(
        `Prompt order needs its words in the prompt; "${word}" is not in it, or within another one.`,
      );
    text += prompt.slice(end, at) + words[i]!;
    end = at + word.length;
  }
  return text + prompt.slice(end);
}
