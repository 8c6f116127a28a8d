// How many of its steps a request carries out.
import { img2imgSteps } from '../../sampling/steps.ts';
import type { GenerationParameters } from './request.ts';

type Asked = Pick<GenerationParameters, 'steps'> &
  Partial<Pick<GenerationParameters, 'settings' | 'img2img' | 'hires'>>;

/**
 * Sampling steps of a batch: all that are asked for, or the part of them that img2img's denoising strength leaves. Hires fix makes
 * as many in its second pass as are asked for there; its first pass may be there already.
 */
export function runSteps({ steps, settings, img2img, hires }: Asked): number {
  if (hires) return (hires.firstPass ? 0 : steps) + (hires.steps || steps);
  if (!img2img) return steps;
  return img2imgSteps(steps, img2img.denoisingStrength, settings?.img2imgFixSteps ?? false).encodeSteps + 1;
}
