// The fields of A1111's requests (its modules/api/models.py of 1.10.1), with their defaults.
import type { Field, Values } from './fields.ts';

const text = <S extends string | null>(standard: S) => ({ kind: 'text', standard }) as const;
const int = <S extends number | null>(standard: S) => ({ kind: 'int', standard }) as const;
const seed = (standard: number) => ({ kind: 'seed', standard }) as const;
const float = <S extends number | null>(standard: S) => ({ kind: 'float', standard }) as const;
const bool = <S extends boolean | null>(standard: S) => ({ kind: 'bool', standard }) as const;
const NO_TEXTS = { kind: 'texts', standard: null } as const;
const NO_DICT = { kind: 'dict', standard: null } as const;
const SHARE = { kind: 'float', standard: 0, ge: 0, le: 1 } as const;

/** What txt2img and img2img have in common, in A1111's order. */
const BEFORE = {
  prompt: text(''),
  negative_prompt: text(''),
  styles: NO_TEXTS,
  seed: seed(-1),
  subseed: seed(-1),
  subseed_strength: float(0),
  seed_resize_from_h: int(-1),
  seed_resize_from_w: int(-1),
  sampler_name: text(null),
  scheduler: text(null),
  batch_size: int(1),
  n_iter: int(1),
  steps: int(50),
  cfg_scale: float(7),
  width: int(512),
  height: int(512),
  restore_faces: bool(null),
  tiling: bool(null),
  do_not_save_samples: bool(false),
  do_not_save_grid: bool(false),
  eta: float(null),
} as const;

const SAMPLING = {
  s_min_uncond: float(null),
  s_churn: float(null),
  s_tmax: float(null),
  s_tmin: float(null),
  s_noise: float(null),
  override_settings: NO_DICT,
  override_settings_restore_afterwards: bool(true),
  refiner_checkpoint: text(null),
  refiner_switch_at: float(null),
  disable_extra_networks: bool(false),
  firstpass_image: text(null),
  comments: NO_DICT,
} as const;

const AFTER = {
  force_task_id: text(null),
  sampler_index: text('Euler'),
  script_name: text(null),
  script_args: { kind: 'list', standard: [] },
  send_images: bool(true),
  save_images: bool(false),
  alwayson_scripts: { kind: 'dict', standard: {} },
  infotext: text(null),
} as const;

export const TXT2IMG = {
  ...BEFORE,
  denoising_strength: float(null),
  ...SAMPLING,
  enable_hr: bool(false),
  firstphase_width: int(0),
  firstphase_height: int(0),
  hr_scale: float(2),
  hr_upscaler: text(null),
  hr_second_pass_steps: int(0),
  hr_resize_x: int(0),
  hr_resize_y: int(0),
  hr_checkpoint_name: text(null),
  hr_sampler_name: text(null),
  hr_scheduler: text(null),
  hr_prompt: text(''),
  hr_negative_prompt: text(''),
  ...AFTER,
} as const satisfies Readonly<Record<string, Field>>;

export const IMG2IMG = {
  ...BEFORE,
  denoising_strength: float(0.75),
  ...SAMPLING,
  init_images: { kind: 'list', standard: null },
  resize_mode: int(0),
  image_cfg_scale: float(null),
  mask: text(null),
  mask_blur_x: int(4),
  mask_blur_y: int(4),
  mask_blur: int(null),
  mask_round: bool(true),
  inpainting_fill: int(0),
  inpaint_full_res: bool(true),
  inpaint_full_res_padding: int(0),
  inpainting_mask_invert: int(0),
  initial_noise_multiplier: float(null),
  latent_mask: text(null),
  ...AFTER,
  include_init_images: bool(false),
} as const satisfies Readonly<Record<string, Field>>;

const EXTRAS = {
  resize_mode: { kind: 'int', standard: 0, permitted: [0, 1] },
  show_extras_results: bool(true),
  gfpgan_visibility: SHARE,
  codeformer_visibility: SHARE,
  codeformer_weight: SHARE,
  upscaling_resize: { kind: 'float', standard: 2, gt: 0 },
  upscaling_resize_w: { kind: 'int', standard: 512, ge: 1 },
  upscaling_resize_h: { kind: 'int', standard: 512, ge: 1 },
  upscaling_crop: bool(true),
  upscaler_1: text('None'),
  upscaler_2: text('None'),
  extras_upscaler_2_visibility: SHARE,
  upscale_first: bool(false),
} as const;

export const EXTRAS_SINGLE = { ...EXTRAS, image: text('') } as const satisfies Readonly<
  Record<string, Field>
>;
export const EXTRAS_BATCH = { ...EXTRAS, imageList: { kind: 'list' } } as const satisfies Readonly<
  Record<string, Field>
>;
export const FILE_DATA = { data: { kind: 'text' }, name: { kind: 'text' } } as const satisfies Readonly<
  Record<string, Field>
>;
export const PNG_INFO = { image: { kind: 'text' } } as const satisfies Readonly<Record<string, Field>>;
export const INTERROGATE = { image: text(''), model: text('clip') } as const satisfies Readonly<
  Record<string, Field>
>;

export type Txt2ImgFields = Values<typeof TXT2IMG>;
export type Img2ImgFields = Values<typeof IMG2IMG>;
export type ExtrasFields = Values<typeof EXTRAS>;
/** What both have. */
export type PaintingFields = Omit<Txt2ImgFields, Exclude<keyof Txt2ImgFields, keyof Img2ImgFields>>;
