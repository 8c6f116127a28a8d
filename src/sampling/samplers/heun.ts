// Heun and Heun++.
import { combine, type Latent } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { churn, derivative } from './common.ts';

/** Karras et al. 2022, algorithm 2 (k-diffusion sample_heun). */
export async function* heun<T extends Latent>(
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
    const dt = sigmaNext - sigmaHat;
    x = combine([1, churned.x], [dt, d]);
    if (sigmaNext > 0) {
      const second = await denoise(x, sigmaNext);
      x = combine([1, churned.x], [dt / 2, d], [dt / 2, derivative(x, sigmaNext, second.guided)]);
    }
    yield { index, sigma, sigmaHat, x, denoised };
  }
  return x;
}

/**
 * Heun++ of Forge and ComfyUI (sample_heunpp2, from Carzit/sd-webui-samplers-scheduler): weighs the derivatives of up
 * to three evaluations by their sigmas; two before the last step, one in it.
 */
export async function* heunPp2<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  const steps = sigmas.length - 1;
  const end = sigmas[steps]!;
  for (let index = 0; index < steps; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    // ComfyUI's samplers draw nothing where there is no churn.
    const churned = options.sChurn ? churn(x, sigma, sigmaNext, steps, options) : { x, sigmaHat: sigma };
    const { sigmaHat } = churned;
    const { guided: denoised } = await denoise(churned.x, sigmaHat);
    const d = derivative(churned.x, sigmaHat, denoised);
    const dt = sigmaNext - sigmaHat;
    x = combine([1, churned.x], [dt, d]);
    if (sigmaNext !== end) {
      const second = derivative(x, sigmaNext, (await denoise(x, sigmaNext)).guided);
      const sigmaAfter = sigmas[index + 2]!;
      if (sigmaAfter === end) {
        const w2 = sigmaNext / (2 * sigmas[0]!);
        x = combine([1, churned.x], [dt * (1 - w2), d], [dt * w2, second]);
      } else {
        const ahead = combine([1, x], [sigmaAfter - sigmaNext, second]);
        const third = derivative(ahead, sigmaAfter, (await denoise(ahead, sigmaAfter)).guided);
        const [w2, w3] = [sigmaNext / (3 * sigmas[0]!), sigmaAfter / (3 * sigmas[0]!)];
        x = combine([1, churned.x], [dt * (1 - w2 - w3), d], [dt * w2, second], [dt * w3, third]);
      }
    }
    yield { index, sigma, sigmaHat, x, denoised };
  }
  return x;
}
