// Which generator a random source names.
import { PhiloxGenerator } from './philox.ts';
import { TorchGenerator } from './torch-generator.ts';

/** A1111's setting "Random number generator source". GPU and NV give the same numbers. */
export type RandomSource = 'CPU' | 'GPU' | 'NV';

export interface Generator {
  /** `count` standard normal values, float32. */
  randn(count: number): Float32Array;
}

export function createGenerator(source: RandomSource, seed: number | bigint): Generator {
  return source === 'CPU' ? new TorchGenerator(seed) : new PhiloxGenerator(seed);
}
