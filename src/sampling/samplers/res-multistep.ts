// The second-order multistep kind of the refined exponential solver, Zhang et al. 2023 (https://arxiv.org/abs/2308.02157), as in
// ComfyUI (sample_res_multistep and its kin).
import { combine, type Latent } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { ancestralStep, derivative, tOf } from './common.ts';
import { phi1, phi2 } from './exponential.ts';

export function resMultistep<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  return multistep(denoise, x, sigmas, { ...options, eta: 0 }, false);
}

export function resMultistepAncestral<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  return multistep(denoise, x, sigmas, options, false);
}

export function resMultistepCfgPp<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  return multistep(denoise, x, sigmas, { ...options, eta: 0 }, true);
}

/** The last step's prediction and where that step went down to. */
interface Last<T> {
  readonly target: T;
  readonly down: number;
}

async function* multistep<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { noise, eta = 1, sNoise = 1 }: SamplerOptions,
  cfgPp: boolean,
): SamplerRun<T> {
  let last: Last<T> | null = null;
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised, uncond } = await denoise(x, sigma);
    // What is stepped along: CFG++ goes along the unconditional prediction and adds what guidance makes of it.
    const target = cfgPp ? uncond : denoised;
    const { down, up } = ancestralStep(sigma, sigmaNext, eta);
    if (down === 0 || !last) x = combine([1, denoised], [down, derivative(x, sigma, target)]);
    else {
      const h = tOf(down) - tOf(sigma);
      const c2 = (tOf(sigmas[index - 1]!) - tOf(last.down)) / h;
      const b2 = finite(phi2(-h) / c2);
      const b1 = finite(phi1(-h) - phi2(-h) / c2);
      const from = cfgPp ? combine([1, x], [1, denoised], [-1, uncond]) : x;
      x = combine([Math.exp(-h), from], [h * b1, target], [h * b2, last.target]);
    }
    // Drawn even where none is put back, as in the reference.
    if (sigmaNext > 0) x = combine([1, x], [sNoise * up, noise(sigma, sigmaNext)]);
    last = { target, down };
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}

/** Steps that come together leave the older prediction out. */
const finite = (value: number): number => (Number.isFinite(value) ? value : 0);
