// Inpainting in latents: what is painted, brought together with what is kept (A1111 modules/sd_samplers_cfg_denoiser.py, apply_blend;
// extensions-builtin/soft-inpainting).
import { emptyLike, type Latent } from './latent.ts';

/** A latent image that is kept where `paint` is 0 and painted over where it is 1. Both as long as the batch. */
export interface LatentMask {
  readonly original: Latent;
  readonly paint: Latent;
}

/** A latent of the batch, at a sampler's noise level (sigma, or t in timestep samplers), with what is kept put back. */
export type Blend = <T extends Latent>(x: T, level: number) => T;

/** Linear. */
export function blendLinearly<T extends Latent>(x: T, { original, paint }: LatentMask): T {
  const out = emptyLike(x);
  for (let i = 0; i < x.length; i++) out[i] = x[i]! * paint[i]! + original[i]! * (1 - paint[i]!);
  return out;
}

/** How soft inpainting blends latents. */
export interface SoftBlend {
  /** Above 1 the original counts more at high noise levels, below at low ones. */
  readonly scheduleBias: number;
  /** Above 1 half masked parts keep more of the original. */
  readonly preservationStrength: number;
  /** How much nearer the blended vectors' lengths are to the longer one's. */
  readonly transitionContrastBoost: number;
}

/**
 * Vectors across the channels are blended, and their lengths apart from them, so that little contrast is lost. `size`: of one image's
 * plane. float32 where torch computes in it.
 */
export function blendSoftly<T extends Latent>(
  x: T,
  { original, paint }: LatentMask,
  level: number,
  size: number,
  channels: number,
  { scheduleBias, preservationStrength, transitionContrastBoost: boost }: SoftBlend,
): T {
  const round = Math.fround;
  const exponent = round(round(round(level) ** scheduleBias) * preservationStrength);
  const out = emptyLike(x);
  for (let first = 0; first < x.length; first += channels * size) {
    for (let i = first; i < first + size; i++) {
      const share = round(paint[i]! ** exponent);
      const rest = round(1 - share);
      const at = (c: number): number => i + c * size;
      for (let c = 0; c < channels; c++)
        out[at(c)] = round(round(original[at(c)]! * rest) + round(x[at(c)]! * share));
      const length = (of: Latent): number => lengthAcross(of, i, size, channels);
      const wanted = (length(original) ** boost * rest + length(x) ** boost * share) ** (1 / boost);
      const factor = round(wanted / (length(out) + 1e-5));
      for (let c = 0; c < channels; c++) out[at(c)]! *= factor;
    }
  }
  return out;
}

/** Of the vector across the channels, in float32. */
export function lengthAcross(latent: Latent, at: number, size: number, channels: number): number {
  let squares = 0;
  for (let c = 0; c < channels; c++) squares += latent[at + c * size]! ** 2;
  return Math.fround(Math.sqrt(squares));
}
