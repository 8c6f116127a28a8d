// How answers to prompts become one prediction (A1111 modules/sd_samplers_cfg_denoiser.py, CFGDenoiser.combine_denoised).
import { combine, type Latent, type Term } from './latent.ts';

/** uncond + sum of (cond - uncond) * weight * scale. */
export function combineGuidance<T extends Latent>(
  conds: readonly { readonly weight: number; readonly output: T }[],
  uncond: T,
  cfgScale: number,
): T {
  const terms = conds.map(({ weight, output }): Term => [weight * cfgScale, output]);
  const total = conds.reduce((sum, { weight }) => sum + weight * cfgScale, 0);
  return combine([1 - total, uncond], ...terms);
}

/**
 * InstructPix2Pix (Brooks et al. 2023, equation 3; CFGDenoiser.combine_denoised_for_edit_model): `both` saw prompt and picture,
 * `pictureOnly` the negative prompt in place of the prompt, `none` no picture either.
 */
export function combineEditing<T extends Latent>(
  both: T,
  pictureOnly: T,
  none: T,
  cfgScale: number,
  imageCfgScale: number,
): T {
  return combine([1 - imageCfgScale, none], [cfgScale, both], [imageCfgScale - cfgScale, pictureOnly]);
}
