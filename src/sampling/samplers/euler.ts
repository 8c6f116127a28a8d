// Euler and Euler a.
import { combine, type Latent } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { ancestralStep, churn, derivative } from './common.ts';

/** Karras et al. 2022, algorithm 2 with Euler steps (k-diffusion sample_euler). */
export async function* euler<T extends Latent>(
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
    x = combine([1, churned.x], [sigmaNext - sigmaHat, d]);
    yield { index, sigma, sigmaHat, x, denoised };
  }
  return x;
}

/** Ancestral sampling with Euler steps (k-diffusion sample_euler_ancestral). */
export async function* eulerAncestral<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { noise, eta = 1, sNoise = 1 }: SamplerOptions,
): SamplerRun<T> {
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(x, sigma);
    const { down, up } = ancestralStep(sigma, sigmaNext, eta);
    x = combine([1, x], [down - sigma, derivative(x, sigma, denoised)]);
    if (sigmaNext > 0) x = combine([1, x], [sNoise * up, noise(sigma, sigmaNext)]);
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}
