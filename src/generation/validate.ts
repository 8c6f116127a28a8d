// Whether a request can be carried out: the bounds of A1111's controls, and what to say where one is overstepped.
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
} as const satisfies Readonly<Record<string, Bounds>>;

/** Seeds are whole numbers that JavaScript holds exactly; -1 asks for a random one. */
export const SEED_BOUNDS = { min: 0, max: 2 ** 53 - 1, random: -1 } as const;

/** UTF-16 units of a prompt: far beyond any prompt, and what still can be tokenised at once. */
export const MAX_PROMPT_LENGTH = 100_000;

const NAMES: Readonly<Record<keyof typeof PARAMETER_BOUNDS, string>> = {
  steps: 'Sampling steps',
  cfgScale: 'CFG scale',
  width: 'Width',
  height: 'Height',
  batchSize: 'Batch size',
  batchCount: 'Batch count',
  clipSkip: 'Clip skip',
};
const MULTIPLES: ReadonlySet<string> = new Set(['width', 'height']);

/** What is wrong with a request, each a sentence to a person; empty when nothing is. Names of samplers are not looked up. */
export function validateParameters(parameters: GenerationParameters): string[] {
  const problems: string[] = [];
  for (const key of Object.keys(PARAMETER_BOUNDS) as (keyof typeof PARAMETER_BOUNDS)[]) {
    const { min, max, step } = PARAMETER_BOUNDS[key];
    const value = parameters[key];
    const whole = key !== 'cfgScale';
    const kind = MULTIPLES.has(key) ? `a multiple of ${step}` : whole ? 'a whole number' : 'a number';
    const fits = Number.isFinite(value) && value >= min && value <= max && (!whole || value % step === 0);
    if (!fits) problems.push(`${NAMES[key]} must be ${kind} from ${min} to ${max}; it is ${value}.`);
  }
  const { seed, ensd, rng } = parameters;
  if (seed !== SEED_BOUNDS.random && !(Number.isInteger(seed) && seed >= 0 && seed <= SEED_BOUNDS.max)) {
    problems.push(`Seed must be -1 (random) or a whole number from 0 to ${SEED_BOUNDS.max}; it is ${seed}.`);
  }
  if (!Number.isSafeInteger(ensd))
    problems.push(`Eta noise seed delta must be a whole number; it is ${ensd}.`);
  if (rng !== 'GPU' && rng !== 'CPU' && rng !== 'NV') {
    problems.push(`Random number generator source must be GPU, CPU or NV; it is ${String(rng)}.`);
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
