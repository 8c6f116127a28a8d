// From the fields of txt2img and img2img to a request of ours.
import {
  DEFAULT_HIRES,
  DEFAULT_IMG2IMG,
  DEFAULT_PARAMETERS,
  DEFAULT_REFINER,
  MASKED_CONTENTS,
} from '../generation/request/request.ts';
import type {
  GenerationParameters,
  Hires,
  Img2Img,
  Inpaint,
  NamedCheckpoint,
  SoftInpainting,
} from '../generation/request/request.ts';
import type { ImageSettings } from '../generation/request/image-settings.ts';
import { prepareRequest } from '../generation/request/prepare.ts';
import { parseSeed } from '../generation/request/seeds.ts';
import { validateParameters } from '../generation/request/validate.ts';
import { RESIZE_MODES } from '../image/resize-modes.ts';
import { FILE_FORMATS, type FileFormat } from '../library/saved-as.ts';
import type { Json } from '../other-programs/json.ts';
import { applyStyles } from '../prompt/styles.ts';
import { resolveSampler } from '../sampling/registry.ts';
import { findScheduler, SCHEDULERS } from '../sampling/schedulers.ts';
import { badValues, failure, refusal } from './api-error.ts';
import { getCheckpoint, isUpscaler, type Catalogue, type ListedModel } from './catalogue.ts';
import { readFields } from './fields.ts';
import { withInfotext } from './infotext-fields.ts';
import { currentCheckpoint, fixedBy, imageSettingsOf, withOptions, type Options } from './options.ts';
import { pictureOf } from './pictures.ts';
import { IMG2IMG, TXT2IMG, type Img2ImgFields, type PaintingFields, type Txt2ImgFields } from './requests.ts';
import { alwaysOn, scriptOf, type Mode } from './scripts.ts';

/** What is to be painted, ready to be handed over. */
export interface Painting {
  readonly mode: Mode;
  readonly fields: Txt2ImgFields | Img2ImgFields;
  readonly model: ListedModel;
  /** Prepared: seeds are drawn. */
  readonly parameters: GenerationParameters;
  readonly format: FileFormat;
  /** As they are once it is done. */
  readonly optionsAfter: Options;
}

/** Rejects with an ApiError. */
export async function txt2imgPainting(
  body: Json | undefined,
  catalogue: Catalogue,
  options: Options,
): Promise<Painting> {
  const fields = readFields(TXT2IMG, withInfotext(body, 'txt2img', catalogue, options));
  const hires = fields.enable_hr ? await hiresOf(fields, catalogue) : null;
  // Old requests tell the size of the first pass beside that of the picture.
  const old = fields.enable_hr && (fields.firstphase_width > 0 || fields.firstphase_height > 0);
  const { width, height, firstphase_width, firstphase_height } = fields;
  const size = old ? { width: firstphase_width, height: firstphase_height } : { width, height };
  return painting('txt2img', fields, catalogue, options, {
    ...size,
    hires: old && hires ? { ...hires, resizeWidth: width, resizeHeight: height } : hires,
  });
}

/** Rejects with an ApiError. */
export async function img2imgPainting(
  body: Json | undefined,
  catalogue: Catalogue,
  options: Options,
): Promise<Painting> {
  const fields = readFields(IMG2IMG, withInfotext(body, 'img2img', catalogue, options));
  const soft = alwaysOn('img2img', fields.alwayson_scripts);
  const { width, height } = fields;
  const img2img = await img2imgOf(fields, soft);
  return painting('img2img', fields, catalogue, options, {
    width,
    height,
    img2img,
    // Pictures of their own count, as many as there are.
    ...(img2img.others?.length && { batchSize: img2img.others.length + 1 }),
  });
}

