// Weights with files applied to them, one after the other.
import type { Parts } from './kinds.ts';
import { AddOnError, plus, type Tensor } from './matrix.ts';
import { changeOf, type Strength } from './module.ts';

export interface Applied {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  /** Of files that do not fit the layer: their places in the order, and why. The layer is as if they were not there. */
  readonly failed: readonly { readonly index: number; readonly reason: string }[];
}

/** `files`: what each has for this layer, in the order of the prompt; null for nothing. */
export function applied(
  layer: string,
  weight: Tensor,
  bias: Tensor | null,
  files: readonly ({ readonly parts: Parts; readonly strength: Strength } | null)[],
): Applied {
  const failed: { index: number; reason: string }[] = [];
  let now = { weight, bias };
  for (const [index, file] of files.entries()) {
    if (!file) continue;
    try {
      const change = changeOf(layer, file.parts, now.weight, file.strength);
      const own = change.bias && now.bias ? plus(now.bias, change.bias, 1) : (change.bias ?? now.bias);
      now = { weight: plus(now.weight, change.update, change.factor), bias: own };
    } catch (error) {
      if (!(error instanceof AddOnError)) throw error;
      failed.push({ index, reason: error.message });
    }
  }
  return { ...now, failed };
}
