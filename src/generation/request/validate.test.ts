import { describe, expect, test } from 'vitest';
import { encodePng } from '../../image/png.ts';
import { SAMPLERS } from '../../sampling/registry.ts';
import { SCHEDULERS } from '../../sampling/schedulers.ts';
import { DEFAULT_IMAGE_SETTINGS, IMAGE_SETTINGS } from './settings/list.ts';
import { tiledDiffusion } from '../../extensions/built-in/tiled-diffusion.ts';
import { fittingValues } from '../../extensions/controls.ts';
import { PARAMETER_BOUNDS, PARAMETER_LIMITS } from './bounds.ts';
import {
  DEFAULT_IMG2IMG,
  DEFAULT_INPAINT,
  DEFAULT_PARAMETERS,
  type GenerationParameters,
  type Img2Img,
  type Inpaint,
} from './request.ts';
import { parseScript } from './script.ts';
import { sourcePicture } from './source-picture.ts';
import { MAX_PROMPT_LENGTH } from '../../prompt/length.ts';
import { validateParameters } from './validate.ts';

const problems = (change: Partial<GenerationParameters>): string[] =>
  validateParameters({ ...DEFAULT_PARAMETERS, ...change });

describe('validateParameters', () => {
  test("A1111's defaults are fine", () => expect(validateParameters(DEFAULT_PARAMETERS)).toEqual([]));

  test.each(Object.keys(PARAMETER_BOUNDS) as (keyof typeof PARAMETER_BOUNDS)[])(
    '%s keeps its bounds',
    (key) => {
      const { min, max, step } = PARAMETER_LIMITS[key];
      expect(PARAMETER_BOUNDS[key].min).toBeGreaterThanOrEqual(min);
      expect(PARAMETER_BOUNDS[key].max).toBeLessThanOrEqual(max);
      expect(problems({ [key]: min })).toEqual([]);
      expect(problems({ [key]: max })).toEqual([]);
      for (const bad of [min - step, max + step, NaN, Infinity]) {
        expect(problems({ [key]: bad }), `${key} ${bad}`).toHaveLength(1);
      }
      const fraction = key === 'cfgScale' || key === 'subseedStrength';
      expect(problems({ [key]: min + step / 2 })).toHaveLength(fraction ? 0 : 1);
    },
  );

  test('sizes off the grid say what is wanted', () => {
    expect(problems({ width: 515 })).toEqual(['Width must be a multiple of 8 from 64 to 4096; it is 515.']);
  });

  test('pictures that are painted in tiles may be larger', () => {
    const extensions = [{ name: 'Tiled Diffusion', values: fittingValues(tiledDiffusion.controls, {}) }];
    expect(problems({ width: 8192, height: 8192, extensions })).toEqual([]);
    expect(problems({ width: 8200, extensions })).toHaveLength(1);
  });

  test('seeds have 64 bits', () => {
    for (const seed of [-1, 0, -2, 2 ** 53 - 1, 2n ** 53n, 2n ** 64n - 1n, -(2n ** 63n)])
      expect(problems({ seed, subseed: seed }), String(seed)).toEqual([]);
    for (const seed of [0.5, 2 ** 53, NaN, 2n ** 64n, -(2n ** 63n) - 1n]) {
      expect(problems({ seed }), String(seed)).toHaveLength(1);
      expect(problems({ subseed: seed }), String(seed)).toHaveLength(1);
    }
  });

  test('the last picture has a seed, too', () => {
    expect(problems({ seed: 2n ** 64n - 2n, batchCount: 2 })).toEqual([]);
    expect(problems({ seed: 2n ** 64n - 2n, batchCount: 3 })).toHaveLength(1);
    expect(problems({ seed: 2n ** 64n - 2n, batchCount: 3, subseedStrength: 0.5 })).toEqual([]);
  });

  test('samplers that take no negative seeds say so', () => {
    expect(problems({ seed: -5, sampler: 'DPM++ SDE' })).toEqual([
      'DPM++ SDE needs a seed of 0 or more; it is -5.',
    ]);
    expect(problems({ seed: -1, sampler: 'DPM++ SDE' })).toEqual([]);
  });

  test('timesteps end at a thousand', () => {
    expect(problems({ sampler: 'DDIM', steps: 1000 })).toEqual([]);
    expect(problems({ sampler: 'DDIM', steps: 1001 })).toHaveLength(1);
    expect(problems({ sampler: 'Euler', steps: 1001 })).toEqual([]);
  });

  test.each(IMAGE_SETTINGS.map((info) => [info.label, info] as const))('%s', (label, info) => {
    const withValue = (value: unknown) =>
      problems({ settings: { ...DEFAULT_IMAGE_SETTINGS, [info.key]: value } });
    const good =
      info.kind === 'number'
        ? [info.min, info.max, info.limit]
        : info.kind === 'switch'
          ? [true, false]
          : info.kind === 'color'
            ? ['#ffffff', '#00AA0f']
            : info.choices;
    const bad =
      info.kind === 'number'
        ? [
            info.min - info.step,
            info.limit + info.step,
            NaN,
            '1',
            ...(info.step === 1 ? [info.min + 0.5] : []),
          ]
        : info.kind === 'switch'
          ? ['True', 1, undefined]
          : info.kind === 'vae' || info.kind === 'upscaler'
            ? ['', 'x'.repeat(301), 3]
            : ['', 'original', 3, '#fff'];
    for (const value of good) expect(withValue(value), String(value)).toEqual([]);
    for (const value of bad) {
      expect(withValue(value), String(value)).toEqual([expect.stringContaining(`${label} must be`)]);
    }
  });

  test('samplers and schedules are known by name', () => {
    for (const { name } of SAMPLERS) expect(problems({ sampler: name })).toEqual([]);
    for (const { label } of SCHEDULERS) expect(problems({ scheduler: label })).toEqual([]);
    expect(problems({ sampler: 'Quantum', scheduler: 'Never' })).toEqual([
      'There is no sampling method called "Quantum"; choose another.',
      'There is no schedule type called "Never"; choose another.',
    ]);
  });

  test('UniPC needs as many steps as its order', () => {
    expect(problems({ sampler: 'UniPC', steps: 3 })).toEqual([]);
    expect(problems({ sampler: 'UniPC', steps: 2 })).toHaveLength(1);
    expect(problems({ steps: 2 })).toEqual([]);
  });

  test('img2img', async () => {
    const source = await sourcePicture(
      new Blob([await encodePng({ width: 1, height: 1, channels: 3, data: new Uint8Array(3) })]),
    );
    const change = (img2img: object, other: Partial<GenerationParameters> = {}) =>
      problems({ ...other, img2img: { source, ...DEFAULT_IMG2IMG, ...img2img } as Img2Img });
    expect(change({})).toEqual([]);
    for (const denoisingStrength of [0, 1]) expect(change({ denoisingStrength })).toEqual([]);
    for (const bad of [
      { denoisingStrength: 1.01 },
      { denoisingStrength: NaN },
      { resizeMode: 'Stretch' },
      { source: { ...source, file: 'x' } },
      { source: { ...source, sha256: 'x' } },
    ])
      expect(change(bad), JSON.stringify(bad)).toHaveLength(1);
    // What is left of the steps counts, or what they are part of.
    expect(change({ denoisingStrength: 0.4 }, { sampler: 'UniPC', steps: 6 })).toHaveLength(1);
    const settings = { ...DEFAULT_IMAGE_SETTINGS, img2imgFixSteps: true };
    expect(change({ denoisingStrength: 0.4 }, { sampler: 'UniPC', steps: 6, settings })).toEqual([]);
    expect(change({ denoisingStrength: 0 }, { sampler: 'DDIM', settings })).toHaveLength(1);
    expect(change({ denoisingStrength: 0.01 }, { sampler: 'DDIM', settings })).toHaveLength(1);
    expect(change({ denoisingStrength: 0.01 }, { steps: 150, settings })).toHaveLength(1);
    expect(change({ denoisingStrength: 0 }, { settings })).toEqual([]);
  });

  test('several problems are all told', () => {
    expect(problems({ steps: 0, rng: 'XPU' as 'GPU', ensd: 0.5 })).toHaveLength(3);
  });

  test('a prompt of absurd length', () => {
    expect(problems({ negativePrompt: 'a'.repeat(MAX_PROMPT_LENGTH + 1) })).toHaveLength(1);
  });
});

describe('several sources of one batch', () => {
  const picture = (width: number) => ({
    file: new Blob(['x']),
    sha256: '0'.repeat(64),
    size: { width, height: 64 },
  });
  const asked = (batchSize: number, inpaint: Partial<Inpaint> | null = null) => ({
    ...DEFAULT_PARAMETERS,
    batchSize,
    img2img: {
      ...DEFAULT_IMG2IMG,
      source: picture(64),
      others: [picture(96)],
      inpaint: inpaint && { ...DEFAULT_INPAINT, mask: picture(64), ...inpaint },
    },
  });

  test('are as many as its pictures', () => {
    expect(validateParameters(asked(2))).toEqual([]);
    expect(validateParameters(asked(3))).toEqual([expect.stringContaining('Batch size must be as many')]);
    expect(validateParameters({ ...asked(2), script: parseScript('Loopback', {}) })).toEqual([
      expect.stringContaining('takes one picture'),
    ]);
  });

  test('have one size where only a part of them is painted', () => {
    expect(validateParameters(asked(2, { inpaintArea: 'Whole picture' }))).toEqual([]);
    expect(validateParameters(asked(2, { inpaintArea: 'Only masked' }))).toEqual([
      expect.stringContaining('one size'),
    ]);
  });
});
