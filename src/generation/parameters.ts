// GenerationParameters to and from the text that pictures carry.
import { version } from '../../package.json';
import { findSampler, resolveSampler } from '../sampling/registry.ts';
import { createInfotext } from './infotext/create.ts';
import type { Infotext } from './infotext/parse.ts';
import type { InfotextScalar } from './infotext/quote.ts';
import type { GenerationParameters } from './types.ts';

/** The program's name in the text. It does not parse as a version of A1111's, which therefore applies no compatibility to it. */
export const PROGRAM_VERSION = `darkroom-v${version}`;

/** What the text tells besides the request. */
export interface InfotextContext {
  /** This picture's own seed: the request's plus its place in the job. */
  readonly seed: number;
  /** First 10 hex digits of the checkpoint's SHA-256. */
  readonly modelHash?: string | null;
  /** Name of the checkpoint, without extension. */
  readonly modelName?: string | null;
  readonly vaeHash?: string | null;
  readonly vaeName?: string | null;
  /** Further entries, in A1111's spelling, in this order. */
  readonly extra?: Readonly<Record<string, InfotextScalar | null>>;
}

/** The parameters text of one finished picture, in A1111's key order. */
export function fromGenerationParameters(parameters: GenerationParameters, context: InfotextContext): string {
  return createInfotext({
    prompt: parameters.prompt,
    negativePrompt: parameters.negativePrompt,
    steps: parameters.steps,
    sampler: parameters.sampler,
    scheduler: parameters.scheduler,
    cfgScale: parameters.cfgScale,
    seed: context.seed,
    width: parameters.width,
    height: parameters.height,
    modelHash: context.modelHash ?? null,
    modelName: context.modelName ?? null,
    vaeHash: context.vaeHash ?? null,
    vaeName: context.vaeName ?? null,
    clipSkip: parameters.clipSkip > 1 ? parameters.clipSkip : null,
    ensd: parameters.ensd !== 0 && findSampler(parameters.sampler)?.usesEnsd ? parameters.ensd : null,
    rng: parameters.rng === 'GPU' ? null : parameters.rng,
    extra: context.extra ?? {},
    version: PROGRAM_VERSION,
  });
}

/**
 * What a parsed text asks of a request: only fields that the text decides, so that a plain prompt leaves the controls alone.
 * A line of parameters also decides by what it leaves out, for A1111 leaves out its defaults: clip skip 1, the GPU's random
 * numbers, no eta noise seed delta. A sampler that is not known becomes A1111's default, as there. Values that are no numbers are left out; ranges are not checked (see validate.ts).
 */
export function toGenerationParameters(infotext: Infotext): Partial<GenerationParameters> {
  const result: { -readonly [K in keyof GenerationParameters]?: GenerationParameters[K] } = {};
  if (typeof infotext['Prompt'] === 'string') result.prompt = infotext['Prompt'];
  if (typeof infotext['Negative prompt'] === 'string') result.negativePrompt = infotext['Negative prompt'];
  for (const [field, key] of NUMBERS) {
    const value = numberOf(infotext[key]);
    if (value !== null) result[field] = value;
  }
  if (typeof infotext['Sampler'] === 'string') {
    const { sampler, scheduler } = resolveSampler(infotext['Sampler'], textOf(infotext['Schedule type']));
    result.sampler = sampler;
    result.scheduler = scheduler;
  }
  if (result.steps === undefined && result.sampler === undefined) return result;
  const clipSkip = numberOf(infotext['Clip skip']);
  if (clipSkip !== null) result.clipSkip = clipSkip;
  const rng = infotext['RNG'];
  if (rng === 'GPU' || rng === 'CPU' || rng === 'NV') result.rng = rng;
  result.ensd = numberOf(infotext['ENSD']) ?? 0;
  return result;
}

/** Fields that are one number in the text. "Batch size" was written by versions before 1.3 and is still read. */
const NUMBERS = [
  ['steps', 'Steps'],
  ['cfgScale', 'CFG scale'],
  ['seed', 'Seed'],
  ['width', 'Size-1'],
  ['height', 'Size-2'],
  ['batchSize', 'Batch size'],
] as const;

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'string' && /^\s*-?\d+(?:\.\d*)?\s*$/.test(value) ? Number(value) : null;
}
