// How many of its steps a request carries out.
import { img2imgSteps } from '../../sampling/steps.ts';
import type { GenerationParameters } from './request.ts';

/** Sampling steps of a batch: all that are asked for, or the part of them that img2img's denoising strength leaves. */
export function runSteps({
  steps,
  settings,
  img2img,
}: Pick<GenerationParameters, 'steps'> &
  Partial<Pick<GenerationParameters, 'settings' | 'img2img'>>): number {
  if (!img2img) return steps;
  return img2imgSteps(steps, img2img.denoisingStrength, settings?.img2imgFixSteps ?? false).encodeSteps + 1;
}
