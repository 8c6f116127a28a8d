// The text of a picture of two passes makes it again: whatever hires fix was asked for, text and request of each picture give the same
// latents, bit for bit, and the same text. The networks are formulas, so that many runs are quick; all else is real.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { watchedModels } from '../../../tests/golden-models.ts';
import { SD1 } from '../../families/sd1.ts';
import { HIRES_UPSCALERS, isLatentUpscaler } from '../../image/upscale-latent.ts';
import type { Networks } from '../../runtime/networks.ts';
import { SAMPLERS } from '../../sampling/registry.ts';
import { SCHEDULERS } from '../../sampling/schedules.ts';
import { paintHires } from '../recipes/hires.ts';
import { hiresFromText } from './hires-text.ts';
import { parseInfotext } from './infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from './parameters.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters, type Hires } from './request.ts';
import { validateParameters } from './validate.ts';

const WIDTH = 3;

/** Every token shows in what the UNet gives. */
const NETWORKS: Networks = {
  family: SD1,
  prediction: 'epsilon',
  buffers: {},
  latentChannels: 4,
  scaleFactor: 1,
  unetChannels: 4,
  contextDim: WIDTH,
  vectorDim: null,
  textEncoders: [
    {
      type: 'clip',
      prefix: '',
      vocabulary: 49408,
      positions: 77,
      width: WIDTH,
      layers: 12,
      heads: 1,
      mlpWidth: 1,
      activation: 'quick_gelu',
      projection: null,
    },
  ],
  encodeText: async (_, tokens, chunks) => ({
    states: Float32Array.from({ length: chunks * 77 * WIDTH }, (_, i) =>
      Math.sin(tokens[Math.floor(i / WIDTH)]! * 12.9898 + (i % 231) * 0.37),
    ),
    pooled: null,
  }),
  unet: async ({ x, batch, timesteps, context }) => {
    const told = context.length / batch;
    return x.map((value, i) => {
      const n = Math.floor(i / (x.length / batch));
      const said = context.subarray(n * told, (n + 1) * told).reduce((sum, one) => sum + one, 0);
      return value * (0.6 + (0.4 * timesteps[n]!) / 1000) + 0.05 * Math.tanh(said + value);
    });
  },
  decode: () => Promise.reject(new Error('Nothing is decoded here.')),
  encode: () => Promise.reject(new Error('Nothing is encoded here.')),
};

async function make(parameters: GenerationParameters, hires: Hires) {
  const models = await watchedModels({ sha256: 'a', name: 'a' }, async () => NETWORKS);
  const run = paintHires(models, parameters, hires, null, { first: 0, size: 1 });
  const ended = async () => {
    for (;;) {
      const next = await run.next();
      if (next.done) return next.value;
    }
  };
  // Some samplers cannot do with so few steps.
  const latents = await ended().catch(String);
  const context = { seed: parameters.seed, padded: models.conditions!.padded };
  return { text: fromGenerationParameters(parameters, context), latents };
}

const sampler = fc.constantFrom(...SAMPLERS.map(({ name }) => name));
const scheduler = fc.constantFrom(...SCHEDULERS.map(({ label }) => label));
const prompt = fc.constantFrom('', 'a (cat:1.2)', '[red:blue:1.5] car', '[red:blue:4]\ncar, "sky"');
const size = fc.constantFrom(0, 96, 104);

const hires: fc.Arbitrary<Hires> = fc.record({
  upscaler: fc.constantFrom(...HIRES_UPSCALERS.filter(isLatentUpscaler)),
  scale: fc.constantFrom(1, 1.5, 1.55),
  resizeWidth: size,
  resizeHeight: size,
  steps: fc.integer({ min: 0, max: 4 }),
  denoisingStrength: fc.constantFrom(0.3, 0.7, 1),
  checkpoint: fc.constant(null),
  sampler: fc.option(sampler),
  scheduler: fc.option(scheduler),
  cfgScale: fc.option(fc.constantFrom(1, 4.5)),
  prompt,
  negativePrompt: prompt,
  firstPass: fc.constant(null),
});

test('the text of a picture of two passes makes it again', async () => {
  await fc.assert(
    fc.asyncProperty(sampler, scheduler, prompt, hires, async (sampler, scheduler, prompt, hires) => {
      const first = { ...DEFAULT_PARAMETERS, sampler, scheduler, prompt };
      const asked = { ...first, hires, steps: 3, width: 64, height: 64, seed: 5 };
      fc.pre(validateParameters(asked).length === 0);
      const picture = await make(asked, hires);
      const infotext = parseInfotext(picture.text);
      const told = { ...hiresFromText(infotext)!, checkpoint: null, firstPass: null };
      const again = { ...DEFAULT_PARAMETERS, ...toGenerationParameters(infotext), hires: told };
      expect(await make(again, told)).toEqual(picture);
    }),
    { numRuns: 100 },
  );
});
