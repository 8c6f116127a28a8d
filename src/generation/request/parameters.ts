// GenerationParameters to and from the text that pictures carry.
import { version } from '../../../package.json';
import type { Conditioning } from '../../families/conditioning.ts';
import type { Family } from '../../families/family.ts';
import type { FileBuffers } from '../../models/buffers.ts';
import { resolveSampler } from '../../sampling/registry.ts';
import { controlToText } from './control-text.ts';
import { detailerToText } from './detailer-text.ts';
import { extensionsFromText, extensionsToText } from './extensions-text.ts';
import { hiresToText } from './hires-text.ts';
import { img2imgToText } from './img2img-text.ts';
import { createInfotext } from './infotext/create.ts';
import type { Infotext } from './infotext/parse.ts';
import type { InfotextScalar } from './infotext/quote.ts';
import { refinerToText } from './refiner-text.ts';
import { scriptFromText, scriptToText } from './script-text.ts';
import { parseSeed, RANDOM_SEED, type Seed } from './seeds.ts';
import {
  ensdToText,
  faceRestorationToText,
  numberFromText,
  settingsFromText,
  settingsToText,
  type Padding,
} from './settings-text.ts';
import { EMBEDDINGS_KEY, hashesToText, LORAS_KEY, type NamedHash } from './named-hashes.ts';
import type { GenerationParameters } from './request.ts';
import { tokenMergingOf, tokenMergingOfSecondPass } from './token-merging.ts';

/** The program's name in the text. It does not parse as a version of A1111's, which therefore applies no compatibility to it. */
export const PROGRAM_VERSION = `darkroom-v${version}`;

/** What the text tells besides the request. */
export interface InfotextContext {
  /** This picture's own seed and variation seed (seeds.ts `seedsOf`). The request's variation seed unless given. */
  readonly seed: Seed;
  readonly subseed?: Seed;
  /** How its prompts came to one length; the settings are written where this is not known. */
  readonly padded?: Padding;
  /** LoRAs and textual inversions that its prompts name. */
  readonly loras?: readonly NamedHash[];
  readonly embeddings?: readonly NamedHash[];
  /** What its model read of a picture; nothing unless given. */
  readonly conditioning?: Conditioning;
  /** What the checkpoint's file has of its own. */
  readonly buffers?: FileBuffers;
  /** The checkpoint's. */
  readonly family?: Family;
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
  const { subseedStrength, seedResizeFromWidth, seedResizeFromHeight } = parameters;
  const varied = subseedStrength !== 0;
  const resized = seedResizeFromWidth > 0 && seedResizeFromHeight > 0;
  return createInfotext({
    prompt: parameters.prompt,
    negativePrompt: parameters.negativePrompt,
    steps: parameters.steps,
    sampler: parameters.sampler,
    scheduler: parameters.scheduler,
    cfgScale: parameters.cfgScale,
    imageCfgScale: context.conditioning === 'editing' ? (parameters.img2img?.imageCfgScale ?? null) : null,
    seed: String(context.seed),
    faceRestoration: faceRestorationToText(parameters),
    width: parameters.width,
    height: parameters.height,
    modelHash: context.modelHash ?? null,
    modelName: context.modelName ?? null,
    vaeHash: context.vaeHash ?? null,
    vaeName: context.vaeName ?? null,
    clipSkip: parameters.clipSkip > 1 ? parameters.clipSkip : null,
    variationSeed: varied ? String(context.subseed ?? parameters.subseed) : null,
    variationSeedStrength: varied ? subseedStrength : null,
    seedResizeFrom: resized ? { width: seedResizeFromWidth, height: seedResizeFromHeight } : null,
    conditionalMaskWeight: context.conditioning === 'inpainting' ? maskWeightToText(parameters) : null,
    ensd: ensdToText(parameters),
    tokenMergingRatio: tokenMergingOf(parameters) || null,
    tokenMergingRatioHr: (parameters.hires && tokenMergingOfSecondPass(parameters)) || null,
    rng: parameters.rng === 'GPU' ? null : parameters.rng,
    extra: {
      ...controlToText(parameters.controlUnits),
      ...extensionsToText(parameters.extensions),
      ...templateToText(parameters),
      ...(parameters.detailer && detailerToText(parameters.detailer)),
      ...(parameters.img2img && img2imgToText(parameters.img2img)),
      ...(parameters.hires && hiresToText(parameters, parameters.hires)),
      ...(parameters.script && scriptToText(parameters.script)),
      ...hashesToText(LORAS_KEY, context.loras ?? []),
      ...hashesToText(EMBEDDINGS_KEY, context.embeddings ?? []),
      ...settingsToText(parameters, context.padded, context.buffers, context.family),
      ...(parameters.refiner && refinerToText(parameters.refiner)),
      ...context.extra,
    },
    version: PROGRAM_VERSION,
  });
}