/** `own`: what only one of the two has. */
function painting(
  mode: Mode,
  fields: Txt2ImgFields | Img2ImgFields,
  catalogue: Catalogue,
  options: Options,
  own: Pick<GenerationParameters, 'width' | 'height'> & Partial<GenerationParameters>,
): Painting {
  const { models, styles } = catalogue;
  if (mode === 'txt2img') alwaysOn(mode, fields.alwayson_scripts);
  const script = scriptOf(mode, fields.script_name, fields.script_args);
  const overridden = withOptions(options, fields.override_settings ?? {}, models);
  const model = currentCheckpoint(overridden, models);
  const prompts = { prompt: fields.prompt, negativePrompt: fields.negative_prompt };
  const parameters = prepareRequest({
    ...DEFAULT_PARAMETERS,
    ...fixedBy(overridden),
    ...applyStyles(styles, fields.styles ?? [], prompts),
    ...samplerOf(fields.sampler_name ?? fields.sampler_index, fields.scheduler),
    steps: fields.steps,
    cfgScale: fields.cfg_scale,
    batchSize: fields.batch_size,
    batchCount: fields.n_iter,
    seed: seedOf('seed', fields.seed),
    subseed: seedOf('subseed', fields.subseed),
    subseedStrength: fields.subseed_strength,
    ...resizedSeed(fields),
    settings: { ...imageSettingsOf(overridden), ...settingsOf(fields) },
    refiner: refinerOf(fields, catalogue),
    script,
    ...own,
    // As A1111 does, which counts in cells of 8 pixels.
    width: wholeCells(own.width),
    height: wholeCells(own.height),
  });
  const problems = validateParameters(parameters);
  if (problems.length > 0) throw badValues(problems);
  return {
    mode,
    fields,
    model,
    parameters,
    format: formatOf(overridden),
    optionsAfter: fields.override_settings_restore_afterwards ? options : overridden,
  };
}

/** Of the pictures in the answer. @throws ApiError for one that there is not. */
function formatOf(options: Options): FileFormat {
  const asked = String(options['samples_format']).toLowerCase();
  const format = FILE_FORMATS.find((name) => name === (asked === 'jpeg' ? 'jpg' : asked));
  if (!format) throw refusal(500, 'Invalid image format');
  return format;
}

const wholeCells = (side: number): number => side - (side % 8);

function seedOf(name: string, value: number | bigint): number | bigint {
  const seed = parseSeed(value);
  if (seed === null) throw badValues([`${name} must be a whole number of 64 bits; it is ${value}.`]);
  return seed;
}

/** A1111 draws with its first sampler and schedule where it knows neither; here they are refused. @throws ApiError. */
function samplerOf(
  name: string,
  scheduler: string | null,
): Pick<GenerationParameters, 'sampler' | 'scheduler'> {
  const given = scheduler === null || scheduler === '' ? null : schedulerOf(scheduler);
  const found = resolveSampler(name, given, false);
  if (!found.known) throw refusal(404, `Sampler not found: ${name}`);
  // One that is named counts before one in the sampler's name.
  return { sampler: found.sampler, scheduler: given ?? found.scheduler };
}

/** The label of one that is named by it, its inner name, or another one, in any case. @throws ApiError. */
function schedulerOf(name: string): string {
  const lower = name.toLowerCase();
  const found =
    findScheduler(name) ??
    SCHEDULERS.find((one) => [one.name, one.label, ...one.aliases].some((s) => s.toLowerCase() === lower));
  if (!found) throw refusal(404, `Scheduler not found: ${name}`);
  return found.label;
}

function resizedSeed({ seed_resize_from_w: width, seed_resize_from_h: height }: PaintingFields) {
  const both = width > 0 && height > 0;
  return {
    seedResizeFromWidth: both ? wholeCells(width) : 0,
    seedResizeFromHeight: both ? wholeCells(height) : 0,
  };
}

