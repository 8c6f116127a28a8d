import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import packageJson from '../../../package.json';
import { extensionUses } from '../../../tests/extension-uses.ts';
import type { ImageSettings } from './image-settings.ts';
import { DEFAULT_IMAGE_SETTINGS } from './settings/list.ts';
import { parseInfotext } from './infotext/parse.ts';
import { describeModelOf, fromGenerationParameters, toGenerationParameters } from './parameters.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from './request.ts';

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

  test('leaves out what is at its default, and the delta where no noise is drawn on the way', () => {
    const parameters = { ...DEFAULT_PARAMETERS, prompt: 'x', sampler: 'Euler', ensd: 5 };
    expect(fromGenerationParameters(parameters, { seed: 1 })).toBe(
      'x\nSteps: 20, Sampler: Euler, Schedule type: Automatic, CFG scale: 7, Seed: 1, Size: 512x512, ' +
        `Version: darkroom-v${packageJson.version}`,
    );
  });

  test("has every setting that tells, in A1111's order, its own keys last", () => {
    const parameters: GenerationParameters = {
      ...DEFAULT_PARAMETERS,
      prompt: '(a) [b:c:2]',
      sampler: 'Euler a',
      scheduler: 'Karras',
      clipSkip: 2,
      ensd: 31337,
      subseed: 7,
      subseedStrength: 0.25,
      seedResizeFromWidth: 512,
      seedResizeFromHeight: 768,
      settings: {
        ...DEFAULT_IMAGE_SETTINGS,
        emphasis: 'No norm',
        oldScheduling: true,
        noiseSchedule: 'Zero Terminal SNR',
        downcastAlphas: true,
        etaAncestral: 0.5,
        sMinUncond: 1.5,
        rho: 5,
        padConds: true,
        upcastAttention: true,
        commaBacktrack: 0,
        curlyBraces: true,
      },
    };
    const steps = 'Steps: 20, Sampler: Euler a, Schedule type: Karras, CFG scale: 7, Seed: 3, Size: 512x512';
    expect(fromGenerationParameters(parameters, { seed: 3, subseed: 9, conditioning: 'inpainting' })).toBe(
      `(a) [b:c:2]\n${steps}, Variation seed: 9, Variation seed strength: 0.25, Seed resize from: 512x768, ` +
        'Conditional mask weight: 1.0, Clip skip: 2, ENSD: 31337, Emphasis: No norm, ' +
        'Downcast alphas_cumprod: True, Noise Schedule: Zero Terminal SNR, Schedule rho: 5, Eta: 0.5, NGMS: 1.5, ' +
        'Pad conds: True, Upcast attention: True, Prompt word wrap: 0, Curly braces lower emphasis: True, ' +
        `Version: darkroom-v${packageJson.version}`,
    );
  });

  test('says nothing of settings that changed nothing', () => {
    const parameters: GenerationParameters = {
      ...DEFAULT_PARAMETERS,
      prompt: 'plain [a:b:0.5]',
      sampler: 'LMS',
      settings: {
        ...DEFAULT_IMAGE_SETTINGS,
        emphasis: 'None',
        oldScheduling: true,
        etaAncestral: 0.5,
        etaDdim: 0.5,
        sChurn: 3,
        sNoise: 1.05,
        uniPcOrder: 2,
        padConds: true,
        betaAlpha: 0.2,
        sMinUncondAll: true,
      },
    };
    const plain = { ...parameters, settings: DEFAULT_IMAGE_SETTINGS };
    const context = { seed: 1, padded: null };
    expect(fromGenerationParameters(parameters, context)).toBe(fromGenerationParameters(plain, context));
  });

  test('tells old prompt editing timelines where they differ', () => {
    const settings = { ...DEFAULT_IMAGE_SETTINGS, oldScheduling: true };
    const text = (prompt: string) =>
      fromGenerationParameters({ ...DEFAULT_PARAMETERS, prompt, settings }, { seed: 1 });
    expect(text('[a:b:1.0]')).toContain('Old prompt editing timelines: True');
    expect(text('[a:b:5]')).not.toContain('Old prompt editing timelines');
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
      subseed: fc.maxSafeNat(),
      subseedStrength: fc.double({ min: 1e-12, max: 1, noNaN: true }),
      seedResizeFromWidth: fc.integer({ min: 8, max: 256 }).map((n) => 8 * n),
      seedResizeFromHeight: fc.integer({ min: 8, max: 256 }).map((n) => 8 * n),
      // Those that are told whatever the rest of the request.
      settings: fc
        .record({
          noiseSchedule: fc.constantFrom('Default', 'Zero Terminal SNR'),
          downcastAlphas: fc.boolean(),
          padConds: fc.boolean(),
          padCondsV0: fc.boolean(),
          skipEarlyCond: fc.double({ min: 0, max: 1, noNaN: true }),
          spectrumWindow: fc.integer({ min: 0, max: 6 }),
          sMinUncond: fc.double({ min: 0, max: 15, noNaN: true }),
          upcastAttention: fc.boolean(),
          tiling: fc.boolean(),
          commaBacktrack: fc.integer({ min: 0, max: 74 }),
          curlyBraces: fc.boolean(),
          oldEmphasis: fc.boolean(),
          useOldKarrasSigmas: fc.boolean(),
        })
        .map((settings) => ({ ...DEFAULT_IMAGE_SETTINGS, ...settings }) as ImageSettings),
      img2img: fc.constant(null),
      hires: fc.constant(null),
      refiner: fc.constant(null),
      controlUnits: fc.constant([]),
      extensions: extensionUses,
      template: fc.constant(null),
      detailer: fc.constant(null),
      script: fc.constant(null),
    });
    fc.assert(
      fc.property(request, (parameters) => {
        const context = {
          seed: parameters.seed,
          modelHash: '0123456789',
          modelName: 'my "model", v2: final',
        };
        const text = fromGenerationParameters(parameters, context);
        const parsed = parseInfotext(text);
        const asked = { ...parameters, ...toGenerationParameters(parsed) };
        // Of an extension a text may leave out what changes nothing: its text is the same again.
        expect({ ...asked, extensions: [] }).toEqual({ ...parameters, extensions: [] });
        const names = (uses: GenerationParameters['extensions']) => uses.map(({ name }) => name);
        expect(names(asked.extensions)).toEqual(names(parameters.extensions));
        expect(fromGenerationParameters(asked, context)).toBe(text);
        expect(describeModelOf(parsed)).toEqual({ hash: context.modelHash, name: context.modelName });
      }),
    );
  });
});

