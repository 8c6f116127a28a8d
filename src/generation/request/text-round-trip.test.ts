// A picture's own text makes the picture again: whatever the request, text and request of each picture give the same latents,
// bit for bit, and the same text. The networks are formulas, so that hundreds of runs are quick; all else is real.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FORMULA_NETWORKS } from '../../../tests/formula-networks.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { encodePng } from '../../image/png.ts';
import { RESIZE_MODES } from '../../image/resize-modes.ts';
import { SAMPLERS } from '../../sampling/registry.ts';
import { SCHEDULERS } from '../../sampling/schedulers.ts';
import { CondCache, encodePrompts } from '../recipes/conditioning.ts';
import { extensionUses } from '../../../tests/extension-uses.ts';
import type { ImageSettings } from './image-settings.ts';
import { DEFAULT_IMAGE_SETTINGS, IMAGE_SETTINGS } from './settings/list.ts';
import { parseInfotext } from './infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from './parameters.ts';
import { seedsOf } from './seeds.ts';
import { sampleImg2Img, startImg2Img } from '../recipes/img2img.ts';
import { sampleTxt2Img } from '../recipes/txt2img.ts';
import { img2imgFromText } from './img2img-text.ts';
import {
  DEFAULT_IMG2IMG,
  DEFAULT_PARAMETERS,
  INPAINT_AREAS,
  MASK_MODES,
  MASKED_CONTENTS,
  type GenerationParameters,
  type Img2Img,
  type Inpaint,
  type SoftInpainting,
} from './request.ts';
import { sourcePicture } from './source-picture.ts';
import { validateParameters } from './validate.ts';

/** Colours of every kind, some of them transparent. */
const PIXELS: PixelImage = {
  width: 96,
  height: 64,
  channels: 4,
  data: Uint8Array.from({ length: 96 * 64 * 4 }, (_, i) => 128 + 127 * Math.sin(i * 0.37)),
};
/** A grey slope. */
const MASK: PixelImage = {
  width: 64,
  height: 64,
  channels: 3,
  data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (Math.floor(i / 3) % 64) * 4),
};
const source = await sourcePicture(new Blob([await encodePng(PIXELS)]));

const mask = await sourcePicture(new Blob([await encodePng(MASK)]));

interface Picture {
  readonly text: string;
  /** Latents, or why there are none. */
  readonly latents: Float32Array | string;
}

/** Picture `index` of a job, alone in its batch. */
async function make(parameters: GenerationParameters, index: number): Promise<Picture> {
  const conditions = await encodePrompts(FORMULA_NETWORKS, parameters, new CondCache());
  const context = { ...seedsOf(parameters, index), padded: conditions.padded };
  const text = fromGenerationParameters(parameters, context);
  const { img2img } = parameters;
  const batch = { first: index, size: 1 };
  try {
    const run = img2img
      ? sampleImg2Img(
          FORMULA_NETWORKS,
          parameters,
          img2img,
          await startImg2Img(FORMULA_NETWORKS, parameters, img2img, { source: PIXELS, mask: MASK }),
          conditions,
          batch,
        )
      : sampleTxt2Img(FORMULA_NETWORKS, parameters, conditions, batch);
    for (;;) {
      const next = await run.next();
      if (next.done) return { text, latents: next.value };
    }
  } catch (error) {
    return { text, latents: String(error) };
  }
}

/** Pieces of the prompt language; what is cut off at a line's ends means nothing and is left out from the start. */
const prompt = fc
  .array(
    fc.oneof(
      fc.constantFrom('a cat', 'dog', ', ', ' ', '\n', '(', ')', '[', ']', '{', '}', '\\(', '\\', ':', '|'),
      fc.constantFrom('(sky:1.3)', '[red:blue:0.5]', '[red:blue:3]', '[a|b|c]', '[late:1.0]', '{low}'),
      fc.constantFrom(' AND ', ' AND dog :0.6', ' BREAK ', ' :0.5', '<lora:x:1>'),
      fc.integer({ min: 60, max: 80 }).map((count) => 'word, '.repeat(count / 2)),
    ),
    { maxLength: 6 },
  )
  .map((pieces) => parseInfotext(pieces.join(''))['Prompt'] as string);

