// Condition-Annealed Sampling, CADS (Sadat et al. 2023, arXiv 2310.17347, section 4; v0xie/sd-webui-cads): noise is laid over what
// the network is told of the prompt, less and less along the run, so that pictures of one prompt differ more.
import { combine, type Latent, standardDeviation } from '../latent.ts';

export interface AnnealingOptions {
  /** Parts of the way, counted down from 1 to 0: up to `tau1` the condition is whole, from `tau2` on all of it is noise. */
  readonly tau1: number;
  readonly tau2: number;
  readonly noiseScale: number;
  /** How much of the result is rescaled; the rest is as the noise made it. */
  readonly mixing: number;
  /** Brings mean and spread back to the condition's. */
  readonly rescale: boolean;
}

/** How much of the condition there is in step `step` of `steps` (equation 6), 0..1. */
export function annealing(
  { tau1, tau2 }: Pick<AnnealingOptions, 'tau1' | 'tau2'>,
  step: number,
  steps: number,
): number {
  const left = 1 - Math.min(1, step / steps);
  if (left <= tau1) return 1;
  if (left >= tau2) return 0;
  return (tau2 - left) / (tau2 - tau1);
}

/** The condition with noise (equations 7 and 8). `noise`: normal values, as many. */
export function annealedCondition<T extends Latent>(
  condition: T,
  noise: Latent,
  amount: number,
  { noiseScale, mixing, rescale }: AnnealingOptions,
): T {
  const noised = combine([Math.sqrt(amount), condition], [noiseScale * Math.sqrt(1 - amount), noise]);
  if (!rescale) return noised;
  const spread = standardDeviation(noised);
  // A condition without spread, as an empty vector is, cannot be brought to another.
  if (!(spread > 0)) return noised;
  const factor = (mixing * standardDeviation(condition)) / spread;
  const offset = mixing * mean(condition) - factor * mean(noised);
  return noised.map((value) => (factor + 1 - mixing) * value + offset) as T;
}

function mean(x: Latent): number {
  let sum = 0;
  for (const value of x) sum += value;
  return sum / x.length;
}
