// The text of a picture of two passes makes it again: whatever hires fix was asked for, text and request of each picture give the same
// latents, bit for bit, and the same text. The networks are formulas, so that many runs are quick; all else is real.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FORMULA_NETWORKS } from '../../../tests/formula-networks.ts';
import { watchedModels } from '../../../tests/golden-models.ts';
import { HIRES_UPSCALERS, isLatentUpscaler } from '../../image/upscale-latent.ts';
import { SAMPLERS } from '../../sampling/registry.ts';
import { SCHEDULERS } from '../../sampling/schedulers.ts';
import { paintHires } from '../recipes/hires.ts';
import { hiresFromText } from './hires-text.ts';
import { parseInfotext } from './infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from './parameters.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters, type Hires } from './request.ts';
import { validateParameters } from './validate.ts';

async function make(parameters: GenerationParameters, hires: Hires) {
  const models = await watchedModels({ sha256: 'a', name: 'a' }, async () => FORMULA_NETWORKS);
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
