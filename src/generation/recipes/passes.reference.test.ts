// Whole runs of txt2img with all that may come after its first step: hires fix, refiner, and both; and img2img's refiner. From the
// prompt to the picture and its text, as webui 1.10.1 made them (tests/reference/pipelines).
import { describe, expect, it } from 'vitest';
import { watchedModels, type WatchedModels } from '../../../tests/golden-models.ts';
import {
  expectClose,
  expectPicture,
  GoldenRuns,
  hiresOf,
  img2imgOf,
  networksOf,
  parametersOf,
  refinerOf,
  spreadOf,
  unreadFields,
  type GoldenCase,
} from '../../../tests/golden-runs.ts';
import { fieldsOf } from '../../../tests/whole-runs.ts';
import { conditioningOf } from '../../families/conditioning.ts';
import { flatten } from '../../image/flatten.ts';
import { vaeOutputToPixels, type PixelImage } from '../../image/pixels.ts';
import { readPicture } from '../../image/read-picture.ts';
import { pictureSize } from '../request/hires.ts';
import { hiresFromText } from '../request/hires-text.ts';
import { parseInfotext } from '../request/infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from '../request/parameters.ts';
import { refinerFromText } from '../request/refiner-text.ts';
import type { GenerationParameters } from '../request/request.ts';
import { seedsOf } from '../request/seeds.ts';
import { validateParameters } from '../request/validate.ts';
import { paintHires } from './hires.ts';
import { paintImg2Img, startImg2Img } from './img2img.ts';
import type { RecipeRun } from './recipe.ts';
import type { Batch } from './sampling-request.ts';
import { paintTxt2Img } from './txt2img.ts';

const runs = new GoldenRuns('pipelines');

/** Why a case cannot be run; null when it can. img2img alone has a test of its own. */
function missing(one: GoldenCase): string | null {
  const { mode, init = [], script, params } = one;
  if (script) return script.file;
  if (mode === 'img2img' && params['refiner_checkpoint'] === undefined) return 'img2img';
  if (mode === 'img2img' && init.length !== 1) return 'several pictures in one batch';
  const unread = unreadFields(one);
  return unread.length > 0 ? unread.join(', ') : runs.absent(one);
}

describe.skipIf(runs.cases.length === 0)('runs', () => {
  for (const one of runs.cases) {
    const reason = missing(one);
    if (reason !== null) it.skip(`${one.id} ${one.about}: ${reason}`, () => undefined);
    else it(`${one.id} ${one.about}`, () => check(one));
  }
});

/** What the network was asked in one pass. */
interface Asked {
  readonly items: number[];
  readonly models: string[];
}

async function check(one: GoldenCase): Promise<void> {
  const parameters: GenerationParameters = {
    ...parametersOf(one),
    img2img: one.mode === 'img2img' ? await img2imgOf(runs, one) : null,
    hires: await hiresOf(runs, one),
    refiner: refinerOf(runs, one),
  };
  // Some are smaller than pictures can be here.
  const tooSmall = /^(Width|Height) must be|would make a picture of/;
  expect(validateParameters(parameters).filter((problem) => !tooSmall.test(problem))).toEqual([]);
  let calls: Asked = { items: [], models: [] };
  const encoded: Float32Array[] = [];
  const open = (name: string) => networksOf(name, parameters.settings);
  const models = await watchedModels(runs.named(one.model), open, (networks, name) => ({
    ...networks,
    unet: (inputs) => {
      calls.items.push(inputs.batch);
      calls.models.push(name);
      return networks.unet(inputs);
    },
    encode: (image, height, width) => {
      encoded.push(image);
      return networks.encode(image, height, width);
    },
  }));
  const enlarged: PixelImage[] = [];
  const recipe = await recipeOf(models, parameters, async (pictures) => void enlarged.push(...pictures));
  const { batchSize, batchCount } = parameters;
  const size = pictureSize(parameters);
  const passes = one.passes.length / batchCount;

  for (let iteration = 0; iteration < batchCount; iteration++) {
    await models.use(null);
    calls = { items: [], models: [] };
    const batch = { first: iteration * batchSize, size: batchSize };
    enlarged.length = 0;
    const run = recipe(batch);
    let next = await run.next();
    const told: number[] = [];
    for (; !next.done; next = await run.next()) told.push(next.value.done);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    const latents = next.value;
    expect([8 * latents.width, 8 * latents.height]).toEqual([size.width, size.height]);

    // What the original fails at is made all the same.
    if (one.error !== undefined) {
      expect(latents.data.every(Number.isFinite)).toBe(true);
      continue;
    }
    const own = one.passes.slice(iteration * passes, (iteration + 1) * passes);
    // The original asks for the negative prompt at a CFG scale of 1, too, where it counts for nothing.
    const share = parameters.cfgScale === 1 && parameters.hires === null ? 0.5 : 1;
    expect(calls.items).toEqual(
      own.flatMap(({ calls }) => calls.network_items.flat().map((items) => items * share)),
    );
    // Where one call follows the other, each is the same model's.
    const asked = own.flatMap(
      ({ calls }): readonly (string | null)[] => calls.model ?? calls.network_items.map(() => null),
    );
    const expected = asked.map((model, at) => model ?? calls.models[at]);
    if (calls.items.length === asked.length) expect(calls.models).toEqual(expected);

    if (parameters.hires) await checkFirstPass(one, parameters, enlarged, iteration * passes);
    const result = `pass${(iteration + 1) * passes - 1}.result`;
    // There the sampler's result is not yet blended with what is kept.
    const kept = one.mask === undefined ? result : `decode${iteration}.latent`;
    await expectClose(runs, one, kept, latents.data, spreadOf(one, result));
    const length = latents.data.length / batchSize;
    for (let i = 0; i < batchSize; i++) {
      const latent = latents.data.slice(i * length, (i + 1) * length);
      const decoded = await models.current.networks.decode(latent, latents.height, latents.width);
      const picture = vaeOutputToPixels(decoded, size.width, size.height);
      await expectPicture(runs, one, `image${batch.first + i}.before_overlay`, picture);
      await checkText(one, parameters, models, batch.first + i);
    }
  }
  if (parameters.hires && one.tensors.includes('encode0.u8')) {
    const { data } = await runs.tensor(one, 'encode0.u8');
    const bytes = encoded.at(-1)!.map((value) => Math.round((value * 0.5 + 0.5) * 255));
    // Planes there, and pixels here.
    const area = bytes.length / 3;
    const far = [...data.slice(-bytes.length)].map(
      (value, at) => value - bytes[(at % 3) * area + Math.floor(at / 3)]!,
    );
    expect(Math.max(...far.map(Math.abs))).toBeLessThanOrEqual(1);
  }
}