/** What a line of parameters asks for by saying nothing. */
const DEFAULTS = {
  script: null,
  clipSkip: 1,
  rng: 'GPU',
  ensd: 0,
  subseed: -1,
  subseedStrength: 0,
  seedResizeFromWidth: 0,
  seedResizeFromHeight: 0,
  settings: DEFAULT_IMAGE_SETTINGS,
};

describe('toGenerationParameters', () => {
  test('settings of an A1111 text', () => {
    const text =
      'a (b)\nSteps: 30, Sampler: UniPC, Schedule type: Beta, CFG scale: 7, Seed: 1, Size: 512x768, Clip skip: 2, ' +
      'ENSD: 31337, RNG: CPU, Variation seed: 5, Variation seed strength: 0.1, Seed resize from: 512x512, ' +
      'Emphasis: No norm, Discard penultimate sigma: True, Schedule min sigma: 0.1, Beta schedule alpha: 0.5, ' +
      'Beta schedule beta: 0.7, Eta: 0.9, Sigma noise: 1.01, UniPC order: 2, UniPC lower order final: False, ' +
      'Skip Early CFG: 0.1, NGMS: 2, NGMS all steps: True, Pad conds: True, Version: v1.10.1';
    expect(read(text)).toMatchObject({
      clipSkip: 2,
      ensd: 31337,
      rng: 'CPU',
      subseed: 5,
      subseedStrength: 0.1,
      seedResizeFromWidth: 512,
      seedResizeFromHeight: 512,
      settings: {
        ...DEFAULT_IMAGE_SETTINGS,
        emphasis: 'No norm',
        alwaysDiscardNextToLastSigma: true,
        sigmaMin: 0.1,
        betaAlpha: 0.5,
        betaBeta: 0.7,
        etaAncestral: 0.9,
        sNoise: 1.01,
        uniPcOrder: 2,
        uniPcLowerOrderFinal: false,
        skipEarlyCond: 0.1,
        sMinUncond: 2,
        sMinUncondAll: true,
        padConds: true,
      },
    });
  });

  test('an old version brings its old behaviour', () => {
    const line = 'Steps: 30, Sampler: DDIM, CFG scale: 7, Seed: 1, Size: 512x768';
    expect(read(`[a:b:3]\n${line}, Version: v1.5.2`).settings).toEqual({
      ...DEFAULT_IMAGE_SETTINGS,
      oldScheduling: true,
      padCondsV0: true,
      downcastAlphas: true,
    });
    expect(read(`[a:b:3]\n${line}, Version: v1.10.1`).settings).toEqual(DEFAULT_IMAGE_SETTINGS);
  });

  test('settings that make no sense are at their defaults', () => {
    const text =
      'a\nSteps: 30, Sampler: Euler, CFG scale: 7, Emphasis: Loud, Eta: much, UniPC order: 2.5, Pad conds: maybe, ' +
      'Sigma churn: 1e999, RNG: Dice';
    expect(read(text)).toMatchObject(DEFAULTS);
  });

  test('an old text: combined sampler name, what is missing at its default', () => {
    const text =
      'a\nNegative prompt: b\nSteps: 30, Sampler: DPM++ SDE Karras, CFG scale: 7.5, Seed: 42, Size: 768x512';
    expect(read(text)).toEqual({
      extensions: [],
      prompt: 'a',
      negativePrompt: 'b',
      steps: 30,
      sampler: 'DPM++ SDE',
      scheduler: 'Automatic',
      cfgScale: 7.5,
      seed: 42,
      width: 768,
      height: 512,
      ...DEFAULTS,
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
      extensions: [],
      prompt: 'a',
      negativePrompt: '',
      sampler: 'Euler',
      scheduler: 'Automatic',
      width: 512,
      height: 512,
      ...DEFAULTS,
    });
  });
});

describe('describeModelOf', () => {
  const model = (fields: string) =>
    describeModelOf(parseInfotext(`a\nSteps: 20, Sampler: Euler, CFG scale: 7${fields}`));

  test('hash and name', () => {
    expect(model(', Model hash: 6CE0161689, Model: v1-5-pruned')).toEqual({
      hash: '6ce0161689',
      name: 'v1-5-pruned',
    });
    expect(model(', Model hash: 7460a6fa')).toEqual({ hash: '7460a6fa', name: null });
  });

  test('what is no hash', () => {
    expect(model(', Model hash: <script>, Model: x')).toEqual({ hash: null, name: 'x' });
    expect(model('')).toEqual({ hash: null, name: null });
  });
});
