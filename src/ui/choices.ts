// The ranges and lists of txt2img's controls, with A1111's names.
import type { GenerationParameters } from '../generation/types.ts';
import { PARAMETER_BOUNDS, SEED_BOUNDS } from '../generation/validate.ts';
import { SAMPLERS } from '../sampling/registry.ts';
import { SCHEDULERS } from '../sampling/schedules.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
  /** Of the slider and the arrow keys. */
  readonly step: number;
  /** Of typed values, where it is finer than `step`. */
  readonly grain?: number;
}

export const RANGES = {
  ...PARAMETER_BOUNDS,
  cfgScale: { ...PARAMETER_BOUNDS.cfgScale, grain: 0.01 },
  ensd: { min: 0, max: 2 ** 32 - 1, step: 1 },
} as const satisfies Partial<Record<keyof GenerationParameters, Range>>;

export const SEED_RANGE: Range = { min: SEED_BOUNDS.random, max: SEED_BOUNDS.max, step: 1 };

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
  samplers: SAMPLERS.map(({ name }) => name),
  schedulers: SCHEDULERS.map(({ label }) => label),
};
