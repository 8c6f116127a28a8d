// What is extracted as a LoRA, and how: the choices of kohya's extract_lora_from_models.py.
import type { Checkpoint } from '../../checkpoint/types.ts';
import type { Sidecar } from '../../models/sidecar.ts';
import { MergeError, type Precision } from '../types.ts';

export interface LoraSettings {
  /** Rank of linear layers and 1x1 convolutions. */
  readonly dim: number;
  /** Of 3x3 convolutions; null: those, and all of the residual blocks, are left out. */
  readonly convDim: number | null;
  readonly precision: Precision;
  /** Values beyond the one that this part of them is below are cut off to it, on both sides: single ones would stand out. */
  readonly clampQuantile: number;
  /** The text encoder counts as the same unless a weight differs by more. */
  readonly minDifference: number;
}

export const LORA_SETTINGS: LoraSettings = {
  dim: 32,
  convDim: null,
  precision: 'float16',
  clampQuantile: 0.99,
  minDifference: 0.01,
};

export const MAX_DIM = 1024;

/** A checkpoint that is compared with another. */
export interface LoraModel {
  readonly name: string;
  readonly checkpoint: Checkpoint;
  readonly sidecar: Sidecar | null;
}

/** Throws MergeError. */
export function checkLoraSettings({ dim, convDim, clampQuantile, minDifference }: LoraSettings): void {
  for (const [label, rank] of [
    ['rank', dim],
    ['rank of convolutions', convDim ?? 1],
  ] as const) {
    if (!Number.isInteger(rank) || rank < 1 || rank > MAX_DIM) {
      throw new MergeError(`The ${label} is a whole number from 1 to ${MAX_DIM}.`);
    }
  }
  if (!(clampQuantile > 0.5 && clampQuantile <= 1)) {
    throw new MergeError('The clamp quantile is above 0.5, and at most 1 (nothing is cut off).');
  }
  if (!(minDifference >= 0)) throw new MergeError('The smallest difference is a number from 0 on.');
}
