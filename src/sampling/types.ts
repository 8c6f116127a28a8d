// What samplers, guidance and the pipeline say to each other.
import type { Latent } from './latent.ts';
import type { NoiseSampler } from './random/types.ts';

/** What the network predicts: the noise, v = alpha eps - sigma x0, or the clean latent x0. */
export type Prediction = 'epsilon' | 'v' | 'sample';

/** A prediction after guidance, and the unconditional one alone (what CFG++ steps along). */
export interface Guided<T extends Latent> {
  readonly guided: T;
  readonly uncond: T;
}

/**
 * One evaluation. k-diffusion samplers pass sigma and get the denoised latent; timestep samplers pass t and get eps.
 */
export type Denoise<T extends Latent> = (x: T, sigma: number) => Promise<Guided<T>>;

/** What a sampler tells after a step. */
export interface SamplerStep<T extends Latent> {
  /** 0-based. */
  readonly index: number;
  /** The schedule's value that the step started from (Restart: that it ends at); a timestep in timestep samplers. */
  readonly sigma: number;
  /** `sigma` raised by churn: where the network was asked. */
  readonly sigmaHat: number;
  /** The latent after the step. */
  readonly x: T;
  /** The clean latent predicted in the step. */
  readonly denoised: T;
  /** DPM adaptive only: how the step size was found. */
  readonly adaptive?: AdaptiveInfo;
}

export interface AdaptiveInfo {
  readonly error: number;
  readonly h: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly evaluations: number;
  /** Part of the way from the largest to the smallest sigma, on the log scale: 0..1. */
  readonly progress: number;
}

export type UniPcVariant = 'bh1' | 'bh2' | 'vary_coeff';
export type UniPcSkipType = 'time_uniform' | 'time_quadratic' | 'logSNR';

/** Everything a sampler may read. Each takes what it knows and has the reference's defaults for the rest. */
export interface SamplerOptions {
  /** Source of every random draw: independent normal values, or a Brownian path's increments. */
  readonly noise: NoiseSampler;
  /** Portion of noise put back by ancestral and SDE samplers (1) and DDIM (0). */
  readonly eta?: number;
  readonly sChurn?: number;
  readonly sTmin?: number;
  readonly sTmax?: number;
  readonly sNoise?: number;
  /** TCD: how much is random, 0..1. Gradient estimation: how far the direction is carried on, 1 or more. */
  readonly gamma?: number;
  /** LMS, DPM adaptive, UniPC, IPNDM, DEIS, ER SDE, SA-Solver's predictor. */
  readonly order?: number;
  /** SA-Solver. */
  readonly correctorOrder?: number;
  readonly simpleOrder2?: boolean;
  /** DPM++ 2M SDE. */
  readonly solverType?: 'midpoint' | 'heun';
  /** DPM++ SDE: where the intermediate evaluation lies. */
  readonly r?: number;
  /** DPM fast and adaptive: the ends of the way, where not those of the schedule. */
  readonly sigmaMin?: number;
  readonly sigmaMax?: number;
  /** DPM fast: evaluations, where not the schedule's steps. */
  readonly evaluations?: number;
  /** DPM adaptive. */
  readonly rtol?: number;
  readonly atol?: number;
  readonly hInit?: number;
  readonly pCoefficient?: number;
  readonly iCoefficient?: number;
  readonly dCoefficient?: number;
  readonly acceptSafety?: number;
  /** Restart: sigma -> [steps, times, sigma to go back to]; chosen by the number of steps when absent. */
  readonly restartList?: ReadonlyMap<number, readonly [steps: number, times: number, sigmaMax: number]>;
  /** Timestep samplers, TCD Euler a and SA-Solver: the model's alphas_cumprod. */
  readonly alphasCumprod?: ArrayLike<number>;
  readonly uniPcVariant?: UniPcVariant;
  readonly uniPcSkipType?: UniPcSkipType;
  readonly uniPcLowerOrderFinal?: boolean;
  /** UniPC starts from the last timestep given instead of from its own first. */
  readonly isImg2img?: boolean;
}

export type SamplerRun<T extends Latent> = AsyncGenerator<SamplerStep<T>, T, void>;

/**
 * One sampler. `schedule` is the sigmas, descending, or the timesteps, ascending. Yields after each step and returns
 * the final latent; ending the iteration early leaves nothing behind.
 */
export type Sampler = <T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  schedule: readonly number[],
  options: SamplerOptions,
) => SamplerRun<T>;
