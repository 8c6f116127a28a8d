// The ranges and lists of txt2img's controls, with A1111's names.
import { PARAMETER_BOUNDS, PARAMETER_LIMITS, TILED_SIDES } from '../generation/request/bounds.ts';
import type { GenerationParameters } from '../generation/request/request.ts';
import { SAMPLERS } from '../sampling/registry.ts';
import { SCHEDULERS } from '../sampling/schedulers.ts';
import { common as t } from './strings/common.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
  /** Of the slider and the arrow keys. Where it is whole, other values are brought to it; else any value goes. */
  readonly step: number;
}

const MAX_ENSD = 2 ** 32 - 1;

/** Of the sliders, and of what is typed. */
export const RANGES = {
  ...PARAMETER_BOUNDS,
  ensd: { min: -MAX_ENSD, max: MAX_ENSD, step: 1 },
} as const satisfies Partial<Record<keyof GenerationParameters, Range>>;

/** Of what texts and programs ask for, which is taken as it is. */
export const LIMITS = { ...RANGES, ...PARAMETER_LIMITS, width: TILED_SIDES, height: TILED_SIDES } as const;

/** "Resize by": of img2img's source. */
export const RESIZE_BY = { min: 0.05, max: 4, step: 0.05 } as const satisfies Range;

/** Sides that can be painted, for a picture and how much larger or smaller it is to be (A1111 cuts what is over 8 off, too). */
export function sizeBy(
  { width, height }: { readonly width: number; readonly height: number },
  scale: number,
) {
  const side = (length: number, { min, max, step }: Range) =>
    Math.min(max, Math.max(min, Math.floor((length * scale) / step) * step));
  return { width: side(width, PARAMETER_LIMITS.width), height: side(height, PARAMETER_LIMITS.height) };
}

export const RNG_SOURCES = ['GPU', 'CPU', 'NV'] as const;

/** The nearest value of the range; `fallback` for what is no number. */
export function snap(value: unknown, { min, max, step }: Range, fallback: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return fallback;
  const clamped = Math.min(max, Math.max(min, value));
  // A text of 7.125 asks for 7.125, whatever the step of the slider.
  if (!Number.isInteger(step)) return clamped;
  return Math.min(max, min + Math.round((clamped - min) / step) * step);
}

/** Why a typed number became another, in a few words; empty where it did not. */
export function whySnapped(typed: number, range: Range): string {
  const { min, max, step } = range;
  if (!Number.isFinite(typed)) return t.numbersOnly;
  if (typed > max) return t.atMost(max);
  if (typed < min) return t.atLeast(min);
  if (snap(typed, range, typed) === typed) return '';
  return step === 1 ? t.wholeNumbersOnly : t.multiplesOnly(step);
}

export interface Choices {
  readonly samplers: readonly string[];
  readonly schedulers: readonly string[];
}

export const CHOICES: Choices = {
  samplers: SAMPLERS.map(({ name }) => name),
  schedulers: SCHEDULERS.map(({ label }) => label),
};
