// Trajectory consistency distillation, Zheng et al. 2024 (https://arxiv.org/abs/2402.19159), in the two ways in which people know it
// from the extension sd-webui-tcd-sampler (sample_tcd, sample_tcd_euler_a).
import { combine, type Latent } from '../latent.ts';
import { DiscreteTable } from '../noise-table.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { ancestralStep, derivative } from './common.ts';
import { requireAlphas } from './ddim.ts';

/** How far below a step's time it goes before noise brings it up again, as a part of that time. */
const GAMMA = 0.3;

/** "TCD": DDPM's steps, of which gamma says only whether noise is put back. None is after the last step, wherever that ends. */
export async function* tcd<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { noise, gamma = GAMMA }: SamplerOptions,
): SamplerRun<T> {
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(x, sigma);
    const { down, up } = ancestralStep(sigma, sigmaNext, 1);
    x = combine([1, denoised], [down, derivative(x, sigma, denoised)]);
    if (gamma > 0 && index < sigmas.length - 2) x = combine([1, x], [up, noise(sigma, sigmaNext)]);
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}

/** "TCD Euler a": an Euler step to (1 - gamma) of the time that it starts from, or to its end where that lies lower. */
export async function* tcdEulerA<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  const { noise, gamma = GAMMA } = options;
  const table = new DiscreteTable(requireAlphas(options));
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(x, sigma);
    const down = Math.min(sigmaNext, table.tToSigma((1 - gamma) * table.sigmaToT(sigma)));
    x = combine([1, denoised], [down, derivative(x, sigma, denoised)]);
    if (gamma > 0 && sigmaNext > 0)
      x = combine([1, x], [Math.sqrt(sigmaNext ** 2 - down ** 2), noise(sigma, sigmaNext)]);
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}
