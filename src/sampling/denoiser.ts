// Parameterisations: what the network is given for a noise level, and what its raw output means (k-diffusion
// external.py; A1111 sd_samplers_lcm.py, sd_samplers_timesteps.py). Each is written once, here, for every sampler.
import { combine, type Latent, scale } from './latent.ts';
import type { NoiseTable } from './noise-table.ts';
import type { Prediction } from './types.ts';

export interface Parameterization {
  /** What the network sees at a noise level (sigma, or t for timestep samplers): x times `scale`, and `t`. */
  input(level: number): { readonly scale: number; readonly t: number };
  /** The network's raw output for `x` (before scaling), turned into what the sampler works with. */
  output<T extends Latent>(x: T, raw: T, level: number): T;
}

/** The clean latent for x = x0 + sigma * noise. The network saw x / sqrt(sigma^2 + 1). */
function denoisedFrom<T extends Latent>(prediction: Prediction, x: T, raw: T, sigma: number): T {
  switch (prediction) {
    case 'epsilon':
      return combine([1, x], [-sigma, raw]);
    case 'v':
      return combine([1 / (sigma ** 2 + 1), x], [-sigma / Math.sqrt(sigma ** 2 + 1), raw]);
    case 'sample':
      return raw;
  }
}

/** For sigma samplers: gives the denoised latent. */
export function sigmaParameterization(prediction: Prediction, table: NoiseTable): Parameterization {
  return {
    input: (sigma) => ({ scale: 1 / Math.sqrt(sigma ** 2 + 1), t: table.sigmaToT(sigma) }),
    output: (x, raw, sigma) => denoisedFrom(prediction, x, raw, sigma),
  };
}

/** For LCM: the denoised latent under the boundary condition of Luo et al. 2023, sigma_data 0.5. */
export function lcmParameterization(prediction: Prediction, table: NoiseTable): Parameterization {
  const sigmaData = 0.5;
  return {
    input: (sigma) => ({ scale: 1 / Math.sqrt(sigma ** 2 + 1), t: table.sigmaToT(sigma) }),
    output: (x, raw, sigma) => {
      // Large times: the rounding shows in the last bits.
      const { round } = table;
      const time = table.sigmaToT(sigma) * 10;
      const sum = round(round(time ** 2) + sigmaData ** 2);
      const skip = round(sigmaData ** 2 / sum);
      const out = round(time / round(Math.sqrt(sum)));
      return combine([out, denoisedFrom(prediction, x, raw, sigma)], [skip, x]);
    },
  };
}

/** What v and x are multiplied by to give eps, for each time. */
export interface VFactors {
  readonly v: ArrayLike<number>;
  readonly x: ArrayLike<number>;
}

/** For timestep samplers: x = sqrt(alpha) x0 + sqrt(1 - alpha) eps goes in as it is, eps comes out. `factors`: where v's are not those of the table. */
export function timestepParameterization(
  prediction: Prediction,
  alphasCumprod: ArrayLike<number>,
  factors?: VFactors,
): Parameterization {
  return {
    input: (t) => ({ scale: 1, t }),
    output: (x, raw, t) => {
      if (prediction === 'epsilon') return raw;
      // UniPC asks between the table's entries; A1111 takes the one below.
      const entry = Math.trunc(t);
      if (prediction === 'v' && factors) return combine([factors.v[entry]!, raw], [factors.x[entry]!, x]);
      const alpha = alphasCumprod[entry]!;
      if (prediction === 'v') return combine([Math.sqrt(alpha), raw], [Math.sqrt(1 - alpha), x]);
      return combine([1 / Math.sqrt(1 - alpha), x], [-Math.sqrt(alpha / (1 - alpha)), raw]);
    },
  };
}

/** `x` as the network is given it. */
export function networkInput<T extends Latent>(x: T, factor: number): T {
  return factor === 1 ? x : scale(x, factor);
}
