// DPM2 and DPM2 a: DPM-Solver-2 with its middle evaluation half-way on the log scale.
import { combine, type Latent } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { ancestralStep, churn, derivative } from './common.ts';

/** A second-order step down from `sigma` to `to`, given the derivative at its start; Euler's when it ends at 0. */
async function secondOrderStep<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigma: number,
  to: number,
  d: T,
): Promise<T> {
  if (to === 0) return combine([1, x], [to - sigma, d]);
  const middle = Math.exp((Math.log(sigma) + Math.log(to)) / 2);
  const xMiddle = combine([1, x], [middle - sigma, d]);
  const { guided } = await denoise(xMiddle, middle);
  return combine([1, x], [to - sigma, derivative(xMiddle, middle, guided)]);
}

/** k-diffusion sample_dpm_2. */
export async function* dpm2<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  const steps = sigmas.length - 1;
  for (let index = 0; index < steps; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const churned = churn(x, sigma, sigmaNext, steps, options);
    const { sigmaHat } = churned;
    const { guided: denoised } = await denoise(churned.x, sigmaHat);
    const d = derivative(churned.x, sigmaHat, denoised);
    x = await secondOrderStep(denoise, churned.x, sigmaHat, sigmaNext, d);
    yield { index, sigma, sigmaHat, x, denoised };
  }
  return x;
}

/** k-diffusion sample_dpm_2_ancestral. */
export async function* dpm2Ancestral<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { noise, eta = 1, sNoise = 1 }: SamplerOptions,
): SamplerRun<T> {
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(x, sigma);
    const { down, up } = ancestralStep(sigma, sigmaNext, eta);
    x = await secondOrderStep(denoise, x, sigma, down, derivative(x, sigma, denoised));
    if (down !== 0) x = combine([1, x], [sNoise * up, noise(sigma, sigmaNext)]);
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}
