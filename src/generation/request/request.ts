// One request for pictures. The page, the queue, the command line and the worker all speak it.
import type { ExtensionUse } from '../../extensions/use.ts';
import type { ResizeMode } from '../../image/resize-modes.ts';
import type { HiresUpscaler } from '../../image/upscale-latent.ts';
import type { ControlUnit } from './control-unit.ts';
import type { Detailer } from './detailer.ts';
import type { ImageSettings } from './image-settings.ts';
import { DEFAULT_IMAGE_SETTINGS } from './settings/list.ts';
import type { MaskedContent } from './masked-content.ts';
import type { NamedCheckpoint } from './named-checkpoint.ts';
import type { Script } from './script.ts';
import type { Seed } from './seeds.ts';
import type { SourcePicture } from './source-picture.ts';

/** Dynamic prompts' templates. */
export interface PromptTemplate {
  readonly prompt: string;
  readonly negativePrompt: string;
}

/** Everything that decides the pictures, with A1111's meanings. `seed` is resolved (never -1) once a job runs. */
export interface GenerationParameters {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** What the prompts were drawn from, for their text; null where that is not told. */
  readonly template: PromptTemplate | null;
  /** 1 - 150 on the slider; more where a text or a program asks for it (validate.ts), as for the others below. */
  readonly steps: number;
  /** A1111's name: "Euler a". */
  readonly sampler: string;
  /** A1111's name: "Automatic", "Karras". */
  readonly scheduler: string;
  /** 1 - 30. */
  readonly cfgScale: number;
  /** Pixels, multiples of 8 from 64 to 2048. */
  readonly width: number;
  readonly height: number;
  /** 64 bits; -1 asks for a random one. */
  readonly seed: Seed;
  readonly batchSize: number;
  readonly batchCount: number;
  /** 1 = last layer. */
  readonly clipSkip: number;
  /** Source of noise. "GPU" and "NV" give the same numbers (Philox). */
  readonly rng: 'GPU' | 'CPU' | 'NV';
  /** Eta noise seed delta. */
  readonly ensd: number;
  /** Variation seed; -1 asks for a random one. */
  readonly subseed: Seed;
  /** Variation strength, 0..1: 0 leaves the variation seed out. */
  readonly subseedStrength: number;
  /** Size in pixels that the noise is taken from; 0 for the picture's own. */
  readonly seedResizeFromWidth: number;
  readonly seedResizeFromHeight: number;
  readonly settings: ImageSettings;
  /** Null for txt2img, which begins with noise alone. */
  readonly img2img: Img2Img | null;
  /** Null for one pass. img2img has none: it is a second pass itself. */
  readonly hires: Hires | null;
  /** Null where the checkpoint does all of the steps. */
  readonly refiner: Refiner | null;
  /** ControlNet's units that are switched on, in order. */
  readonly controlUnits: readonly ControlUnit[];
  /** Extensions that are switched on. */
  readonly extensions: readonly ExtensionUse[];
  /** What paints parts of each finished picture over; null for none. */
  readonly detailer: Detailer | null;
  /** What carries img2img out in place of one pass; null for that pass. */
  readonly script: Script | null;
}

export type { NamedCheckpoint } from './named-checkpoint.ts';

/** A1111's "Hires. fix": the picture is enlarged and painted over, in a second pass. */
export interface Hires {
  readonly upscaler: HiresUpscaler;
  /** "Upscale by", 1..4. Counts where neither side below is given. */
  readonly scale: number;
  /** "Resize width to", "Resize height to", in pixels; 0: as the other one has it. */
  readonly resizeWidth: number;
  readonly resizeHeight: number;
  /** "Hires steps": 0 for as many as the first pass. */
  readonly steps: number;
  readonly denoisingStrength: number;
  /** Null, here and below: as in the first pass. */
  readonly checkpoint: NamedCheckpoint | null;
  readonly sampler: string | null;
  readonly scheduler: string | null;
  /** Ours: A1111 1.10.1 has one CFG scale for both. */
  readonly cfgScale: number | null;
  /** Empty for the first pass's. */
  readonly prompt: string;
  readonly negativePrompt: string;
  /** A finished picture of the request's size, in place of a first pass. */
  readonly firstPass: SourcePicture | null;
}

/** A second checkpoint that takes the last steps over. */
export interface Refiner {
  readonly checkpoint: NamedCheckpoint;
  /** "Switch at", 0.01..1: the part of the noise levels that the first checkpoint does. */
  readonly switchAt: number;
}

