import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IMAGE_SETTINGS } from '../generation/request/settings/list.ts';
import { DEFAULT_PARAMETERS } from '../generation/request/request.ts';
import { parseSeed } from '../generation/request/seeds.ts';
import { LIMITS, RANGES, snap, whySnapped } from './choices.ts';
import {
  parseHistory,
  parseMaskTransparency,
  parseKernels,
  parseMemory,
  parseModelChoice,
  parseNames,
  parseParameters,
  parseStyles,
  parseTheme,
  parseWildcardLists,
} from './stored-settings.ts';

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

  it('keeps seeds of 64 bits, and reads those of old records', () => {
    for (const seed of [2n ** 64n - 1n, -(2n ** 63n), 5, -1]) {
      expect(parseParameters(structuredClone({ seed, subseed: seed }), choices)).toMatchObject({
        seed,
        subseed: seed,
      });
    }
    expect(parseParameters({ seed: '6687881544318117707' }, choices).seed).toBe(6687881544318117707n);
    expect(parseParameters({ seed: 2n ** 64n, subseed: 0.5 }, choices)).toMatchObject({
      seed: -1,
      subseed: -1,
    });
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
      steps: 10_000,
      width: 512,
      height: 64,
      batchSize: 1,
      cfgScale: 0,
      seed: -7,
      clipSkip: 2,
    });
  });

  it('turns anything at all into parameters within range', () => {
    const field = fc.oneof(fc.anything(), fc.double(), fc.integer());
    const settings = fc.record(
      Object.fromEntries(
        IMAGE_SETTINGS.map((info) => [info.key, fc.oneof(field, fc.constant(info.standard))]),
      ),
    );
    const parameters = fc.record(
      Object.fromEntries(Object.keys(DEFAULT_PARAMETERS).map((key) => [key, field])),
      {
        requiredKeys: [],
      },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), parameters, fc.record({ settings })), (stored) => {
        const parsed = parseParameters(stored, choices);
        for (const [key, range] of Object.entries(LIMITS)) {
          const value = parsed[key as keyof typeof LIMITS];
          expect(value).toBeGreaterThanOrEqual(range.min);
          expect(value).toBeLessThanOrEqual(range.max);
        }
        expect(parsed.width % 8).toBe(0);
        expect(parsed.height % 8).toBe(0);
        expect(parseSeed(parsed.seed)).toBe(parsed.seed);
        expect(choices.samplers).toContain(parsed.sampler);
        expect(choices.schedulers).toContain(parsed.scheduler);
        expect(typeof parsed.prompt).toBe('string');
        for (const info of IMAGE_SETTINGS) {
          const value = parsed.settings[info.key];
          expect(typeof value).toBe(typeof info.standard);
          if (info.kind === 'choice') expect(info.choices).toContain(value);
          if (info.kind === 'number') expect(Number(value)).toBeGreaterThanOrEqual(info.min);
          if (info.kind === 'number') expect(Number(value)).toBeLessThanOrEqual(info.limit);
        }
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

it('snaps to whole steps, and leaves fractions as they were asked for', () => {
  expect(snap(7.125, RANGES.cfgScale, 7)).toBe(7.125);
  expect(snap(0.0291675, { min: 0, max: 10, step: 0.01 }, 0)).toBe(0.0291675);
  expect(snap(30.5, RANGES.cfgScale, 7)).toBe(30);
  expect(snap(2047, RANGES.width, 512)).toBe(2048);
});

it.each([
  [504, RANGES.width, ''],
  [500, RANGES.width, 'Multiples of 8 only'],
  [200, RANGES.steps, '150 at most'],
  [0, RANGES.steps, '1 at least'],
  [2.5, RANGES.steps, 'Whole numbers only'],
  [7.125, RANGES.cfgScale, ''],
  [Number.NaN, RANGES.cfgScale, 'Numbers only'],
])('says why %s became another number', (typed, range, why) => {
  expect(whySnapped(typed, range)).toBe(why);
});

it('reads the theme and the model', () => {
  expect(parseTheme('dark')).toBe('dark');
  expect(parseTheme('pink')).toBe('auto');
  expect(parseModelChoice('a'.repeat(64))).toBe('a'.repeat(64));
  expect(parseModelChoice('A'.repeat(64))).toBeNull();
  expect(parseModelChoice({ toString: () => 'a'.repeat(64) })).toBeNull();
});

describe('lists', () => {
  const style = { name: 'ink', prompt: 'ink drawing of {prompt}', negativePrompt: 'photo' };

  it('keep what is valid and pass over the rest', () => {
    expect(parseStyles([style, null, 7, { name: '' }, { name: 'x', prompt: 5 }])).toEqual([
      style,
      { name: 'x', prompt: '', negativePrompt: '' },
    ]);
    expect(parseNames(['ink', 'ink', 3, ''])).toEqual(['ink']);
    expect(parseHistory([{ prompt: 'a' }, {}, 'b'])).toEqual([{ prompt: 'a', negativePrompt: '' }]);
    const colour = { name: 'colour', text: 'red\nblue' };
    expect(parseWildcardLists([colour, { name: '__x__', text: 'a' }, { text: 'a' }])).toEqual([colour]);
  });

  it('turn anything at all into lists, the same ones when read again', () => {
    const parsers = [parseStyles, parseNames, parseHistory, parseWildcardLists];
    const item = fc.record({ name: fc.string(), prompt: fc.anything(), text: fc.string() });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.array(fc.oneof(item, fc.anything()))), (stored) => {
        for (const parse of parsers) {
          const parsed = parse(stored);
          expect(parse(structuredClone(parsed))).toEqual(parsed);
        }
      }),
    );
  });
});

it("is at A1111's mask transparency where none was kept", () => {
  expect([undefined, 'x', Number.NaN, -3, 250, 33.4].map(parseMaskTransparency)).toEqual([
    0, 0, 0, 0, 100, 33,
  ]);
});

it('reads whose kernels compute', () => {
  expect(['own', 'onnxruntime', 'auto', 'ours', 1, undefined].map(parseKernels)).toEqual([
    ...['own', 'onnxruntime', 'auto', 'auto', 'auto', 'auto'],
  ]);
});

it('reads how to keep within the memory', () => {
  const memory = { lowVram: 'on', tiledVae: 'off', gpuMemory: 4e9 } as const;
  expect(parseMemory(memory)).toEqual(memory);
  const standard = { lowVram: 'auto', tiledVae: 'auto', gpuMemory: null };
  for (const stored of [
    undefined,
    'on',
    { lowVram: 'yes', tiledVae: 1, gpuMemory: -4 },
    { gpuMemory: NaN },
  ]) {
    expect(parseMemory(stored)).toEqual(standard);
  }
});