/** Settings that the request has fields for. */
function settingsOf(fields: Txt2ImgFields | Img2ImgFields): Partial<ImageSettings> {
  const noise = 'initial_noise_multiplier' in fields ? fields.initial_noise_multiplier : null;
  const given = {
    faceRestoration: fields.restore_faces,
    tiling: fields.tiling,
    etaDdim: fields.eta,
    etaAncestral: fields.eta,
    sMinUncond: fields.s_min_uncond,
    sChurn: fields.s_churn,
    sTmax: fields.s_tmax,
    sTmin: fields.s_tmin,
    sNoise: fields.s_noise,
    initialNoiseMultiplier: noise,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

/** What says that nothing is named. */
const NO_CHECKPOINT = ['', 'None', 'none', 'Use same checkpoint'];

function namedCheckpoint({ models }: Catalogue, wanted: string | null): NamedCheckpoint | null {
  if (wanted === null || NO_CHECKPOINT.includes(wanted)) return null;
  const { sha256, name } = getCheckpoint(models, wanted);
  return { sha256, name };
}

function refinerOf(fields: PaintingFields, catalogue: Catalogue): GenerationParameters['refiner'] {
  const checkpoint = namedCheckpoint(catalogue, fields.refiner_checkpoint);
  return checkpoint && { checkpoint, switchAt: fields.refiner_switch_at ?? DEFAULT_REFINER.switchAt };
}

async function hiresOf(fields: Txt2ImgFields, catalogue: Catalogue): Promise<Hires> {
  const upscaler = fields.hr_upscaler ?? DEFAULT_HIRES.upscaler;
  if (!isUpscaler(catalogue.models, upscaler))
    throw failure('Exception', `could not find upscaler named ${upscaler}`);
  const { hr_sampler_name, hr_scheduler } = fields;
  // What the page says of "the same" means it here, too, where A1111 fails.
  const sampler = hr_sampler_name === null || hr_sampler_name === 'Use same sampler' ? null : hr_sampler_name;
  const scheduler =
    hr_scheduler === null || hr_scheduler === 'Use same scheduler' ? null : schedulerOf(hr_scheduler);
  const second = sampler === null ? null : samplerOf(sampler, scheduler);
  return {
    ...DEFAULT_HIRES,
    upscaler,
    scale: fields.hr_scale,
    resizeWidth: fields.hr_resize_x,
    resizeHeight: fields.hr_resize_y,
    steps: fields.hr_second_pass_steps,
    // A1111 fails without one.
    denoisingStrength: fields.denoising_strength ?? DEFAULT_HIRES.denoisingStrength,
    checkpoint: namedCheckpoint(catalogue, fields.hr_checkpoint_name),
    sampler: second?.sampler ?? null,
    scheduler: scheduler ?? (second?.scheduler === 'Automatic' ? null : (second?.scheduler ?? null)),
    prompt: fields.hr_prompt,
    negativePrompt: fields.hr_negative_prompt,
    firstPass: fields.firstpass_image === null ? null : await pictureOf(fields.firstpass_image),
  };
}

async function img2imgOf(fields: Img2ImgFields, soft: SoftInpainting | null): Promise<Img2Img> {
  const { init_images: given, batch_size: most } = fields;
  if (given === null || given.length === 0) throw refusal(404, 'Init image not found');
  if (given.length > Math.max(1, most))
    throw failure('RuntimeError', `bad number of images passed: ${given.length}; expecting ${most} or less`);
  if (fields.latent_mask !== null)
    throw badValues(['latent_mask is not carried out here: send the mask as "mask".']);
  const resizeMode = RESIZE_MODES[fields.resize_mode];
  if (!resizeMode) throw badValues([`resize_mode must be from 0 to ${RESIZE_MODES.length - 1}.`]);
  const [source, ...others] = await Promise.all(given.map(pictureOf));
  return {
    source: source!,
    ...(others.length > 0 && { others }),
    resizeMode,
    denoisingStrength: fields.denoising_strength,
    imageCfgScale: fields.image_cfg_scale ?? DEFAULT_IMG2IMG.imageCfgScale,
    inpaint: fields.mask === null ? null : await inpaintOf(fields, fields.mask, soft),
  };
}

async function inpaintOf(fields: Img2ImgFields, mask: string, soft: SoftInpainting | null): Promise<Inpaint> {
  const maskedContent = MASKED_CONTENTS[fields.inpainting_fill];
  if (!maskedContent) throw badValues([`inpainting_fill must be from 0 to ${MASKED_CONTENTS.length - 1}.`]);
  const { mask_blur: both, mask_blur_x: across, mask_blur_y: down } = fields;
  return {
    mask: await pictureOf(mask),
    maskBlur: both ?? across,
    ...(both === null && down !== across && { maskBlurDown: down }),
    maskMode: fields.inpainting_mask_invert === 0 ? 'Inpaint masked' : 'Inpaint not masked',
    maskedContent,
    inpaintArea: fields.inpaint_full_res ? 'Only masked' : 'Whole picture',
    padding: fields.inpaint_full_res_padding,
    soft,
  };
}
