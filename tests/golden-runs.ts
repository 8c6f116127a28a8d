// Whole runs of webui 1.10.1, as the reference data has them (pipelines/, sdxl/runs/): which cases there are, what they ask for, the
// tensors noted on the way, and the models they were made with.
import { expect } from 'vitest';
import { bytesSource } from '../src/checkpoint/source.ts';
import type { PixelImage } from '../src/image/pixels.ts';
import { RESIZE_MODES } from '../src/image/resize-modes.ts';
import type { ImageSettings } from '../src/generation/request/image-settings.ts';
import {
  DEFAULT_HIRES,
  DEFAULT_IMG2IMG,
  DEFAULT_INPAINT,
  DEFAULT_PARAMETERS,
  INPAINT_AREAS,
  MASK_MODES,
  MASKED_CONTENTS,
  type GenerationParameters,
  type Hires,
  type Img2Img,
  type Inpaint,
  type NamedCheckpoint,
  type Refiner,
  type SoftInpainting,
} from '../src/generation/request/request.ts';
import { sourcePicture, type SourcePicture } from '../src/generation/request/source-picture.ts';
import type { Networks } from '../src/runtime/networks.ts';
import { canDerive, loadDerivedModel } from './derived-models.ts';
import { readTensors, type Tensors } from './goldens.ts';
import { nodeNetworks, type NodeOptions } from './node-networks.ts';
import { listReference, readReference, readReferenceJson, tinyModels } from './reference-dir.ts';
import { loadTinyModel, relativeError } from './tiny-model.ts';
import { blockMeans } from './whole-runs.ts';

export interface GoldenCase {
  readonly id: string;
  /** pipelines/: the file of its tensors goes by it. */
  readonly group: string;
  /** sdxl/runs/: the file of its tensors. */
  readonly part?: string;
  readonly about: string;
  readonly mode: string;
  readonly model: string;
  /** A1111's names. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly init?: readonly string[];
  readonly mask?: string;
  /** Sliders of soft inpainting, in the script's order. */
  readonly soft?: readonly number[];
  /** A picture in place of hires fix's first pass. */
  readonly firstpass?: string;
  readonly script?: { readonly file: string };
  /** VAE files beside the model. */
  readonly vae?: unknown;
  readonly notes?: Readonly<Record<string, unknown>>;
  /** None where the original failed: then there is an `error`. */
  readonly infotexts?: readonly string[];
  readonly error?: string;
  /** How many came back. */
  readonly images?: number;
  readonly comments?: string;
  readonly passes: readonly {
    readonly calls: {
      readonly network_items: readonly (readonly number[])[];
      readonly sigma_or_t: readonly number[];
      /** Which model each call was of, where they change. */
      readonly model?: readonly string[];
    };
  }[];
  readonly tensors: readonly string[];
  readonly same_as: Readonly<Record<string, string>>;
  readonly spread: { readonly f32: Readonly<Record<string, number | readonly [number, number]>> };
}

interface Index {
  readonly models: Readonly<Record<string, { readonly sha256: string }>>;
  readonly groups: Readonly<Record<string, unknown>>;
  readonly cases: readonly GoldenCase[];
}

export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** The runs of one folder of the reference data; without cases where it is not there. */
export class GoldenRuns {
  readonly cases: readonly GoldenCase[];
  readonly #folder: readonly string[];
  readonly #index: Index;
  readonly #tensors = new Map<string, Promise<Tensors>>();

  constructor(...folder: string[]) {
    this.#folder = folder;
    this.#index = listReference(...folder).includes('index.json')
      ? readReferenceJson<Index>(...folder, 'index.json')
      : { models: {}, groups: {}, cases: [] };
    this.cases = this.#index.cases;
  }

