// The noise levels sampled with: the model's, bent as the settings ask (A1111 modules/sd_models.py,
// apply_alpha_schedule_override).
import { downcastAlphas, linearAlphasCumprod, zeroTerminalSnr } from '../sampling/noise-table.ts';
import type { ImageSettings } from './image-settings.ts';

/** alphas_cumprod, 1000 values. */
export function alphasCumprodOf({ downcastAlphas: downcast, noiseSchedule }: ImageSettings): Float32Array {
  const trained = linearAlphasCumprod();
  const alphas = downcast ? downcastAlphas(trained) : trained;
  return noiseSchedule === 'Zero Terminal SNR' ? zeroTerminalSnr(alphas) : alphas;
}
