// Gradient estimation, Permenter and Yuan 2023 (https://arxiv.org/abs/2306.04848): Euler's method whose direction is corrected by how
// it changed since the last step. As in ComfyUI (sample_gradient_estimation and its CFG++ kind).
import { combine, type Latent } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { derivative } from './common.ts';

/** How far the direction is carried on. 1: Euler's method. */
const GAMMA = 2;

export function gradientEstimation<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  return corrected(denoise, x, sigmas, options, false);
}

export function gradientEstimationCfgPp<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  return corrected(denoise, x, sigmas, options, true);
}

async function* corrected<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { gamma = GAMMA }: SamplerOptions,
  cfgPp: boolean,
): SamplerRun<T> {
  let previous: T | null = null;
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised, uncond } = await denoise(x, sigma);
    const d = derivative(x, sigma, cfgPp ? uncond : denoised);
    if (sigmaNext === 0) x = denoised;
    else {
      const dt = sigmaNext - sigma;
      x = cfgPp ? combine([1, denoised], [sigmaNext, d]) : combine([1, x], [dt, d]);
      if (previous) x = combine([1, x], [(gamma - 1) * dt, d], [-(gamma - 1) * dt, previous]);
    }
    previous = d;
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}
