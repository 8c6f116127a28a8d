// DPM-Solver++ as stochastic differential equations, one and three steps back. (The 2M form is in dpmpp-2m.ts.)
import { combine, type Latent } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { ancestralStep, sigmaOf, tOf } from './common.ts';

/** k-diffusion sample_dpmpp_sde: two evaluations a step, the second at a part `r` of it. */
export async function* dpmppSde<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { noise, eta = 1, sNoise = 1, r = 1 / 2 }: SamplerOptions,
): SamplerRun<T> {
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(x, sigma);
    if (sigmaNext === 0) {
      x = denoised;
    } else {
      const middle = sigmaOf(tOf(sigma) + r * (tOf(sigmaNext) - tOf(sigma)));
      const part = ancestralStep(sigma, middle, eta);
      const xMiddle = combine(
        [part.down / sigma, x],
        [1 - part.down / sigma, denoised],
        [sNoise * part.up, noise(sigma, middle)],
      );
      const { guided: second } = await denoise(xMiddle, middle);

      const whole = ancestralStep(sigma, sigmaNext, eta);
      const share = 1 / (2 * r);
      const target = combine([1 - share, denoised], [share, second]);
      x = combine(
        [whole.down / sigma, x],
        [1 - whole.down / sigma, target],
        [sNoise * whole.up, noise(sigma, sigmaNext)],
      );
    }
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}

/** k-diffusion sample_dpmpp_3m_sde. */
export async function* dpmpp3mSde<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { noise, eta = 1, sNoise = 1 }: SamplerOptions,
): SamplerRun<T> {
  let previous: { readonly denoised: T; readonly h: number } | null = null;
  let before: { readonly denoised: T; readonly h: number } | null = null;
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(x, sigma);
    if (sigmaNext === 0) {
      x = denoised;
    } else {
      const h = tOf(sigmaNext) - tOf(sigma);
      const hEta = h * (eta + 1);
      x = combine([Math.exp(-hEta), x], [-Math.expm1(-hEta), denoised]);
      if (previous) {
        const phi2 = Math.expm1(-hEta) / hEta + 1;
        const r0 = previous.h / h;
        const slope = combine([1 / r0, denoised], [-1 / r0, previous.denoised]);
        if (before) {
          const phi3 = phi2 / hEta - 0.5;
          const r1 = before.h / h;
          const olderSlope = combine([1 / r1, previous.denoised], [-1 / r1, before.denoised]);
          const bend = combine([1 / (r0 + r1), slope], [-1 / (r0 + r1), olderSlope]);
          x = combine([1, x], [phi2, slope], [phi2 * r0 - phi3, bend]);
        } else {
          x = combine([1, x], [phi2, slope]);
        }
      }
      if (eta !== 0) {
        const up = sigmaNext * Math.sqrt(-Math.expm1(-2 * h * eta)) * sNoise;
        x = combine([1, x], [up, noise(sigma, sigmaNext)]);
      }
      before = previous;
      previous = { denoised, h };
    }
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}
