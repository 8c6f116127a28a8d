// Where the noise of a run comes from.
import type { Latent } from '../latent.ts';

/** Noise of unit variance for the step from `sigma` to `sigmaNext`, [n, c, h, w]. */
export type NoiseSampler<T extends Latent = Latent> = (sigma: number, sigmaNext: number) => T;

/** A batch's noise. */
export interface NoiseSource<T extends Latent = Float32Array> {
  /** Normal values [n, c, h, w]: the first call gives what the run starts from, later ones its steps' noise. */
  next(): T;
  /** A Brownian path of the batch over [sigmaMin, sigmaMax]. */
  brownian(sigmaMin: number, sigmaMax: number): NoiseSampler<T>;
}
