// A1111's postprocessing of pictures, step by step (modules/scripts_postprocessing.py, run): every step sees the picture and all
// that earlier steps have made beside it.
import type { PixelImage } from '../image/pixels.ts';
import { autoSizedCrop } from './auto-sized-crop.ts';
import { codeFormer, gfpgan } from './extras-faces.ts';
import type { ExtrasRequest, OrderRequest } from './extras-request.ts';
import type { Colorize, ExtrasStep, WorkedPicture } from './extras-step.ts';
import { recolor } from './extras-recolor.ts';
import { targetSize, upscaleStep } from './extras-upscale.ts';
import type { FaceTools } from './faces/restore-faces.ts';
import { flippedCopies } from './flipped-copies.ts';
import { focalCrop } from './focal-crop.ts';
import { splitOversized } from './split-oversized.ts';
import type { Upscale } from './upscale.ts';

/** In A1111's order, after Recolor, which it has not there. */
export const EXTRAS_STEPS: readonly ExtrasStep[] = [
  recolor,
  upscaleStep,
  gfpgan,
  codeFormer,
  splitOversized,
  focalCrop,
  autoSizedCrop,
  flippedCopies,
];

export interface ExtrasRun {
  /** Of the picture that Recolor takes colours from, where that is asked for. */
  readonly colors?: PixelImage | null;
  readonly colorize: Colorize;
  readonly upscale: Upscale;
  readonly faces: FaceTools;
  /** Called before each step of each picture. What it throws ends the work. */
  readonly onStep?: (step: string, done: number, total: number) => void | Promise<void>;
}

/** All steps: those that are named first, the others in A1111's order. */
export function stepsInOrder({ first }: OrderRequest): readonly ExtrasStep[] {
  const rank = ({ name }: ExtrasStep): number => (first.includes(name) ? first.indexOf(name) : first.length);
  return EXTRAS_STEPS.toSorted((a, b) => rank(a) - rank(b));
}

/** The picture first, then those made beside it, in the order in which they came up. */
export async function runExtras(
  image: PixelImage,
  request: ExtrasRequest,
  { colors = null, colorize, upscale, faces, onStep }: ExtrasRun,
): Promise<readonly WorkedPicture[]> {
  const means = { colors, colorize, upscale, faces, target: targetSize(image, request.upscale) };
  let pictures: readonly WorkedPicture[] = [{ image, info: new Map() }];
  for (const step of stepsInOrder(request.order).filter((step) => step.isOn(request))) {
    const firsts: WorkedPicture[] = [];
    const others: WorkedPicture[] = [];
    for (const [index, picture] of pictures.entries()) {
      await onStep?.(step.name, index, pictures.length);
      const [first, ...rest] = await step.process(picture, request, means);
      firsts.push(first);
      others.push(...rest);
    }
    pictures = [...firsts, ...others];
  }
  return pictures;
}
