// What is asked of the Extras tab: its steps by A1111's names, with what A1111's controls start from.
import type { RestorerName } from './faces/face.ts';
import { isBuiltIn, type UpscalerName } from '../image/upscale.ts';

/** What is kept: L of CIE L*a*b*, as light as it seems; or V of HSV, the largest of red, green and blue. */
export const KEPT_LIGHTS = ['Luminance', 'Intensity'] as const;
export type KeptLight = (typeof KEPT_LIGHTS)[number];

export interface RecolorRequest {
  readonly on: boolean;
  readonly keep: KeptLight;
  /** The light is raised to it: over 1 it gets darker. */
  readonly gamma: number;
  /** The picture whose colours are taken; null for none yet. */
  readonly colors: { readonly name: string; readonly file: Blob } | null;
  /** A network of the library that finds colours by itself, in place of that picture; then the light stays as it is. */
  readonly colorizer: ColorizerChoice | null;
}

export interface ColorizerChoice {
  readonly sha256: string;
  readonly name: string;
}

export interface UpscaleRequest {
  readonly on: boolean;
  readonly mode: 'Scale by' | 'Scale to';
  readonly scale: number;
  /** Of 'Scale by': pixels that the longer side has at most; 0 for any. */
  readonly maxSideLength: number;
  /** Of 'Scale to', in pixels. They count for steps that cut, even where this one is off. */
  readonly width: number;
  readonly height: number;
  readonly crop: boolean;
  readonly upscaler1: UpscalerName;
  readonly upscaler2: UpscalerName;
  /** 0..1. */
  readonly upscaler2Visibility: number;
}

export interface GfpganRequest {
  readonly on: boolean;
  /** 0..1: how much of the restored faces is seen. */
  readonly visibility: number;
}

export interface CodeFormerRequest {
  readonly on: boolean;
  readonly visibility: number;
  /** 0..1: 0 restores the most, 1 the least. */
  readonly weight: number;
}

export interface SplitRequest {
  readonly on: boolean;
  /** Pictures are cut that have this part, at most, of the other proportions; 0..1. */
  readonly threshold: number;
  /** Of a piece, 0..1. */
  readonly overlapRatio: number;
}

export interface FocalCropRequest {
  readonly on: boolean;
  readonly faceWeight: number;
  readonly entropyWeight: number;
  readonly edgesWeight: number;
}

export const OBJECTIVES = ['Maximize area', 'Minimize error'] as const;

export interface AutoSizedCropRequest {
  readonly on: boolean;
  /** Pixels of the sides, in steps of 64 from the lower bound on. */
  readonly minSide: number;
  readonly maxSide: number;
  /** Pixels. */
  readonly minArea: number;
  readonly maxArea: number;
  readonly objective: (typeof OBJECTIVES)[number];
  /** How much proportions may change, 0..1. */
  readonly threshold: number;
}

export const FLIPS = ['Horizontal', 'Vertical', 'Both'] as const;
export type Flip = (typeof FLIPS)[number];

export interface FlippedCopiesRequest {
  readonly on: boolean;
  readonly flips: readonly Flip[];
}

/** All steps in their order, by A1111's names; Recolor's is that of the ControlNet extension. */
export const STEP_NAMES = [
  'Recolor',
  'Upscale',
  'GFPGAN',
  'CodeFormer',
  'Split oversized images',
  'Auto focal point crop',
  'Auto-sized crop',
  'Create flipped copies',
] as const;
export type StepName = (typeof STEP_NAMES)[number];

export interface OrderRequest {
  /** Steps that come before the others, in this order ("Postprocessing operation order"). */
  readonly first: readonly StepName[];
}

export interface ExtrasRequest {
  readonly recolor: RecolorRequest;
  readonly upscale: UpscaleRequest;
  readonly gfpgan: GfpganRequest;
  readonly codeFormer: CodeFormerRequest;
  readonly split: SplitRequest;
  readonly focalCrop: FocalCropRequest;
  readonly autoSizedCrop: AutoSizedCropRequest;
  readonly flippedCopies: FlippedCopiesRequest;
  readonly order: OrderRequest;
}

export const DEFAULT_EXTRAS: ExtrasRequest = {
  recolor: { on: false, keep: 'Luminance', gamma: 1, colors: null, colorizer: null },
  upscale: {
    on: true,
    mode: 'Scale by',
    scale: 4,
    maxSideLength: 0,
    width: 512,
    height: 512,
    crop: true,
    upscaler1: 'None',
    upscaler2: 'None',
    upscaler2Visibility: 0,
  },
  gfpgan: { on: false, visibility: 1 },
  codeFormer: { on: false, visibility: 1, weight: 0 },
  split: { on: false, threshold: 0.5, overlapRatio: 0.2 },
  focalCrop: { on: false, faceWeight: 0.9, entropyWeight: 0.15, edgesWeight: 0.5 },
  autoSizedCrop: {
    on: false,
    minSide: 384,
    maxSide: 768,
    minArea: 64 * 64,
    maxArea: 640 * 640,
    objective: 'Maximize area',
    threshold: 0.1,
  },
  flippedCopies: { on: false, flips: ['Horizontal'] },
  order: { first: [] },
};

export interface AskedOfExtras {
  readonly name: UpscalerName;
  /** Where it is chosen, as the page calls that. */
  readonly where: string;
}

/** The upscalers that need a file. */
export function askedOfExtras({ upscale }: ExtrasRequest): readonly AskedOfExtras[] {
  const { on, upscaler1, upscaler2, upscaler2Visibility } = upscale;
  if (!on || upscaler1 === 'None') return [];
  const asked = [
    { name: upscaler1, where: 'Upscaler 1' },
    ...(upscaler2Visibility > 0 ? [{ name: upscaler2, where: 'Upscaler 2' }] : []),
  ];
  return asked.filter(({ name }) => !isBuiltIn(name));
}

/** What restores faces, as far as that is asked for. */
export function restorersOfExtras({ gfpgan, codeFormer }: ExtrasRequest): readonly RestorerName[] {
  const asked = ({ on, visibility }: GfpganRequest): boolean => on && visibility > 0;
  return [
    ...(asked(gfpgan) ? (['GFPGAN'] as const) : []),
    ...(asked(codeFormer) ? (['CodeFormer'] as const) : []),
  ];
}

/** Whether faces are looked for. */
export function looksForFaces(request: ExtrasRequest): boolean {
  const { on, faceWeight } = request.focalCrop;
  return (on && faceWeight > 0) || restorersOfExtras(request).length > 0;
}