/** The pictures that are enlarged are those of the first pass, or the finished one in its place. */
async function checkFirstPass(
  one: GoldenCase,
  parameters: GenerationParameters,
  enlarged: readonly PixelImage[],
  pass: number,
): Promise<void> {
  const { width, height, batchSize, hires } = parameters;
  expect(enlarged).toHaveLength(batchSize);
  const finished = hires!.firstPass && flatten(await readPicture(hires!.firstPass.file), '#ffffff');
  const { data } = finished ? { data: new Float32Array(0) } : await runs.tensor(one, `pass${pass}.result`);
  const refined = one.passes[pass]!.calls.model?.at(-1);
  const networks = await networksOf(refined ?? one.model, parameters.settings);
  const size = data.length / batchSize;
  for (const [i, picture] of enlarged.entries()) {
    const latent = data.slice(i * size, (i + 1) * size);
    const expected =
      finished ?? vaeOutputToPixels(await networks.decode(latent, height / 8, width / 8), width, height);
    expect([picture.width, picture.height]).toEqual([expected.width, expected.height]);
    const far = Array.from(picture.data, (value, at) => Math.abs(value - expected.data[at]!));
    expect(Math.max(...far)).toBeLessThanOrEqual(1);
  }
}

async function recipeOf(
  models: WatchedModels,
  parameters: GenerationParameters,
  onFirstPass: (pictures: readonly PixelImage[]) => Promise<void>,
): Promise<(batch: Batch) => RecipeRun> {
  const { img2img, hires } = parameters;
  if (img2img) {
    const source = await readPicture(img2img.source.file);
    const mask = img2img.inpaint && (await readPicture(img2img.inpaint.mask.file));
    const start = await startImg2Img(models.current.networks, parameters, img2img, { source, mask });
    return (batch) => paintImg2Img(models, parameters, img2img, start, batch);
  }
  if (!hires) return (batch) => paintTxt2Img(models, parameters, batch);
  const firstPass = hires.firstPass && (await readPicture(hires.firstPass.file));
  return (batch) => paintHires(models, parameters, hires, firstPass, batch, onFirstPass);
}

/** What A1111 says of the picture is said by our text, which asks for the same again. */
async function checkText(
  one: GoldenCase,
  parameters: GenerationParameters,
  models: WatchedModels,
  index: number,
): Promise<void> {
  const networks = await networksOf(one.model, parameters.settings);
  const { family, buffers } = networks;
  const text = fromGenerationParameters(parameters, {
    ...seedsOf(parameters, index),
    ...{ padded: models.conditions!.padded, family, buffers, conditioning: conditioningOf(networks) },
    ...{ modelHash: runs.sha256Of(one.model).slice(0, 10), modelName: one.model },
  });
  const said = parseInfotext(text);
  // Where ours has more, it is of settings that A1111 keeps to itself.
  expect(fieldsOf(said)).toMatchObject(fieldsOf(parseInfotext(one.infotexts![index]!)));
  const { hires, refiner, settings } = parameters;
  const told = hiresFromText(said);
  if (hires) {
    expect(told).toMatchObject({
      ...{ upscaler: hires.upscaler, steps: hires.steps, denoisingStrength: hires.denoisingStrength },
      ...{ prompt: hires.prompt, negativePrompt: hires.negativePrompt, sampler: hires.sampler },
    });
    expect(told?.checkpoint?.name ?? null).toBe(hires.checkpoint?.name ?? null);
  } else expect(told).toBeNull();
  expect(refinerFromText(said)?.switchAt).toBe(refiner?.switchAt);
  const { batchCondUncond, ...read } = toGenerationParameters(said).settings!;
  expect(batchCondUncond).toBe(true);
  for (const [key, value] of Object.entries(read)) {
    // Told only where they did something.
    const padding = key === 'padConds' || key === 'padCondsV0';
    if (!padding) expect([key, value]).toEqual([key, settings[key as keyof typeof settings]]);
  }
}
