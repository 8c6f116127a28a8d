// Latent consistency sampling, Luo et al. 2023 (A1111 modules/sd_samplers_lcm.py sample_lcm).
import { combine, type Latent } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';

export async function* lcm<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { noise }: SamplerOptions,
): SamplerRun<T> {
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(x, sigma);
    x = sigmaNext > 0 ? combine([1, denoised], [sigmaNext, noise(sigma, sigmaNext)]) : denoised;
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}
