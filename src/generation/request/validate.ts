// Whether a request can be carried out: the bounds of A1111's controls, and what to say where one is overstepped.
import type { PARAMETER_BOUNDS } from './bounds.ts';
import { paintsTiles, PARAMETER_LIMITS, TILED_SIDES } from './bounds.ts';
import { parseColor } from '../../image/flatten.ts';
import { MAX_PROMPT_LENGTH } from '../../prompt/length.ts';
import { findSampler } from '../../sampling/registry.ts';
import { IMAGE_SETTINGS } from './settings/list.ts';
import { MAX_FILE_NAME, type SettingInfo } from './settings/setting-info.ts';
import { choiceProblems, numberProblems, shortened, upscalerProblems } from './problems.ts';
import { addToSeed, parseSeed, RANDOM_SEED, SEED_LIMITS } from './seeds.ts';
import type { GenerationParameters } from './request.ts';
import { controlProblems } from './validate-control.ts';
import { extensionProblems } from './validate-extensions.ts';
import { detailerProblems } from './validate-detailer.ts';
import { hiresProblems, refinerProblems } from './validate-hires.ts';
import { img2imgProblems, sourcesProblems } from './validate-img2img.ts';
import { scriptProblems } from './validate-script.ts';
import { samplerProblems } from './validate-sampler.ts';

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
  for (const key of Object.keys(PARAMETER_LIMITS) as (keyof typeof PARAMETER_LIMITS)[]) {
    const large = (key === 'width' || key === 'height') && paintsTiles(parameters.extensions);
    const { min, max, step } = large ? TILED_SIDES : PARAMETER_LIMITS[key];
    const value = parameters[key];
    const whole = !FRACTIONS.has(key);
    const kind = MULTIPLES.has(key) ? `a multiple of ${step}` : whole ? 'a whole number' : 'a number';
    const fits = Number.isFinite(value) && value >= min && value <= max && (!whole || value % step === 0);
    if (!fits) problems.push(`${NAMES[key]} must be ${kind} from ${min} to ${max}; it is ${value}.`);
  }
  const { ensd, rng } = parameters;
  problems.push(...seedProblems(parameters));
  if (!Number.isSafeInteger(ensd))
    problems.push(`Eta noise seed delta must be a whole number; it is ${ensd}.`);
  if (rng !== 'GPU' && rng !== 'CPU' && rng !== 'NV') {
    problems.push(`Random number generator source must be GPU, CPU or NV; it is ${String(rng)}.`);
  }
  problems.push(...img2imgProblems(parameters.img2img), ...sourcesProblems(parameters));
  problems.push(...scriptProblems(parameters));
  problems.push(...samplerProblems(parameters, parameters.img2img?.denoisingStrength ?? null));
  problems.push(...hiresProblems(parameters));
  problems.push(...refinerProblems(parameters.refiner));
  problems.push(...controlProblems(parameters));
  problems.push(...detailerProblems(parameters), ...extensionProblems(parameters.extensions));
  for (const info of IMAGE_SETTINGS) problems.push(...settingProblems(info, parameters.settings[info.key]));
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

function seedProblems(parameters: GenerationParameters): string[] {
  const problems: string[] = [];
  const { sampler, batchSize, batchCount, subseedStrength } = parameters;
  const pictures = batchSize * batchCount;
  for (const [name, given, counted] of [
    ['Seed', parameters.seed, subseedStrength === 0],
    ['Variation seed', parameters.subseed, true],
  ] as const) {
    const seed = parseSeed(given);
    const range = `from ${SEED_LIMITS.min} to ${SEED_LIMITS.max}`;
    if (seed === null) {
      problems.push(
        `${name} must be -1 (random) or a whole number ${range}; it is ${shortened(String(given))}.`,
      );
    } else if (
      counted &&
      Number.isSafeInteger(pictures) &&
      pictures > 1 &&
      parseSeed(addToSeed(seed, pictures - 1)) === null
    ) {
      problems.push(`${name} must leave room for ${pictures} pictures, each with the next one: ${range}.`);
    }
  }
  // numpy's SeedSequence, which these samplers draw their noise by, takes no negative numbers.
  const { seed } = parameters;
  if (seed !== RANDOM_SEED && seed < 0 && findSampler(sampler)?.brownianNoise) {
    problems.push(`${sampler} needs a seed of 0 or more; it is ${seed}.`);
  }
  return problems;
}

function settingProblems(info: SettingInfo, value: unknown): string[] {
  const { label } = info;
  const shown = shortened(String(value));
  switch (info.kind) {
    case 'number':
      return numberProblems(label, value, { min: info.min, max: info.limit }, info.step === 1);
    case 'switch':
      return typeof value === 'boolean' ? [] : [`${label} must be on or off; it is ${shown}.`];
    case 'vae':
      return typeof value === 'string' && value !== '' && value.length <= MAX_FILE_NAME
        ? []
        : [`${label} must be Automatic, None or the name of a file; it is ${shown}.`];
    case 'upscaler':
      return upscalerProblems(label, value);
    case 'color':
      return typeof value === 'string' && parseColor(value)
        ? []
        : [`${label} must be a colour as #ffffff; it is ${shown}.`];
    case 'choice':
      return choiceProblems(label, value, info.choices);
  }
}
