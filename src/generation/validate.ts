// Whether a request can be carried out: the bounds of A1111's controls, and what to say where one is overstepped.
import { MAX_PROMPT_LENGTH } from '../prompt/length.ts';
import { findSampler } from '../sampling/registry.ts';
import { findScheduler } from '../sampling/schedules.ts';
import { IMAGE_SETTINGS, type SettingInfo } from './image-settings.ts';
import type { GenerationParameters } from './types.ts';

export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** Range and step of the number fields, for the controls too. */
export const PARAMETER_BOUNDS = {
  steps: { min: 1, max: 150, step: 1 },
  cfgScale: { min: 1, max: 30, step: 0.5 },
  width: { min: 64, max: 2048, step: 8 },
  height: { min: 64, max: 2048, step: 8 },
  batchSize: { min: 1, max: 8, step: 1 },
  batchCount: { min: 1, max: 100, step: 1 },
  clipSkip: { min: 1, max: 12, step: 1 },
  subseedStrength: { min: 0, max: 1, step: 0.01 },
  seedResizeFromWidth: { min: 0, max: 2048, step: 8 },
  seedResizeFromHeight: { min: 0, max: 2048, step: 8 },
} as const satisfies Readonly<Record<string, Bounds>>;

/** Seeds are whole numbers that JavaScript holds exactly; -1 asks for a random one. */
export const SEED_BOUNDS = { min: 0, max: 2 ** 53 - 1, random: -1 } as const;

const NAMES: Readonly<Record<keyof typeof PARAMETER_BOUNDS, string>> = {
  steps: 'Sampling steps',
  cfgScale: 'CFG scale',
  width: 'Width',
  height: 'Height',
  batchSize: 'Batch size',
  batchCount: 'Batch count',
  clipSkip: 'Clip skip',
  subseedStrength: 'Variation strength',
  seedResizeFromWidth: 'Resize seed from width',
  seedResizeFromHeight: 'Resize seed from height',
};
const MULTIPLES: ReadonlySet<string> = new Set([
  'width',
  'height',
  'seedResizeFromWidth',
  'seedResizeFromHeight',
]);
/** What may lie between the control's steps. */
const FRACTIONS: ReadonlySet<string> = new Set(['cfgScale', 'subseedStrength']);

/** What is wrong with a request, each a sentence to a person; empty when nothing is. */
export function validateParameters(parameters: GenerationParameters): string[] {
  const problems: string[] = [];
  for (const key of Object.keys(PARAMETER_BOUNDS) as (keyof typeof PARAMETER_BOUNDS)[]) {
    const { min, max, step } = PARAMETER_BOUNDS[key];
    const value = parameters[key];
    const whole = !FRACTIONS.has(key);
    const kind = MULTIPLES.has(key) ? `a multiple of ${step}` : whole ? 'a whole number' : 'a number';
    const fits = Number.isFinite(value) && value >= min && value <= max && (!whole || value % step === 0);
    if (!fits) problems.push(`${NAMES[key]} must be ${kind} from ${min} to ${max}; it is ${value}.`);
  }
  const { ensd, rng } = parameters;
  for (const [name, seed] of [
    ['Seed', parameters.seed],
    ['Variation seed', parameters.subseed],
  ] as const) {
    if (seed !== SEED_BOUNDS.random && !(Number.isInteger(seed) && seed >= 0 && seed <= SEED_BOUNDS.max)) {
      problems.push(
        `${name} must be -1 (random) or a whole number from 0 to ${SEED_BOUNDS.max}; it is ${seed}.`,
      );
    }
  }
  if (!Number.isSafeInteger(ensd))
    problems.push(`Eta noise seed delta must be a whole number; it is ${ensd}.`);
  if (rng !== 'GPU' && rng !== 'CPU' && rng !== 'NV') {
    problems.push(`Random number generator source must be GPU, CPU or NV; it is ${String(rng)}.`);
  }
  problems.push(...samplerProblems(parameters));
  for (const info of IMAGE_SETTINGS) {
    const problem = settingProblem(info, parameters.settings[info.key]);
    if (problem !== null) problems.push(problem);
  }
  for (const [name, text] of [
    ['The prompt', parameters.prompt],
    ['The negative prompt', parameters.negativePrompt],
  ] as const) {
    if (text.length > MAX_PROMPT_LENGTH) {
      problems.push(`${name} has ${text.length} characters; at most ${MAX_PROMPT_LENGTH} are allowed.`);
    }
  }
  return problems;
}

function samplerProblems({ sampler, scheduler, steps, settings }: GenerationParameters): string[] {
  const problems: string[] = [];
  const info = findSampler(sampler);
  if (!info) problems.push(`There is no sampling method called "${shortened(sampler)}"; choose another.`);
  if (!findScheduler(scheduler))
    problems.push(`There is no schedule type called "${shortened(scheduler)}"; choose another.`);
  if (info?.name === 'UniPC' && steps < settings.uniPcOrder) {
    problems.push(
      `UniPC of order ${settings.uniPcOrder} needs at least as many sampling steps; there are ${steps}.`,
    );
  }
  return problems;
}

function settingProblem(info: SettingInfo, value: unknown): string | null {
  const { label } = info;
  const shown = shortened(String(value));
  switch (info.kind) {
    case 'number': {
      const { min, max, step } = info;
      const whole = step === 1;
      const fits = typeof value === 'number' && value >= min && value <= max;
      if (fits && (!whole || Number.isInteger(value))) return null;
      return `${label} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}; it is ${shown}.`;
    }
    case 'switch':
      return typeof value === 'boolean' ? null : `${label} must be on or off; it is ${shown}.`;
    case 'choice':
      return info.choices.some((choice) => choice === value)
        ? null
        : `${label} must be one of ${info.choices.join(', ')}; it is ${shown}.`;
  }
}

/** For messages: names may come out of a pasted text. */
function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}
