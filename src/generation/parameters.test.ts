import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json';
import { DEFAULT_IMAGE_SETTINGS } from './image-settings.ts';
import { parseInfotext } from './infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from './parameters.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from './types.ts';

const read = (text: string): Partial<GenerationParameters> => toGenerationParameters(parseInfotext(text));

describe('fromGenerationParameters', () => {
  test("is spelled in A1111's order", () => {
    const parameters: GenerationParameters = {
      ...DEFAULT_PARAMETERS,
      prompt: 'a cat,\nsitting',
      negativePrompt: 'ugly: very',
      sampler: 'Euler a',
      scheduler: 'Automatic',
      clipSkip: 2,
      rng: 'CPU',
      ensd: 31337,
      seed: 1,
    };
    const context = { seed: 3, modelHash: '45dee52b77', modelName: 'a, b', extra: { Emphasis: 'No norm' } };
    expect(fromGenerationParameters(parameters, context)).toBe(
      'a cat,\nsitting\nNegative prompt: ugly: very\nSteps: 20, Sampler: Euler a, Schedule type: Automatic, CFG scale: 7, ' +
        'Seed: 3, Size: 512x512, Model hash: 45dee52b77, Model: "a, b", Clip skip: 2, ENSD: 31337, RNG: CPU, ' +
        `Emphasis: No norm, Version: darkroom-v${packageJson.version}`,
    );
  });

  test('leaves out what is at its default, and the delta where the sampler does not use it', () => {
    const parameters = { ...DEFAULT_PARAMETERS, prompt: 'x', sampler: 'Euler', ensd: 5 };
    expect(fromGenerationParameters(parameters, { seed: 1 })).toBe(
      'x\nSteps: 20, Sampler: Euler, Schedule type: Automatic, CFG scale: 7, Seed: 1, Size: 512x512, ' +
        `Version: darkroom-v${packageJson.version}`,
    );
  });

  test('comes back as the request it was written from', () => {
    // A1111 strips every line of a prompt and reads "Negative prompt:" at its start.
    const word = fc.stringMatching(/^[a-zé猫(][a-z ,:()[\]"\\:<>{}|猫.0-9]{0,20}[a-z0-9)]$/);
    const prompt = fc.array(word, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'));
    const request: fc.Arbitrary<GenerationParameters> = fc.record({
      prompt,
      negativePrompt: fc.oneof(fc.constant(''), prompt),
      steps: fc.integer({ min: 1, max: 150 }),
      sampler: fc.constantFrom('Euler', 'Euler a', 'DPM++ 2M', 'DDIM', 'DPM2 a'),
      scheduler: fc.constantFrom('Automatic', 'Uniform', 'SGM Uniform', 'Align Your Steps'),
      cfgScale: fc.integer({ min: 2, max: 60 }).map((n) => n / 2),
      width: fc.integer({ min: 8, max: 256 }).map((n) => 8 * n),
      height: fc.integer({ min: 8, max: 256 }).map((n) => 8 * n),
      seed: fc.maxSafeNat(),
      batchSize: fc.constant(1),
      batchCount: fc.constant(1),
      clipSkip: fc.integer({ min: 1, max: 12 }),
      rng: fc.constantFrom('GPU', 'CPU', 'NV'),
      ensd: fc.constant(0),
      subseed: fc.constant(-1),
      subseedStrength: fc.constant(0),
      seedResizeFromWidth: fc.constant(0),
      seedResizeFromHeight: fc.constant(0),
      settings: fc.constant(DEFAULT_IMAGE_SETTINGS),
    });
    fc.assert(
      fc.property(request, (parameters) => {
        const context = {
          seed: parameters.seed,
          modelHash: '0123456789',
          modelName: 'my "model", v2: final',
        };
        const parsed = parseInfotext(fromGenerationParameters(parameters, context));
        expect({ ...parameters, ...toGenerationParameters(parsed) }).toEqual(parameters);
        expect(parsed['Model']).toBe(context.modelName);
      }),
    );
  });
});

describe('toGenerationParameters', () => {
  test('an old text: combined sampler name, what is missing at its default', () => {
    const text =
      'a\nNegative prompt: b\nSteps: 30, Sampler: DPM++ SDE Karras, CFG scale: 7.5, Seed: 42, Size: 768x512';
    expect(read(text)).toEqual({
      prompt: 'a',
      negativePrompt: 'b',
      steps: 30,
      sampler: 'DPM++ SDE',
      scheduler: 'Automatic',
      cfgScale: 7.5,
      seed: 42,
      width: 768,
      height: 512,
      clipSkip: 1,
      rng: 'GPU',
      ensd: 0,
    });
  });

  test("samplers by A1111's inner names, and an unknown one", () => {
    expect(read('a\nSteps: 20, Sampler: k_euler_a, CFG scale: 7').sampler).toBe('Euler a');
    expect(read('a\nSteps: 20, Sampler: Quantum, CFG scale: 7').sampler).toBe('DPM++ 2M');
  });

  test('a plain prompt says nothing about the controls', () => {
    expect(read('just a prompt')).toEqual({ prompt: 'just a prompt', negativePrompt: '' });
  });

  test('what is no number is left out', () => {
    const parameters = read(
      'a\nSteps: many, Sampler: Euler, CFG scale: 7e999, Seed: 0x10, Size: 512x512, Clip skip: two',
    );
    expect(parameters).toEqual({
      prompt: 'a',
      negativePrompt: '',
      sampler: 'Euler',
      scheduler: 'Automatic',
      width: 512,
      height: 512,
      rng: 'GPU',
      ensd: 0,
    });
  });
});
