// DPM-Solver++(2S) with ancestral steps, Lu et al. 2022 (k-diffusion sample_dpmpp_2s_ancestral).
import { combine, type Latent } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { ancestralStep, sigmaOf, tOf } from './common.ts';

export async function* dpmpp2sAncestral<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { noise, eta = 1, sNoise = 1 }: SamplerOptions,
): SamplerRun<T> {
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(x, sigma);
    const { down, up } = ancestralStep(sigma, sigmaNext, eta);
    let target = denoised;
    const h = tOf(down) - tOf(sigma);
    if (down !== 0) {
      const middle = sigmaOf(tOf(sigma) + h / 2);
      const xMiddle = combine([middle / sigma, x], [-Math.expm1(-h / 2), denoised]);
      target = (await denoise(xMiddle, middle)).guided;
    }
    x = combine([down / sigma, x], [-Math.expm1(-h), target]);
    if (sigmaNext > 0) x = combine([1, x], [sNoise * up, noise(sigma, sigmaNext)]);
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}
