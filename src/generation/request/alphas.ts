// The noise levels sampled with: the model's, bent as the settings ask (A1111 modules/sd_models.py,
// apply_alpha_schedule_override).
import type { FileBuffers } from '../../models/buffers.ts';
import { downcastAlphas, linearAlphasCumprod, zeroTerminalSnr } from '../../sampling/noise-table.ts';
import type { VFactors } from '../../sampling/denoiser.ts';
import type { ImageSettings } from './image-settings.ts';

/** alphas_cumprod, 1000 values. `buffers`: what the model's file has of its own. */
export function alphasCumprodOf(
  { downcastAlphas: downcast, noiseSchedule }: ImageSettings,
  buffers: FileBuffers = {},
): Float32Array {
  const trained = buffers.alphasCumprod ? Float32Array.from(buffers.alphasCumprod) : linearAlphasCumprod();
  const alphas = downcast ? downcastAlphas(trained) : trained;
  return isZeroTerminalSnr(noiseSchedule, buffers) ? zeroTerminalSnr(alphas) : alphas;
}

/** As the setting says, or else as the model's file does. */
export function isZeroTerminalSnr(
  noiseSchedule: ImageSettings['noiseSchedule'],
  buffers: FileBuffers = {},
): boolean {
  return noiseSchedule === 'Default' ? (buffers.zeroTerminalSnr ?? false) : noiseSchedule !== 'Ordinary';
}

/** The two factors of v-prediction for timestep samplers: A1111 never bends these, nor derives them from the file's alphas. */
export function vFactorsOf(buffers: FileBuffers): VFactors {
  const alphas = linearAlphasCumprod();
  return {
    v: buffers.sqrtAlphasCumprod ?? Array.from(alphas, Math.sqrt),
    x: buffers.sqrtOneMinusAlphasCumprod ?? Array.from(alphas, (alpha) => Math.sqrt(1 - alpha)),
  };
}
