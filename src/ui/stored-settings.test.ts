import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMETERS } from '../generation/types.ts';
import { RANGES, snap } from './choices.ts';
import { parseModelChoice, parseParameters, parseTheme } from './stored-settings.ts';

const choices = { samplers: ['Euler', 'DPM++ 2M', 'DDIM'], schedulers: ['Automatic', 'Karras'] };

describe('parseParameters', () => {
  it('keeps what is valid', () => {
    const parameters = {
      ...DEFAULT_PARAMETERS,
      prompt: 'a lighthouse',
      sampler: 'DDIM',
      scheduler: 'Karras',
      cfgScale: 7.25,
      width: 768,
      seed: 2 ** 40,
      rng: 'CPU' as const,
    };
    expect(parseParameters(structuredClone(parameters), choices)).toEqual(parameters);
  });

  it.each([undefined, null, 7, 'x', [], { prompt: 5, steps: 'many', sampler: '__proto__', rng: {} }])(
    'gives the defaults for %o',
    (stored) => expect(parseParameters(stored, choices)).toEqual(DEFAULT_PARAMETERS),
  );

  it('brings numbers into their ranges', () => {
    const parsed = parseParameters(
      { steps: 1e9, width: 515, height: -8, batchSize: Number.NaN, cfgScale: 0, seed: -7, clipSkip: 2.4 },
      choices,
    );
    expect(parsed).toMatchObject({
      steps: 150,
      width: 512,
      height: 64,
      batchSize: 1,
      cfgScale: 1,
      seed: -1,
      clipSkip: 2,
    });
  });

  it('turns anything at all into parameters within range', () => {
    const field = fc.oneof(fc.anything(), fc.double(), fc.integer());
    const record = fc.record(Object.fromEntries(Object.keys(DEFAULT_PARAMETERS).map((key) => [key, field])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), record), (stored) => {
        const parsed = parseParameters(stored, choices);
        for (const [key, range] of Object.entries(RANGES)) {
          const value = parsed[key as keyof typeof RANGES];
          expect(value).toBeGreaterThanOrEqual(range.min);
          expect(value).toBeLessThanOrEqual(range.max);
        }
        expect(parsed.width % 8).toBe(0);
        expect(parsed.height % 8).toBe(0);
        expect(Number.isSafeInteger(parsed.seed)).toBe(true);
        expect(choices.samplers).toContain(parsed.sampler);
        expect(choices.schedulers).toContain(parsed.scheduler);
        expect(typeof parsed.prompt).toBe('string');
        // Reading back what was written changes nothing.
        expect(parseParameters(structuredClone(parsed), choices)).toEqual(parsed);
      }),
    );
  });

  it('falls back to a sampler there is', () => {
    expect(parseParameters({}, { samplers: ['LCM'], schedulers: ['Simple'] })).toMatchObject({
      sampler: 'LCM',
      scheduler: 'Simple',
    });
  });
});

it('snaps without binary dust', () => {
  expect(snap(7.1, RANGES.cfgScale, 7)).toBe(7.1);
  expect(snap(29.999, RANGES.cfgScale, 7)).toBe(30);
  expect(snap(2047, RANGES.width, 512)).toBe(2048);
});

it('reads the theme and the model', () => {
  expect(parseTheme('dark')).toBe('dark');
  expect(parseTheme('pink')).toBe('auto');
  expect(parseModelChoice('a'.repeat(64))).toBe('a'.repeat(64));
  expect(parseModelChoice('A'.repeat(64))).toBeNull();
  expect(parseModelChoice({ toString: () => 'a'.repeat(64) })).toBeNull();
});
