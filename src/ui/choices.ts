// The ranges and lists of txt2img's controls, with A1111's names.
import type { GenerationParameters } from '../generation/types.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
  /** Of the slider and the arrow keys. */
  readonly step: number;
  /** Of typed values, where it is finer than `step`. */
  readonly grain?: number;
}

/** Those of A1111 1.10.1. */
export const RANGES = {
  steps: { min: 1, max: 150, step: 1 },
  width: { min: 64, max: 2048, step: 8 },
  height: { min: 64, max: 2048, step: 8 },
  batchCount: { min: 1, max: 100, step: 1 },
  batchSize: { min: 1, max: 8, step: 1 },
  cfgScale: { min: 1, max: 30, step: 0.5, grain: 0.01 },
  clipSkip: { min: 1, max: 12, step: 1 },
  ensd: { min: 0, max: 2 ** 32 - 1, step: 1 },
} as const satisfies Partial<Record<keyof GenerationParameters, Range>>;

/** -1 asks for a random one. Beyond 2^53 a number no longer says which seed it means. */
export const SEED_RANGE: Range = { min: -1, max: Number.MAX_SAFE_INTEGER, step: 1 };

export const RNG_SOURCES = ['GPU', 'CPU', 'NV'] as const;

/** The nearest value of the range; `fallback` for what is no number. */
export function snap(value: unknown, range: Range, fallback: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return fallback;
  const grain = range.grain ?? range.step;
  const clamped = Math.min(range.max, Math.max(range.min, value));
  const snapped = range.min + Math.round((clamped - range.min) / grain) * grain;
  // Multiples of 0.01 pick up binary dust: 7.1 must not become 7.1000000000000005.
  return Math.min(range.max, Number.isInteger(grain) ? snapped : Number(snapped.toFixed(6)));
}

export interface Choices {
  readonly samplers: readonly string[];
  readonly schedulers: readonly string[];
}

export const CHOICES: Choices = {
  samplers: ['DPM++ 2M', 'Euler a', 'Euler', 'DDIM'],
  schedulers: ['Automatic', 'Karras'],
};
