// CFG++ (Chung et al. 2024, https://arxiv.org/abs/2406.08070) for sigma samplers: renoise with the unconditional
// prediction after stepping to the guided one. As in ComfyUI and reForge (sample_euler_cfg_pp and its kin).
import { combine, type Latent } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { ancestralStep, derivative, sigmaOf, tOf } from './common.ts';

export function eulerCfgPp<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  return eulerAncestralCfgPp(denoise, x, sigmas, { ...options, eta: 0 });
}

export async function* eulerAncestralCfgPp<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { noise, eta = 1, sNoise = 1 }: SamplerOptions,
): SamplerRun<T> {
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised, uncond } = await denoise(x, sigma);
    const { down, up } = ancestralStep(sigma, sigmaNext, eta);
    x = combine([1, denoised], [down, derivative(x, sigma, uncond)]);
    if (up > 0) x = combine([1, x], [sNoise * up, noise(sigma, sigmaNext)]);
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}

export async function* dpmpp2mCfgPp<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
): SamplerRun<T> {
  let previousUncond: T | null = null;
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised, uncond } = await denoise(x, sigma);
    const shrink = sigmaNext / sigma;
    let after = combine([1, denoised], [shrink, x], [-shrink, uncond]);
    if (previousUncond && sigmaNext > 0) {
      const h = tOf(sigmaNext) - tOf(sigma);
      const r = (tOf(sigma) - tOf(sigmas[index - 1]!)) / h;
      const weight = -Math.expm1(-h) / (2 * r);
      after = combine([1, after], [weight, denoised], [-weight, previousUncond]);
    }
    x = after;
    previousUncond = uncond;
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}

/** DPM-Solver++(2S) with ancestral steps. */
export async function* dpmpp2sAncestralCfgPp<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { noise, eta = 1, sNoise = 1 }: SamplerOptions,
): SamplerRun<T> {
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised, uncond } = await denoise(x, sigma);
    const { down, up } = ancestralStep(sigma, sigmaNext, eta);
    if (down === 0) x = combine([1, denoised]);
    else {
      const h = tOf(down) - tOf(sigma);
      const middle = sigmaOf(tOf(sigma) + h / 2);
      const guidedFrom = (unguided: T): T => combine([1, x], [1, denoised], [-1, unguided]);
      const between = combine([middle / sigma, guidedFrom(uncond)], [-Math.expm1(-h / 2), denoised]);
      const second = await denoise(between, middle);
      // The unconditional prediction is the newest one there is, as in the reference, whatever denoised is.
      x = combine([down / sigma, guidedFrom(second.uncond)], [-Math.expm1(-h), second.guided]);
    }
    if (sigmaNext > 0) x = combine([1, x], [sNoise * up, noise(sigma, sigmaNext)]);
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}
