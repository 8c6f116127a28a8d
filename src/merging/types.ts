// What is merged, and how: the choices of A1111's Checkpoint Merger, with the weights of blocks that SuperMerger adds.
import type { Checkpoint } from '../checkpoint/types.ts';

export const METHODS = ['No interpolation', 'Weighted sum', 'Add difference'] as const;
export type Method = (typeof METHODS)[number];

/**
 * How float32 tensors are saved. As in A1111, tensors of other kinds are left as they are, and of those that are merged with
 * others only the merged ones are converted. bfloat16 is ours.
 */
export const PRECISIONS = ['float32', 'float16', 'bfloat16'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** Where A1111's `config_source` points: its names, in the order of its numbers. */
export const CONFIG_SOURCES = ['A, B or C', 'B', 'C', "Don't"] as const;
export type ConfigSource = (typeof CONFIG_SOURCES)[number];

export interface MergeSettings {
  readonly method: Method;
  /** M. Whole numbers leave integers integers, as in Python. */
  readonly multiplier: number;
  /** 26 (SD) or 20 (SDXL) multipliers, BASE first, in place of `multiplier` (blocks.ts); null for one of all. */
  readonly blocks: readonly number[] | null;
  readonly precision: Precision;
  /** Tensors whose names this finds are left out: a regular expression of Python's; empty for none. */
  readonly discard: string;
}

/** A checkpoint to be merged. */
export interface MergeModel {
  /** A1111's model name: the file's without its ending. */
  readonly name: string;
  readonly checkpoint: Checkpoint;
}

/** A and, as the method needs them, B and C. Others are left alone. */
export interface MergeModels {
  readonly a: MergeModel | null;
  readonly b: MergeModel | null;
  readonly c: MergeModel | null;
  /** A VAE to put in place of the result's own; null for none. */
  readonly vae: MergeModel | null;
}

/** These models do not go together, or the settings make no sense. The message says what to do. */
export class MergeError extends Error {
  override readonly name = 'MergeError';
}