  get models(): readonly string[] {
    return Object.keys(this.#index.models);
  }

  /** Of the model's file, as the original program had it. */
  sha256Of(model: string): string {
    return this.#index.models[model]!.sha256;
  }

  /** A model, as a request names it. */
  named(model: string): NamedCheckpoint {
    return { sha256: this.sha256Of(model), name: model };
  }

  /** What of a case's data is not there; null when all is. */
  absent(one: GoldenCase): string | null {
    const { hr_checkpoint_name: second, refiner_checkpoint: refiner } = one.params;
    const wanted = [one.model, second, refiner].filter((name) => typeof name === 'string');
    const gone = wanted.find((name) => !tinyModels().includes(name) && !canDerive(name));
    if (gone !== undefined) return gone;
    const file = this.#fileOf(one);
    return listReference(...this.#folder).includes(file) ? null : file;
  }

  /** A tensor of a case, by its name there. */
  async tensor(one: GoldenCase, name: string): Promise<Tensor> {
    const path = one.same_as[name] ?? `${one.id}/${name}`;
    const owner = this.cases.find(({ id }) => path.startsWith(`${id}/`)) ?? one;
    const file = this.#fileOf(owner);
    const known = this.#tensors.get(file) ?? readTensors(bytesSource(readReference(...this.#folder, file)));
    this.#tensors.set(file, known);
    const found = (await known).get(path);
    if (!found) throw new Error(`There is no ${path}`);
    return found;
  }

  /** A picture of `inputs/`. */
  async input(name: string): Promise<SourcePicture> {
    return sourcePicture(new Blob([new Uint8Array(readReference(...this.#folder, 'inputs', `${name}.png`))]));
  }

  #fileOf({ group, part }: GoldenCase): string {
    const file = this.#index.groups[group];
    return part === undefined ? String(file) : `${part}.safetensors.gz`;
  }
}

/** A1111's names of what a request says. */
const PARAMETERS: Readonly<Record<string, keyof GenerationParameters>> = {
  prompt: 'prompt',
  negative_prompt: 'negativePrompt',
  seed: 'seed',
  subseed: 'subseed',
  subseed_strength: 'subseedStrength',
  seed_resize_from_w: 'seedResizeFromWidth',
  seed_resize_from_h: 'seedResizeFromHeight',
  steps: 'steps',
  cfg_scale: 'cfgScale',
  width: 'width',
  height: 'height',
  sampler_name: 'sampler',
  scheduler: 'scheduler',
  batch_size: 'batchSize',
  n_iter: 'batchCount',
};
const OPTIONS: Readonly<Record<string, keyof GenerationParameters>> = {
  randn_source: 'rng',
  CLIP_stop_at_last_layers: 'clipSkip',
  eta_noise_seed_delta: 'ensd',
};
/** Some are parameters there, some options. */
const SETTINGS: Readonly<Record<string, keyof ImageSettings>> = {
  initial_noise_multiplier: 'initialNoiseMultiplier',
  img2img_extra_noise: 'img2imgExtraNoise',
  inpainting_mask_weight: 'inpaintingMaskWeight',
  tiling: 'tiling',
  ESRGAN_tile: 'esrganTile',
  ESRGAN_tile_overlap: 'esrganTileOverlap',
  sd_vae_encode_method: 'vaeEncodeMethod',
  sd_vae_decode_method: 'vaeDecodeMethod',
  return_mask: 'returnMask',
  return_mask_composite: 'returnMaskComposite',
  upscaler_for_img2img: 'upscalerForImg2img',
  img2img_color_correction: 'img2imgColorCorrection',
  img2img_fix_steps: 'img2imgFixSteps',
  overlay_inpaint: 'overlayInpaint',
  img2img_background_color: 'img2imgBackgroundColor',
  s_min_uncond: 'sMinUncond',
  s_min_uncond_all: 'sMinUncondAll',
  eta_ddim: 'etaDdim',
  eta_ancestral: 'etaAncestral',
  s_churn: 'sChurn',
  s_tmin: 'sTmin',
  s_tmax: 'sTmax',
  s_noise: 'sNoise',
  sigma_min: 'sigmaMin',
  sigma_max: 'sigmaMax',
  rho: 'rho',
  sgm_noise_multiplier: 'sgmNoiseMultiplier',
  always_discard_next_to_last_sigma: 'alwaysDiscardNextToLastSigma',
  sd_noise_schedule: 'noiseSchedule',
  pad_cond_uncond: 'padConds',
  pad_cond_uncond_v0: 'padCondsV0',
  batch_cond_uncond: 'batchCondUncond',
  hires_fix_refiner_pass: 'hiresFixRefinerPass',
  refiner_switch_by_sample_steps: 'refinerSwitchBySteps',
  skip_early_cond: 'skipEarlyCond',
  token_merging_ratio: 'tokenMergingRatio',
};
/** What `img2imgOf` reads. */
const IMG2IMG = [
  'denoising_strength',
  'resize_mode',
  'image_cfg_scale',
  'mask_blur',
  'mask_blur_x',
  'mask_blur_y',
  'inpainting_mask_invert',
  'inpainting_fill',
  'inpaint_full_res',
  'inpaint_full_res_padding',
];

/** What a case asks for that is not read here, nor by the caller, who names what it reads `besides`. */
export function unreadFields(
  { params, options = {} }: GoldenCase,
  besides: readonly string[] = [],
): readonly string[] {
  const read = (name: string, ...tables: object[]) =>
    besides.includes(name) || [...tables, SETTINGS].some((table) => name in table);
  const elsewhere = [...IMG2IMG, ...HIRES, ...REFINER];
  return [
    ...Object.keys(params).filter((name) => !read(name, PARAMETERS) && !elsewhere.includes(name)),
    ...Object.keys(options).filter((name) => !read(name, OPTIONS)),
  ];
}

/** What `hiresOf` and `refinerOf` read. */
const HIRES = [
  'enable_hr',
  'denoising_strength',
  'hr_upscaler',
  'hr_scale',
  'hr_resize_x',
  'hr_resize_y',
  'hr_second_pass_steps',
  'hr_checkpoint_name',
  'hr_sampler_name',
  'hr_scheduler',
  'hr_prompt',
  'hr_negative_prompt',
];
const REFINER = ['refiner_checkpoint', 'refiner_switch_at'];

/** The request of a case, without what img2img adds. */
export function parametersOf({ params, options = {} }: GoldenCase): GenerationParameters {
  return {
    ...DEFAULT_PARAMETERS,
    rng: 'CPU',
    ...renamed(params, PARAMETERS),
    ...renamed(options, OPTIONS),
    settings: {
      ...DEFAULT_PARAMETERS.settings,
      ...renamed(params, SETTINGS),
      ...renamed(options, SETTINGS),
    },
  };
}

/** Its second pass; null without one. */
export async function hiresOf(runs: GoldenRuns, { params, firstpass }: GoldenCase): Promise<Hires | null> {
  if (params['enable_hr'] !== true) return null;
  const given = <T>(name: string, otherwise: T): T => (params[name] as T | null | undefined) ?? otherwise;
  const checkpoint = given<string | null>('hr_checkpoint_name', null);
  return {
    upscaler: given('hr_upscaler', DEFAULT_HIRES.upscaler),
    scale: given('hr_scale', DEFAULT_HIRES.scale),
    resizeWidth: given('hr_resize_x', 0),
    resizeHeight: given('hr_resize_y', 0),
    steps: given('hr_second_pass_steps', 0),
    denoisingStrength: given('denoising_strength', DEFAULT_HIRES.denoisingStrength),
    checkpoint: checkpoint === null ? null : runs.named(checkpoint),
    sampler: given('hr_sampler_name', null),
    scheduler: given('hr_scheduler', null),
    cfgScale: null,
    prompt: given('hr_prompt', ''),
    negativePrompt: given('hr_negative_prompt', ''),
    firstPass: firstpass === undefined ? null : await runs.input(firstpass),
  };
}

export function refinerOf(runs: GoldenRuns, { params }: GoldenCase): Refiner | null {
  const checkpoint = params['refiner_checkpoint'] as string | undefined;
  if (checkpoint === undefined) return null;
  return { checkpoint: runs.named(checkpoint), switchAt: params['refiner_switch_at'] as number };
}

/** ... and that. */
export async function img2imgOf(runs: GoldenRuns, one: GoldenCase): Promise<Img2Img> {
  const { params, init = [], mask } = one;
  const strength = params['denoising_strength'] as number | undefined;
  const [source, ...others] = await Promise.all(init.map((name) => runs.input(name)));
  return {
    source: source!,
    others,
    resizeMode: RESIZE_MODES[Number(params['resize_mode'] ?? 0)]!,
    denoisingStrength: strength ?? DEFAULT_IMG2IMG.denoisingStrength,
    // Without one A1111 guides as at 1.
    imageCfgScale: (params['image_cfg_scale'] as number | undefined) ?? 1,
    inpaint: mask === undefined ? null : await inpaintOf(runs, one, mask),
  };
}

async function inpaintOf(runs: GoldenRuns, { params, soft }: GoldenCase, mask: string): Promise<Inpaint> {
  const number = (name: string, otherwise: number) =>
    (params[name] as number | null | undefined) ?? otherwise;
  const blur = number('mask_blur', DEFAULT_INPAINT.maskBlur);
  return {
    mask: await runs.input(mask),
    maskBlur: number('mask_blur_x', blur),
    maskBlurDown: number('mask_blur_y', blur),
    maskMode: MASK_MODES[number('inpainting_mask_invert', 0)]!,
    maskedContent: MASKED_CONTENTS[number('inpainting_fill', 0)]!,
    // Its own default, and not the page's.
    inpaintArea: INPAINT_AREAS[(params['inpaint_full_res'] as boolean | undefined) === false ? 0 : 1],
    padding: number('inpaint_full_res_padding', 0),
    soft: soft ? softOf(soft) : null,
  };
}

function softOf([bias, preservation, contrast, influence, threshold, sharpness]: readonly number[]) {
  return {
    scheduleBias: bias!,
    preservationStrength: preservation!,
    transitionContrastBoost: contrast!,
    maskInfluence: influence!,
    differenceThreshold: threshold!,
    differenceContrast: sharpness!,
  } satisfies SoftInpainting;
}

function renamed(from: Readonly<Record<string, unknown>>, names: Readonly<Record<string, string>>): object {
  return Object.fromEntries(
    Object.entries(from).flatMap(([name, value]) => (name in names ? [[names[name]!, value]] : [])),
  );
}

const opened = new Map<string, Promise<Networks>>();

/** A tiny model's, or those of one that is derived from it (derived-models.ts), as a request's settings want them. */
export function networksOf(
  name: string,
  { tiling }: Pick<ImageSettings, 'tiling'> = { tiling: false },
): Promise<Networks> {
  const key = `${name} ${String(tiling)}`;
  const known = opened.get(key) ?? openNetworks(name, { circular: tiling });
  opened.set(key, known);
  return known;
}

async function openNetworks(name: string, options: NodeOptions): Promise<Networks> {
  if (canDerive(name)) return nodeNetworks(await loadDerivedModel(name), 'epsilon', options);
  const { parameterization } = readReferenceJson<{ parameterization: string }>('models', name, 'config.json');
  return nodeNetworks(await loadTinyModel(name), parameterization === 'v' ? 'v' : 'epsilon', options);
}

/** Relative to the largest value; zeros must be zeros. */
export async function expectClose(
  runs: GoldenRuns,
  one: GoldenCase,
  name: string,
  actual: Float32Array,
  limit: number,
): Promise<void> {
  const { data } = await runs.tensor(one, name);
  if (data.some((value) => value !== 0)) expect(relativeError(actual, data), name).toBeLessThan(limit);
  else expect(actual, name).toEqual(data);
}

/** As far as the original's own moves, where that is more than `least`. */
export function spreadOf({ spread }: GoldenCase, name: string, least = 5e-5): number {
  return Math.max(least, 10 * (spread.f32[name] as number));
}

/** At most 1 apart, unless the original's own moves by more; compared as it is stored, whole or as means of blocks. */
export async function expectPicture(
  runs: GoldenRuns,
  one: GoldenCase,
  name: string,
  { data, width, height }: PixelImage,
): Promise<void> {
  const [most = 1] = (one.spread.f32[name] as readonly number[] | undefined) ?? [];
  const whole = one.tensors.includes(name);
  const actual = whole ? [...data] : blockMeans(data, width, height);
  const { data: values } = await runs.tensor(one, whole ? name : `${name}.blocks`);
  expect(actual).toHaveLength(values.length);
  const far = actual.reduce((most, value, at) => Math.max(most, Math.abs(value - values[at]!)), 0);
  expect(far, name).toBeLessThanOrEqual(Math.max(1, most));
}
