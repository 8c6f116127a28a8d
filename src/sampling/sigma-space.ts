// One sampler's terms beside another's: sigma samplers have x = x0 + sigma * noise and get x0, timestep samplers have
// x = sqrt(alpha) x0 + sqrt(1 - alpha) eps and get eps. Formulas of guidance are written for the former.
import { combine, scale, type Latent } from './latent.ts';

export interface SigmaSpace {
  sigma(level: number): number;
  /** The noisy latent: x0 + sigma * noise. */
  noisy<T extends Latent>(x: T, level: number): T;
  /** ... and back. */
  given<T extends Latent>(noisy: T, level: number): T;
  /** The clean latent that an answer of the sampler's kind means. */
  denoised<T extends Latent>(x: T, output: T, level: number): T;
  /** ... and back. */
  output<T extends Latent>(x: T, denoised: T, level: number): T;
}

export const SIGMA_SPACE: SigmaSpace = {
  sigma: (sigma) => sigma,
  noisy: (x) => x,
  given: (noisy) => noisy,
  denoised: (_, output) => output,
  output: (_, denoised) => denoised,
};

/** Of timestep samplers on a table of alphas_cumprod; between two of its entries the lower one counts, as in A1111. */
export function timestepSpace(alphasCumprod: ArrayLike<number>): SigmaSpace {
  const rootsAt = (t: number): readonly [signal: number, noise: number] => {
    const alpha = alphasCumprod[Math.trunc(t)]!;
    return [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
  };
  return {
    sigma(t) {
      const [signal, noise] = rootsAt(t);
      return noise / signal;
    },
    noisy: (x, t) => scale(x, 1 / rootsAt(t)[0]),
    given: (noisy, t) => scale(noisy, rootsAt(t)[0]),
    denoised(x, eps, t) {
      const [signal, noise] = rootsAt(t);
      return combine([1 / signal, x], [-noise / signal, eps]);
    },
    output(x, denoised, t) {
      const [signal, noise] = rootsAt(t);
      return combine([1 / noise, x], [-signal / noise, denoised]);
    },
  };
}