/** What is painted over, and how far from it one may go. */
export interface Img2Img {
  readonly source: SourcePicture;
  /** Of the further pictures of a batch, where each has a source of its own; else all have the one above. */
  readonly others?: readonly SourcePicture[];
  readonly resizeMode: ResizeMode;
  /** Denoising strength, 0..1: at 0 the picture stays as it is, at 1 little of it is left. */
  readonly denoisingStrength: number;
  /** "Image CFG Scale", 0..3: how closely InstructPix2Pix models keep to the source. Others do not heed it. */
  readonly imageCfgScale: number;
  /** Null where all of it is painted over. */
  readonly inpaint: Inpaint | null;
}

/** Which part of the source is painted over, and how. A1111's names and meanings. */
export interface Inpaint {
  /** White is what is masked; of any size, resized as the source is. */
  readonly mask: SourcePicture;
  /** Standard deviation in pixels, 0..64. */
  readonly maskBlur: number;
  /** ... from top to bottom, where that is another one: outpainting blurs towards the sides that it adds to. */
  readonly maskBlurDown?: number;
  readonly maskMode: MaskMode;
  readonly maskedContent: MaskedContent;
  readonly inpaintArea: InpaintArea;
  /** "Only masked padding, pixels", 0..256. */
  readonly padding: number;
  /** Null where it is off. */
  readonly soft: SoftInpainting | null;
}

export const MASK_MODES = ['Inpaint masked', 'Inpaint not masked'] as const;
export type MaskMode = (typeof MASK_MODES)[number];
export { MASKED_CONTENTS, type MaskedContent } from './masked-content.ts';
export const INPAINT_AREAS = ['Whole picture', 'Only masked'] as const;
export type InpaintArea = (typeof INPAINT_AREAS)[number];

/** The sliders of A1111's soft inpainting (extensions-builtin/soft-inpainting). */
export interface SoftInpainting {
  /** "Schedule bias", 0..8. */
  readonly scheduleBias: number;
  /** "Preservation strength", 0..8. */
  readonly preservationStrength: number;
  /** "Transition contrast boost", 1..32. */
  readonly transitionContrastBoost: number;
  /** "Mask influence", 0..1. */
  readonly maskInfluence: number;
  /** "Difference threshold", 0..8. */
  readonly differenceThreshold: number;
  /** "Difference contrast", 0..8. */
  readonly differenceContrast: number;
}

/** A1111's defaults. */
export const DEFAULT_IMG2IMG: Omit<Img2Img, 'source'> = {
  resizeMode: 'Just resize',
  denoisingStrength: 0.75,
  imageCfgScale: 1.5,
  inpaint: null,
};

export const DEFAULT_INPAINT: Omit<Inpaint, 'mask'> = {
  maskBlur: 4,
  maskMode: 'Inpaint masked',
  maskedContent: 'original',
  inpaintArea: 'Whole picture',
  padding: 32,
  soft: null,
};

export const DEFAULT_SOFT_INPAINTING: SoftInpainting = {
  scheduleBias: 1,
  preservationStrength: 0.5,
  transitionContrastBoost: 4,
  maskInfluence: 0,
  differenceThreshold: 0.5,
  differenceContrast: 2,
};

/** A1111's defaults. */
export const DEFAULT_HIRES: Hires = {
  upscaler: 'Latent',
  scale: 2,
  resizeWidth: 0,
  resizeHeight: 0,
  steps: 0,
  denoisingStrength: 0.7,
  checkpoint: null,
  sampler: null,
  scheduler: null,
  cfgScale: null,
  prompt: '',
  negativePrompt: '',
  firstPass: null,
};

export const DEFAULT_REFINER: Omit<Refiner, 'checkpoint'> = { switchAt: 0.8 };

/** What decides how much memory a request needs. */
export type RequestSize = Pick<GenerationParameters, 'width' | 'height' | 'batchSize'>;

/** ... with what decides which networks it needs; A1111's defaults where they are left out. */
export type SizedRequest = RequestSize &
  Partial<
    Pick<
      GenerationParameters,
      'settings' | 'img2img' | 'hires' | 'refiner' | 'detailer' | 'script' | 'controlUnits' | 'extensions'
    >
  >;

/** A1111's defaults. */
export const DEFAULT_PARAMETERS: GenerationParameters = {
  prompt: '',
  negativePrompt: '',
  template: null,
  steps: 20,
  sampler: 'DPM++ 2M',
  scheduler: 'Automatic',
  cfgScale: 7,
  width: 512,
  height: 512,
  seed: -1,
  batchSize: 1,
  batchCount: 1,
  clipSkip: 1,
  rng: 'GPU',
  ensd: 0,
  subseed: -1,
  subseedStrength: 0,
  seedResizeFromWidth: 0,
  seedResizeFromHeight: 0,
  settings: DEFAULT_IMAGE_SETTINGS,
  img2img: null,
  hires: null,
  refiner: null,
  controlUnits: [],
  extensions: [],
  detailer: null,
  script: null,
};
