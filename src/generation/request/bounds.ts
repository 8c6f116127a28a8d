// The ranges of A1111's controls, and what can be carried out beyond them. Whether a request keeps to them: validate*.ts, which the page
// does not need before something is asked for.
import type { Bounds } from './problems.ts';
import type { SoftInpainting } from './request.ts';

/** Pixels of a picture's sides. */
export const PICTURE_SIDES = { min: 64, max: 4096 } as const;

/** ... where it is painted in tiles. */
export const TILED_SIDES = { min: 64, max: 8192, step: 8 } as const satisfies Bounds;
/** Extensions that do that. */
const TILING: ReadonlySet<string> = new Set(['Tiled Diffusion']);

/** Of a schedule, far beyond A1111's slider. */
export const MOST_STEPS = 10_000;

/** Range and step of the number fields: of A1111's sliders, and what typing into them is brought to. */
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

/** What can be carried out. A1111's server sets no bounds at all; texts ask for CFG scales of 0 or 45 and for 200 steps. */
export const PARAMETER_LIMITS = {
  ...PARAMETER_BOUNDS,
  steps: { min: 1, max: MOST_STEPS, step: 1 },
  cfgScale: { min: -1000, max: 1000, step: 0.5 },
  width: { ...PICTURE_SIDES, step: 8 },
  height: { ...PICTURE_SIDES, step: 8 },
  batchSize: { min: 1, max: 64, step: 1 },
  subseedStrength: { min: -10, max: 10, step: 0.01 },
  seedResizeFromWidth: { min: 0, max: 4096, step: 8 },
  seedResizeFromHeight: { min: 0, max: 4096, step: 8 },
} as const satisfies Readonly<Record<string, Bounds>>;

/** Whether pictures are painted in tiles. `extensions`: those that are on. */
export function paintsTiles(extensions: readonly { readonly name: string }[]): boolean {
  return extensions.some(({ name }) => TILING.has(name));
}

/** Of hires fix's sliders. */
export const HIRES_BOUNDS = {
  scale: { min: 1, max: 4, step: 0.05 },
  resizeWidth: { min: 0, max: 2048, step: 8 },
  resizeHeight: { min: 0, max: 2048, step: 8 },
  steps: { min: 0, max: 150, step: 1 },
} as const satisfies Readonly<Record<string, Bounds>>;

/** Of the refiner's "Switch at". */
export const SWITCH_BOUNDS = { min: 0.01, max: 1, step: 0.01 } as const satisfies Bounds;

/** What can be carried out where texts and programs ask for more than the sliders offer. */
export const HIRES_LIMITS = {
  scale: { min: 0.05, max: 16 },
  resizeWidth: { min: 0, max: PICTURE_SIDES.max },
  resizeHeight: { min: 0, max: PICTURE_SIDES.max },
  steps: { min: 0, max: MOST_STEPS },
  cfgScale: { min: -1000, max: 1000 },
} as const;

/** Of the denoising strength. */
export const DENOISING_BOUNDS = { min: 0, max: 1, step: 0.01 } as const satisfies Bounds;

/** Of "Image CFG Scale". */
export const IMAGE_CFG_BOUNDS = { min: 0, max: 3, step: 0.05 } as const satisfies Bounds;

/** Of inpainting's sliders. */
export const INPAINT_BOUNDS = {
  maskBlur: { min: 0, max: 64, step: 1 },
  padding: { min: 0, max: 256, step: 4 },
} as const satisfies Readonly<Record<string, Bounds>>;

/** Of soft inpainting's sliders. */
export const SOFT_INPAINTING_BOUNDS = {
  scheduleBias: { min: 0, max: 8, step: 0.1 },
  preservationStrength: { min: 0, max: 8, step: 0.05 },
  transitionContrastBoost: { min: 1, max: 32, step: 0.5 },
  maskInfluence: { min: 0, max: 1, step: 0.05 },
  differenceThreshold: { min: 0, max: 8, step: 0.25 },
  differenceContrast: { min: 0, max: 8, step: 0.25 },
} as const satisfies Readonly<Record<keyof SoftInpainting, Bounds>>;

/** A1111's labels. */
export const SOFT_INPAINTING_NAMES: Readonly<Record<keyof SoftInpainting, string>> = {
  scheduleBias: 'Schedule bias',
  preservationStrength: 'Preservation strength',
  transitionContrastBoost: 'Transition contrast boost',
  maskInfluence: 'Mask influence',
  differenceThreshold: 'Difference threshold',
  differenceContrast: 'Difference contrast',
};
