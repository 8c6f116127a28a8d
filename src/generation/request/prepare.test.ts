import { describe, expect, test } from 'vitest';
import { prepareRequest } from './prepare.ts';
import { seedsOf } from './seeds.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from './request.ts';
import { validateParameters } from './validate.ts';

const prepared = (change: Partial<GenerationParameters>): GenerationParameters =>
  prepareRequest({ ...DEFAULT_PARAMETERS, ...change });

describe('prepareRequest', () => {
  test('draws random seeds, each its own', () => {
    const { seed, subseed } = prepared({ seed: -1, subseed: -1 });
    for (const drawn of [seed, subseed]) {
      expect(Number.isInteger(drawn)).toBe(true);
      expect(drawn).toBeGreaterThanOrEqual(0);
      expect(drawn).toBeLessThan(2 ** 32);
    }
    expect(seed).not.toBe(subseed);
    expect(prepared({ seed: 0, subseed: 7 })).toMatchObject({ seed: 0, subseed: 7 });
  });

  test('takes combined names of old apart', () => {
    expect(prepared({ sampler: 'DPM++ SDE Karras' })).toMatchObject({
      sampler: 'DPM++ SDE',
      scheduler: 'Karras',
    });
    expect(prepared({ sampler: 'k_euler_a', scheduler: 'Exponential' })).toMatchObject({
      sampler: 'Euler a',
      scheduler: 'Exponential',
    });
  });

  test('leaves names as they are', () => {
    for (const scheduler of ['Automatic', 'Karras', 'SGM Uniform']) {
      expect(prepared({ scheduler })).toMatchObject({ sampler: 'DPM++ 2M', scheduler });
    }
    const unknown = prepared({ sampler: 'Quantum Karras' });
    expect(unknown).toMatchObject({ sampler: 'Quantum Karras', scheduler: 'Automatic' });
    expect(validateParameters(unknown)).toHaveLength(1);
  });

  test('leaves comments out', () => {
    expect(
      prepared({ prompt: 'a cat\n# not this\nsitting', negativePrompt: 'rain # nor this' }),
    ).toMatchObject({
      prompt: 'a cat\nsitting',
      negativePrompt: 'rain \n',
    });
  });
});

describe('seedsOf', () => {
  test('each picture has the next seed', () => {
    expect(seedsOf({ seed: 5, subseed: 9, subseedStrength: 0 }, 3)).toEqual({ seed: 8, subseed: 12 });
  });

  test('beyond what a number holds', () => {
    const seed = 2n ** 63n;
    expect(seedsOf({ seed, subseed: 2 ** 53 - 1, subseedStrength: 0 }, 2)).toEqual({
      seed: 2n ** 63n + 2n,
      subseed: 2n ** 53n + 1n,
    });
    expect(seedsOf({ seed: -(2n ** 53n), subseed: -2, subseedStrength: 0 }, 1)).toEqual({
      seed: 1 - 2 ** 53,
      subseed: -1,
    });
  });

  test('while varying only the variation seed goes on', () => {
    expect(seedsOf({ seed: 5, subseed: 9, subseedStrength: 0.1 }, 3)).toEqual({ seed: 5, subseed: 12 });
  });
});
