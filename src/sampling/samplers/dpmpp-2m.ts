// DPM-Solver++(2M), Lu et al. 2022 (https://arxiv.org/abs/2211.01095), and its SDE form.
import { combine, type Latent } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { tOf } from './common.ts';

/** k-diffusion sample_dpmpp_2m. */
export async function* dpmpp2m<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
): SamplerRun<T> {
  let previous: T | null = null;
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(x, sigma);
    const h = tOf(sigmaNext) - tOf(sigma);
    let target = denoised;
    if (previous && sigmaNext > 0) {
      const r = (tOf(sigma) - tOf(sigmas[index - 1]!)) / h;
      target = combine([1 + 1 / (2 * r), denoised], [-1 / (2 * r), previous]);
    }
    x = combine([sigmaNext / sigma, x], [-Math.expm1(-h), target]);
    previous = denoised;
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}

/** k-diffusion sample_dpmpp_2m_sde; `solverType` says how the second order is taken. Needs two steps or more. */
export async function* dpmpp2mSde<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { noise, eta = 1, sNoise = 1, solverType = 'midpoint' }: SamplerOptions,
): SamplerRun<T> {
  let previous: T | null = null;
  let hLast = 0;
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(x, sigma);
    if (sigmaNext === 0) {
      x = denoised;
    } else {
      const h = tOf(sigmaNext) - tOf(sigma);
      const hEta = h * (1 + eta);
      const part = -Math.expm1(-hEta);
      x = combine([(sigmaNext / sigma) * Math.exp(-eta * h), x], [part, denoised]);
      if (previous) {
        const weight = solverType === 'heun' ? 1 - part / hEta : 0.5 * part;
        const perR = (weight * h) / hLast;
        x = combine([1, x], [perR, denoised], [-perR, previous]);
      }
      if (eta !== 0) {
        const up = sigmaNext * Math.sqrt(-Math.expm1(-2 * eta * h)) * sNoise;
        x = combine([1, x], [up, noise(sigma, sigmaNext)]);
      }
      hLast = h;
    }
    previous = denoised;
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}
