import { expect, it } from 'vitest';
import { laterSeeds, SEED_LIMITS, seedsOf } from './seeds.ts';

it('goes on with the seeds that later pictures of one job would have', () => {
  for (const subseedStrength of [0, 0.5]) {
    const request = { seed: 7, subseed: 100, subseedStrength };
    for (const index of [0, 3]) {
      expect(seedsOf(laterSeeds(request, 4), index)).toEqual(seedsOf(request, 4 + index));
    }
  }
});

it('leaves random seeds random, and asks for one beyond 64 bits', () => {
  const random = { seed: -1, subseed: -1, subseedStrength: 0 };
  expect(laterSeeds(random, 4)).toEqual(random);
  const last = { seed: SEED_LIMITS.max, subseed: 1, subseedStrength: 0 };
  expect(laterSeeds(last, 0).seed).toBe(SEED_LIMITS.max);
  expect(laterSeeds(last, 1).seed).toBe(-1);
});