const settings = fc.record(
  Object.fromEntries(
    IMAGE_SETTINGS.map((info) => {
      const value: fc.Arbitrary<unknown> =
        info.kind === 'switch'
          ? fc.boolean()
          : info.kind === 'choice' || info.kind === 'vae' || info.kind === 'upscaler'
            ? fc.constantFrom(...info.choices)
            : info.kind === 'color'
              ? fc.constantFrom('#ffffff', '#2040a0')
              : info.step === 1
                ? fc.integer({ min: info.min, max: Math.min(info.max, 20) })
                : fc.oneof(
                    fc.double({ min: info.min, max: info.max, noNaN: true }),
                    fc.double({ min: info.min, max: Math.min(info.max, info.min + 1), noNaN: true }),
                  );
      // Most settings at rest, so that each is seen alone too.
      return [
        info.key,
        fc.oneof({ weight: 3, arbitrary: fc.constant(info.standard) }, { weight: 1, arbitrary: value }),
      ];
    }),
  ),
) as unknown as fc.Arbitrary<ImageSettings>;

const soft: fc.Arbitrary<SoftInpainting> = fc.record({
  scheduleBias: fc.constantFrom(0, 1, 2.5),
  preservationStrength: fc.constantFrom(0.5, 2),
  transitionContrastBoost: fc.constantFrom(1, 4),
  maskInfluence: fc.constantFrom(0, 0.3),
  differenceThreshold: fc.constantFrom(0, 0.5),
  differenceContrast: fc.constantFrom(2, 8),
});

const inpaint: fc.Arbitrary<Inpaint> = fc.record({
  mask: fc.constant(mask),
  maskBlur: fc.constantFrom(0, 4, 5),
  maskMode: fc.constantFrom(...MASK_MODES),
  maskedContent: fc.constantFrom(...MASKED_CONTENTS),
  inpaintArea: fc.constantFrom(...INPAINT_AREAS),
  padding: fc.constantFrom(0, 32),
  soft: fc.option(soft),
});

const request: fc.Arbitrary<GenerationParameters> = fc.record({
  prompt,
  negativePrompt: prompt,
  steps: fc.integer({ min: 1, max: 8 }),
  sampler: fc.constantFrom(...SAMPLERS.map(({ name }) => name)),
  scheduler: fc.constantFrom(...SCHEDULERS.map(({ label }) => label)),
  cfgScale: fc.double({ min: 1, max: 30, noNaN: true }),
  width: fc.constantFrom(64, 72),
  height: fc.constantFrom(64, 80),
  seed: fc.nat(),
  batchSize: fc.constant(1),
  batchCount: fc.constant(1),
  clipSkip: fc.integer({ min: 1, max: 3 }),
  rng: fc.constantFrom('GPU', 'CPU', 'NV'),
  ensd: fc.oneof(fc.constant(0), fc.constant(31337)),
  subseed: fc.nat(),
  subseedStrength: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
  seedResizeFromWidth: fc.constantFrom(0, 64, 128),
  seedResizeFromHeight: fc.constantFrom(0, 64, 128),
  settings,
  img2img: fc.option(
    fc.record({
      source: fc.constant(source),
      resizeMode: fc.constantFrom(...RESIZE_MODES),
      denoisingStrength: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
      imageCfgScale: fc.constant(DEFAULT_IMG2IMG.imageCfgScale),
      inpaint: fc.option(inpaint),
    }),
  ),
  hires: fc.constant(null),
  refiner: fc.constant(null),
  controlUnits: fc.constant([]),
  extensions: extensionUses,
  template: fc.constant(null),
  detailer: fc.constant(null),
  script: fc.constant(null),
});