/** As the extension Dynamic Prompts tells what prompts were drawn from. */
function templateToText({ template }: GenerationParameters): Record<string, string | null> {
  return { Template: template?.prompt || null, 'Negative Template': template?.negativePrompt || null };
}

/** As Python writes it where nothing is changed. */
function maskWeightToText({ settings }: GenerationParameters): InfotextScalar {
  return settings.inpaintingMaskWeight === 1 ? '1.0' : settings.inpaintingMaskWeight;
}

/**
 * What a parsed text asks of a request. A text without parameters asks for its prompts only. A line of parameters decides
 * everything but the number of pictures, also by what it leaves out, for A1111 leaves out its defaults. A sampler that is not
 * known becomes A1111's default, as there. Values that are no numbers are left out; ranges are not checked (see validate.ts).
 */
export function toGenerationParameters(infotext: Infotext): Partial<GenerationParameters> {
  const result: { -readonly [K in keyof GenerationParameters]?: GenerationParameters[K] } = {};
  if (typeof infotext['Prompt'] === 'string') result.prompt = infotext['Prompt'];
  if (typeof infotext['Negative prompt'] === 'string') result.negativePrompt = infotext['Negative prompt'];
  for (const [field, key] of NUMBERS) {
    const value = numberFromText(infotext[key]);
    if (value !== null) result[field] = value;
  }
  const seed = parseSeed(infotext['Seed']);
  if (seed !== null) result.seed = seed;
  if (typeof infotext['Sampler'] === 'string') {
    const { sampler, scheduler } = resolveSampler(infotext['Sampler'], textOf(infotext['Schedule type']));
    result.sampler = sampler;
    result.scheduler = scheduler;
  }
  if (result.steps === undefined && result.sampler === undefined) return withSizes(result);
  for (const [field, key, standard] of NUMBERS_WITH_DEFAULTS)
    result[field] = numberFromText(infotext[key]) ?? standard;
  result.subseed = parseSeed(infotext['Variation seed']) ?? RANDOM_SEED;
  const rng = infotext['RNG'];
  result.rng = rng === 'CPU' || rng === 'NV' ? rng : 'GPU';
  result.settings = settingsFromText(infotext);
  result.script = scriptFromText(infotext);
  result.extensions = extensionsFromText(infotext);
  return withSizes(result);
}

function withSizes(asked: Partial<GenerationParameters>): Partial<GenerationParameters> {
  const sizes = SIZES.flatMap((field) => {
    const size = asked[field];
    return size === undefined ? [] : [[field, LATENT_CELL * Math.floor(size / LATENT_CELL)] as const];
  });
  return { ...asked, ...Object.fromEntries(sizes) };
}

/** Which checkpoint a picture was made with, for looking it up; null where its text does not tell. */
export function describeModelOf(infotext: Infotext): {
  /** First 10 hex digits of the file's SHA-256, or 8 of the hash of old. In lower case. */
  readonly hash: string | null;
  readonly name: string | null;
} {
  const hash = textOf(infotext['Model hash'])?.trim().toLowerCase() ?? '';
  const name = textOf(infotext['Model'])?.trim() ?? '';
  return { hash: /^[0-9a-f]{6,64}$/.test(hash) ? hash : null, name: name === '' ? null : name };
}

/** Pixels of a latent's cell. A1111 divides sizes by it and rounds down: 540 asks for 536 (processing.py, ImageRNG). */
const LATENT_CELL = 8;
const SIZES = ['width', 'height', 'seedResizeFromWidth', 'seedResizeFromHeight'] as const;

/** Fields that are one number in the text. "Batch size" was written by versions before 1.3 and is still read. */
const NUMBERS = [
  ['steps', 'Steps'],
  ['cfgScale', 'CFG scale'],
  ['width', 'Size-1'],
  ['height', 'Size-2'],
  ['batchSize', 'Batch size'],
] as const;

/** ... and those whose default is left out of it. */
const NUMBERS_WITH_DEFAULTS = [
  ['clipSkip', 'Clip skip', 1],
  ['ensd', 'ENSD', 0],
  ['subseedStrength', 'Variation seed strength', 0],
  ['seedResizeFromWidth', 'Seed resize from-1', 0],
  ['seedResizeFromHeight', 'Seed resize from-2', 0],
] as const;

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
