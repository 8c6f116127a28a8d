// DDIM, Song et al. 2020 (https://arxiv.org/abs/2010.02502), and DDIM CFG++, Chung et al. 2024
// (https://arxiv.org/abs/2406.08070), as A1111 has them (modules/sd_samplers_timesteps_impl.py).
import { combine, type Latent } from '../latent.ts';
import type { Denoise, Guided, SamplerOptions, SamplerRun } from '../types.ts';

/** The model's table, without which timesteps mean nothing. */
export function requireAlphas({ alphasCumprod }: SamplerOptions): ArrayLike<number> {
  if (!alphasCumprod) throw new TypeError("Timestep samplers need the model's alphasCumprod.");
  return alphasCumprod;
}

/** The clean latent that eps implies at noise level alpha. */
export function predictX0<T extends Latent>(x: T, eps: T, alpha: number): T {
  return combine([1 / Math.sqrt(alpha), x], [-Math.sqrt((1 - alpha) / alpha), eps]);
}

async function* ddimAlong<T extends Latent>(
  direction: (prediction: Guided<T>) => T,
  denoise: Denoise<T>,
  x: T,
  timesteps: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  const { noise, eta = 0 } = options;
  const alphas = requireAlphas(options);
  for (let index = 0; index < timesteps.length - 1; index++) {
    const t = timesteps[timesteps.length - 1 - index]!;
    const tNext = timesteps[timesteps.length - 2 - index]!;
    const [alpha, alphaNext] = [alphas[t]!, alphas[tNext]!];
    const prediction = await denoise(x, t);
    const sigma = eta * Math.sqrt(((1 - alphaNext) / (1 - alpha)) * (1 - alpha / alphaNext));
    const denoised = predictX0(x, prediction.guided, alpha);
    // Drawn even when eta is 0, as in the reference.
    const drawn = noise(t, tNext);
    x = combine(
      [Math.sqrt(alphaNext), denoised],
      [Math.sqrt(1 - alphaNext - sigma ** 2), direction(prediction)],
      [sigma, drawn],
    );
    yield { index, sigma: t, sigmaHat: t, x, denoised };
  }
  return x;
}

/** `timesteps` ascending; makes one step fewer than there are. */
export function ddim<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  timesteps: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  return ddimAlong(({ guided }) => guided, denoise, x, timesteps, options);
}

/** Steps along the unconditional eps. Guidance is scaled to 1/12.5 of the person's value by its `cfgDivisor`. */
export function ddimCfgPp<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  timesteps: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  return ddimAlong(({ uncond }) => uncond, denoise, x, timesteps, options);
}
