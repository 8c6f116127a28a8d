// PLMS: pseudo linear multistep, Liu et al. 2022 (https://arxiv.org/abs/2202.09778), as A1111 has it
// (modules/sd_samplers_timesteps_impl.py).
import { combine, type Latent } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { predictX0, requireAlphas } from './ddim.ts';

/** `timesteps` ascending; makes one step fewer than there are, the first with two evaluations. */
export async function* plms<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  timesteps: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  const alphas = requireAlphas(options);
  /** Newest first. */
  const older: T[] = [];
  for (let index = 0; index < timesteps.length - 1; index++) {
    const t = timesteps[timesteps.length - 1 - index]!;
    const tNext = timesteps[timesteps.length - 2 - index]!;
    const [alpha, alphaNext] = [alphas[t]!, alphas[tNext]!];
    const stepTo = (eps: T): { readonly x: T; readonly denoised: T } => {
      const denoised = predictX0(x, eps, alpha);
      return { x: combine([Math.sqrt(alphaNext), denoised], [Math.sqrt(1 - alphaNext), eps]), denoised };
    };

    const { guided: eps } = await denoise(x, t);
    const [e1, e2, e3] = older;
    let mixed: T;
    if (!e1) {
      const { guided: ahead } = await denoise(stepTo(eps).x, tNext);
      mixed = combine([1 / 2, eps], [1 / 2, ahead]);
    } else if (!e2) {
      mixed = combine([3 / 2, eps], [-1 / 2, e1]);
    } else if (!e3) {
      mixed = combine([23 / 12, eps], [-16 / 12, e1], [5 / 12, e2]);
    } else {
      mixed = combine([55 / 24, eps], [-59 / 24, e1], [37 / 24, e2], [-9 / 24, e3]);
    }
    const step = stepTo(mixed);
    older.unshift(eps);
    older.length = Math.min(older.length, 3);
    x = step.x;
    yield { index, sigma: t, sigmaHat: t, x, denoised: step.denoised };
  }
  return x;
}
