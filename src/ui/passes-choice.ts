// Hires. fix and Refiner as the controls have them: what is set stays while they are off.
import { DENOISING_BOUNDS, HIRES_BOUNDS, HIRES_LIMITS, SWITCH_BOUNDS } from '../generation/request/bounds.ts';
import {
  DEFAULT_HIRES,
  DEFAULT_REFINER,
  type Hires,
  type NamedCheckpoint,
  type Refiner,
} from '../generation/request/request.ts';
import type { SourcePicture } from '../generation/request/source-picture.ts';

import { MAX_PROMPT_LENGTH } from '../prompt/length.ts';
import { type Choices, RANGES, snap } from './choices.ts';

export interface HiresChoice extends Omit<Hires, 'firstPass'> {
  readonly on: boolean;
}

export interface RefinerChoice extends Omit<Refiner, 'checkpoint'> {
  readonly on: boolean;
  readonly checkpoint: NamedCheckpoint | null;
}

/** Null where it is off. `firstPass`: a finished picture in place of one. */
export function hiresOf(
  { on, ...choice }: HiresChoice,
  firstPass: SourcePicture | null = null,
): Hires | null {
  return on ? { ...choice, firstPass } : null;
}

/** Null where it is off, or no checkpoint is chosen yet. */
export function refinerOf({ on, checkpoint, switchAt }: RefinerChoice): Refiner | null {
  return on && checkpoint ? { checkpoint, switchAt } : null;
}

/** Out of anything: each field is taken when it makes sense, brought into its range, or A1111's default. */
export function parseHires(stored: unknown, choices: Choices): HiresChoice {
  const from = record(stored);
  const fallback = DEFAULT_HIRES;
  const number = (key: keyof typeof HIRES_BOUNDS) =>
    snap(from[key], { ...HIRES_BOUNDS[key], ...HIRES_LIMITS[key] }, fallback[key]);
  const known = (value: unknown, names: readonly string[]) => names.find((name) => name === value) ?? null;
  const { cfgScale } = from;
  return {
    on: from['on'] === true,
    upscaler: text(from['upscaler'], MAX_NAME) || fallback.upscaler,
    scale: number('scale'),
    resizeWidth: number('resizeWidth'),
    resizeHeight: number('resizeHeight'),
    steps: number('steps'),
    denoisingStrength: snap(from['denoisingStrength'], DENOISING_BOUNDS, fallback.denoisingStrength),
    checkpoint: parseCheckpoint(from['checkpoint']),
    sampler: known(from['sampler'], choices.samplers),
    scheduler: known(from['scheduler'], choices.schedulers),
    cfgScale: typeof cfgScale === 'number' ? snap(cfgScale, RANGES.cfgScale, RANGES.cfgScale.min) : null,
    prompt: text(from['prompt'], MAX_PROMPT_LENGTH),
    negativePrompt: text(from['negativePrompt'], MAX_PROMPT_LENGTH),
  };
}

export function parseRefiner(stored: unknown): RefinerChoice {
  const from = record(stored);
  return {
    on: from['on'] === true,
    checkpoint: parseCheckpoint(from['checkpoint']),
    switchAt: snap(from['switchAt'], { ...SWITCH_BOUNDS, min: 0 }, DEFAULT_REFINER.switchAt),
  };
}

const MAX_NAME = 300;

function parseCheckpoint(stored: unknown): NamedCheckpoint | null {
  const { sha256, name } = record(stored);
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return null;
  return { sha256, name: text(name, MAX_NAME) };
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  const fits = typeof value === 'object' && value !== null && !Array.isArray(value);
  return fits ? (value as Record<string, unknown>) : {};
}

function text(value: unknown, maxLength: number): string {
  return typeof value === 'string' ? value.slice(0, maxLength) : '';
}
