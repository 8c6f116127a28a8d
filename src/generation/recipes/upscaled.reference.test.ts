// Hires fix by upscalers that are networks, from the prompt to the picture and its text, as webui 1.10.1 made them
// (tests/reference/sdxl/runs). img2img by them has a test of its own (img2img.reference.test.ts).
import { describe, expect, it } from 'vitest';
import { watchedModels } from '../../../tests/golden-models.ts';
import {
  expectClose,
  expectPicture,
  GoldenRuns,
  hiresOf,
  networksOf,
  parametersOf,
  spreadOf,
  unreadFields,
  type GoldenCase,
} from '../../../tests/golden-runs.ts';
import { goldenUpscale, hasUpscaler } from '../../../tests/upscaler-network.ts';
import { fieldsOf } from '../../../tests/whole-runs.ts';
import { vaeOutputToPixels } from '../../image/pixels.ts';
import { isLatentUpscaler } from '../../image/upscale-latent.ts';
import { isBuiltIn } from '../../image/upscale.ts';
import { pictureSize } from '../request/hires.ts';
import { hiresFromText } from '../request/hires-text.ts';
import { parseInfotext } from '../request/infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from '../request/parameters.ts';
import { seedsOf } from '../request/seeds.ts';
import { paintHires } from './hires.ts';

/** Of bytes that may be more than 1 off: a byte that is 1 off before a network, or between two passes of it, moves some around it. */
const SHARE = 1e-3;

const runs = new GoldenRuns('sdxl', 'runs');

const upscaled = runs.cases.filter(({ mode, params }) => {
  const name = params['hr_upscaler'];
  return mode === 'txt2img' && typeof name === 'string' && !isBuiltIn(name) && !isLatentUpscaler(name);
});

describe.skipIf(upscaled.length === 0)('runs', () => {
  it.for(upscaled)('$id $about', async (one, context) => {
    const unread = unreadFields(one);
    const absent = unread.length > 0 ? unread.join(', ') : runs.absent(one);
    if (absent !== null) return context.skip(absent);
    const name = String(one.params['hr_upscaler']);
    if (!(await hasUpscaler(name))) return context.skip(`no ${name}`);
    await check(one);
  });
});

async function check(one: GoldenCase): Promise<void> {
  const hires = (await hiresOf(runs, one))!;
  const parameters = { ...parametersOf(one), hires };
  const encoded: Float32Array[] = [];
  const upscale = goldenUpscale(parameters.settings);
  const watch = (networks: Awaited<ReturnType<typeof networksOf>>) => ({
    ...networks,
    encode: (image: Float32Array, height: number, width: number) => {
      encoded.push(image);
      return networks.encode(image, height, width);
    },
  });
  const models = await watchedModels(runs.named(one.model), (name) => networksOf(name), watch, upscale);
  const { batchSize } = parameters;
  const run = paintHires(models, parameters, hires, null, { first: 0, size: batchSize });
  let next = await run.next();
  while (!next.done) next = await run.next();
  const latents = next.value;

  // What the second pass starts from.
  const { data } = await runs.tensor(one, 'encode0.u8');
  const bytes = encoded.at(-1)!.map((value) => Math.round((value * 0.5 + 0.5) * 255));
  const area = bytes.length / 3;
  const far = [...data].map((value, at) => Math.abs(value - bytes[(at % 3) * area + Math.floor(at / 3)]!));
  expect(far.filter((apart) => apart > 1).length / far.length).toBeLessThan(SHARE);

  const result = `pass${one.passes.length - 1}.result`;
  await expectClose(runs, one, result, latents.data, spreadOf(one, result));
  const { width, height } = pictureSize(parameters);
  const { networks } = models.current;
  const decoded = await networks.decode(latents.data, latents.height, latents.width);
  await expectPicture(runs, one, 'image0.before_overlay', vaeOutputToPixels(decoded, width, height));

  const { family, buffers } = networks;
  const text = fromGenerationParameters(parameters, {
    ...seedsOf(parameters, 0),
    ...{ padded: models.conditions!.padded, family, buffers },
    ...{ modelHash: runs.sha256Of(one.model).slice(0, 10), modelName: one.model },
  });
  const said = parseInfotext(text);
  expect(fieldsOf(said)).toMatchObject(fieldsOf(parseInfotext(one.infotexts![0]!)));
  expect(hiresFromText(said)?.upscaler).toBe(hires.upscaler);
  expect(toGenerationParameters(said).settings).toEqual(parameters.settings);
}
