// Applies the weights of a chunk to what the text encoder made of it. A1111 1.10.1, modules/sd_emphasis.py.
import type { EmphasisMode } from './types.ts';

/** [texts, tokens, width] of a hidden state, C order. */
export type HiddenShape = readonly [texts: number, tokens: number, width: number];

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/**
 * Weights the hidden states of one chunk, in place.
 *
 * `z` holds that chunk of all the texts of one schedule (as A1111 encodes them): the mean that "Original" restores is over the
 * whole of it. `multipliers`: one list per text, one weight per token. Throws RangeError when the sizes do not fit.
 */
export function applyEmphasis(
  z: Float32Array,
  [texts, tokens, width]: HiddenShape,
  multipliers: readonly (readonly number[])[],
  mode: EmphasisMode,
): void {
  if (
    z.length !== texts * tokens * width ||
    multipliers.length !== texts ||
    multipliers.some((row) => row.length !== tokens)
  ) {
    throw new RangeError(
      `Emphasis: ${z.length} values and ${multipliers.length} lists of weights do not fit [${texts}, ${tokens}, ${width}].`,
    );
  }
  if (mode === 'None' || mode === 'Ignore') return;

  const originalMean = mean(z);
  let offset = 0;
  for (const row of multipliers) {
    for (const weight of row) {
      for (const end = offset + width; offset < end; offset++) z[offset]! *= weight;
    }
  }
  if (mode === 'No norm') return;
  const ratio = originalMean / mean(z);
  for (let i = 0; i < z.length; i++) z[i]! *= ratio;
}
