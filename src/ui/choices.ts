// The ranges and lists of txt2img's controls, with A1111's names.
import type { GenerationParameters } from '../generation/types.ts';
import { PARAMETER_BOUNDS, SEED_BOUNDS } from '../generation/validate.ts';
import { SAMPLERS } from '../sampling/registry.ts';
import { SCHEDULERS } from '../sampling/schedules.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
  /** Of the slider and the arrow keys. Where it is whole, other values are brought to it; else any value goes. */
  readonly step: number;
}

const MAX_ENSD = 2 ** 32 - 1;

export const RANGES = {
  ...PARAMETER_BOUNDS,
  ensd: { min: -MAX_ENSD, max: MAX_ENSD, step: 1 },
} as const satisfies Partial<Record<keyof GenerationParameters, Range>>;

export const SEED_RANGE: Range = { min: SEED_BOUNDS.random, max: SEED_BOUNDS.max, step: 1 };

export const RNG_SOURCES = ['GPU', 'CPU', 'NV'] as const;

/** The nearest value of the range; `fallback` for what is no number. */
export function snap(value: unknown, { min, max, step }: Range, fallback: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return fallback;
  const clamped = Math.min(max, Math.max(min, value));
  // A text of 7.125 asks for 7.125, whatever the step of the slider.
  if (!Number.isInteger(step)) return clamped;
  return Math.min(max, min + Math.round((clamped - min) / step) * step);
}

export interface Choices {
  readonly samplers: readonly string[];
  readonly schedulers: readonly string[];
}

export const CHOICES: Choices = {
  samplers: SAMPLERS.map(({ name }) => name),
  schedulers: SCHEDULERS.map(({ label }) => label),
};
