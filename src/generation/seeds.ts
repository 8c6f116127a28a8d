// Which seed and variation seed each picture of a job has (A1111 modules/processing.py, process_images_inner).
import type { GenerationParameters } from './types.ts';

/** A1111 draws its random seeds below this. */
const RANDOM_SEEDS = 4294967294;

type Seeded = Pick<GenerationParameters, 'seed' | 'subseed' | 'subseedStrength'>;

/** -1 becomes a random seed. */
export function resolveSeeds<T extends Seeded>(parameters: T): T {
  const resolve = (seed: number) => (seed === -1 ? Math.floor(Math.random() * RANDOM_SEEDS) : seed);
  return { ...parameters, seed: resolve(parameters.seed), subseed: resolve(parameters.subseed) };
}

/** Picture `index`, counted over all batches, has a seed of its own, or while varying a variation seed of its own. */
export function seedsOf({ seed, subseed, subseedStrength }: Seeded, index: number) {
  return { seed: subseedStrength === 0 ? seed + index : seed, subseed: subseed + index };
}