describe('the text of a picture', () => {
  test('makes it again', async () => {
    await fc.assert(
      fc.asyncProperty(request, fc.nat({ max: 3 }), async (asked, index) => {
        fc.pre(validateParameters(asked).length === 0);
        const picture = await make(asked, index);
        const infotext = parseInfotext(picture.text);
        const told = img2imgFromText(infotext);
        if (told) expect(source.sha256.startsWith(told.sourceHash!)).toBe(true);
        const read = {
          ...toGenerationParameters(infotext),
          img2img: told && { source, ...told, inpaint: told.inpaint && { mask, ...told.inpaint } },
        };
        const again: GenerationParameters = { ...DEFAULT_PARAMETERS, ...read };
        expect(await make(again, 0)).toEqual(picture);
        expect(again.settings.upcastAttention).toBe(asked.settings.upcastAttention);
      }),
      { numRuns: 300 },
    );
  });

  // A difference that the property could not see would make it worthless.
  test.each<[string, Partial<GenerationParameters>, Partial<ImageSettings>]>([
    ['clip skip', { clipSkip: 2 }, {}],
    ['eta noise seed delta', { ensd: 1 }, {}],
    ['variation', { subseed: 1, subseedStrength: 0.1 }, {}],
    ['seed resize', { seedResizeFromWidth: 128, seedResizeFromHeight: 64 }, {}],
    ['emphasis mode', {}, { emphasis: 'No norm' }],
    ['old emphasis', {}, { oldEmphasis: true }],
    ['old timelines', {}, { oldScheduling: true }],
    ['word wrap', {}, { commaBacktrack: 0 }],
    ['curly braces', {}, { curlyBraces: true }],
    ['padding', {}, { padConds: true }],
    ['old padding', {}, { padCondsV0: true }],
    ['eta', {}, { etaAncestral: 0.5 }],
    ['terminal SNR', {}, { noiseSchedule: 'Zero Terminal SNR' }],
    ['downcast', {}, { downcastAlphas: true }],
    ['NGMS', {}, { sMinUncond: 3 }],
    ['skipping early', {}, { skipEarlyCond: 0.3 }],
    ['forecasting', { steps: 12 }, { spectrumWindow: 2 }],
    ['discarding', {}, { alwaysDiscardNextToLastSigma: true }],
    ['SGM noise', {}, { sgmNoiseMultiplier: true }],
    ['img2img', { img2img: { source, ...DEFAULT_IMG2IMG } }, {}],
  ])('%s shows in the picture', async (_, parameters, changed) => {
    const asked: GenerationParameters = {
      ...DEFAULT_PARAMETERS,
      prompt: `(a) cat {x} [red:blue:1.0] ${'one '.repeat(60)}, ${'two '.repeat(60)}`,
      sampler: 'Euler a',
      steps: 6,
      width: 64,
      height: 64,
      seed: 3,
    };
    await expectDifferent(asked, {
      ...asked,
      ...parameters,
      settings: { ...DEFAULT_IMAGE_SETTINGS, ...changed },
    });
  });

  test.each<[string, Partial<Img2Img>, Partial<ImageSettings>]>([
    ['denoising strength', { denoisingStrength: 0.5 }, {}],
    ['resize mode', { resizeMode: 'Crop and resize' }, {}],
    ['noise multiplier', {}, { initialNoiseMultiplier: 0.9 }],
    ['extra noise', {}, { img2imgExtraNoise: 0.1 }],
    ['exact steps', {}, { img2imgFixSteps: true }],
    ['background color', {}, { img2imgBackgroundColor: '#2040a0' }],
  ])('%s shows in the picture of img2img', async (_, img2img, changed) => {
    const asked = { ...DEFAULT_PARAMETERS, steps: 6, width: 64, height: 64, seed: 3 };
    const usual = { source, ...DEFAULT_IMG2IMG };
    await expectDifferent(
      { ...asked, img2img: usual },
      {
        ...asked,
        img2img: { ...usual, ...img2img },
        settings: { ...DEFAULT_IMAGE_SETTINGS, ...changed },
      },
    );
  });

  async function expectDifferent(asked: GenerationParameters, other: GenerationParameters): Promise<void> {
    const [picture, different] = [await make(asked, 0), await make(other, 0)];
    expect(different.latents).not.toEqual(picture.latents);
    expect(different.text).not.toBe(picture.text);
  }
});
