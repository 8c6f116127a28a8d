// Whole runs of scripts, from the source picture to the results and their text, as webui 1.10.1 made them
// (tests/reference/pipelines).
import { describe, expect, it } from 'vitest';
import { watchedModels } from '../../../tests/golden-models.ts';
import {
  expectClose,
  GoldenRuns,
  img2imgOf,
  networksOf,
  parametersOf,
  spreadOf,
  unreadFields,
  type GoldenCase,
  type Tensor,
} from '../../../tests/golden-runs.ts';
import { fieldsOf } from '../../../tests/whole-runs.ts';
import { conditioningOf } from '../../families/conditioning.ts';
import { upscaleBuiltIn } from '../../finishing/upscale.ts';
import { vaeOutputToPixels, type PixelImage } from '../../image/pixels.ts';
import { readPicture } from '../../image/read-picture.ts';
import { UPSCALERS } from '../../image/upscale.ts';
import { withoutPause } from '../../image/pause.ts';
import type { Networks } from '../../runtime/networks.ts';
import { startImg2Img, type Img2ImgPictures } from '../recipes/img2img.ts';
import { paintAlternative } from '../recipes/img2img-alternative.ts';
import { parseInfotext } from '../request/infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from '../request/parameters.ts';
import { MASKED_CONTENTS } from '../request/masked-content.ts';
import { passesOf } from '../request/passes.ts';
import { prepareRequest } from '../request/prepare.ts';
import type { GenerationParameters } from '../request/request.ts';
import { DENOISING_CURVES, parseScript, type Img2ImgAlternative, type Script } from '../request/script.ts';
import { validateParameters } from '../request/validate.ts';
import type { Pass, PassResult, ScriptHost, ScriptRequest } from './host.ts';
import { runScript } from './run-script.ts';
import { startPass } from './start-pass.ts';

/** One call of the original's process_images. */
interface GoldenRun {
  readonly seed: number;
  readonly denoising_strength: number;
  readonly batch_size: number;
  readonly size: readonly [width: number, height: number];
  readonly infotexts: readonly string[];
  readonly passes: readonly { readonly calls: { readonly network_items: readonly (readonly number[])[] } }[];
}

type ScriptCase = GoldenCase & {
  readonly script: { readonly file: string; readonly args: readonly unknown[] };
  readonly images: number;
  readonly runs: readonly GoldenRun[];
};

const runs = new GoldenRuns('pipelines');
const cases = runs.cases.filter((one): one is ScriptCase => one.script !== undefined);

/** What the arguments of a script's `run` are to ours; null for a script that is not there. */
function scriptOf({ script: { file, args } }: ScriptCase): Script | null {
  const text = (index: number) => String(args[index]);
  switch (file) {
    case 'loopback.py':
      return parseScript('Loopback', {
        loops: args[0],
        finalDenoisingStrength: args[1],
        denoisingCurve: DENOISING_CURVES.find((curve) => curve === text(2)),
      });
    case 'sd_upscale.py':
      return parseScript('SD upscale', { tileOverlap: args[1], upscaler: text(2), scaleFactor: args[3] });
    case 'poor_mans_outpainting.py':
      return parseScript("Poor man's outpainting", {
        ...{ pixels: args[0], maskBlur: args[1], maskedContent: MASKED_CONTENTS[Number(args[2])] },
        directions: args[3],
      });
    case 'outpainting_mk_2.py': {
      const [, pixels, maskBlur, directions, fallOffExponent, colorVariation] = args;
      const options = { pixels, maskBlur, directions, fallOffExponent, colorVariation };
      return parseScript('Outpainting mk2', options);
    }
    case 'img2imgalt.py': {
      const [, overrideSampler, overridePrompt, decodePrompt, decodeNegativePrompt, overrideSteps] = args;
      const [decodeSteps, overrideStrength, decodeCfgScale, randomness, sigmaAdjustment] = args.slice(6);
      return parseScript('img2img alternative test', {
        ...{ overrideSampler, overridePrompt, decodePrompt, decodeNegativePrompt, overrideSteps },
        ...{ decodeSteps, overrideStrength, decodeCfgScale, randomness, sigmaAdjustment },
      });
    }
    default:
      return null;
  }
}

function missing(one: ScriptCase): string | null {
  const script = scriptOf(one);
  if (!script) return one.script.file;
  if (script.kind === 'SD upscale' && !UPSCALERS.some((name) => name === one.script.args[2]))
    return `upscaler ${String(one.script.args[2])}`;
  const unread = unreadFields(one);
  return unread.length > 0 ? unread.join(', ') : runs.absent(one);
}

describe.skipIf(cases.length === 0)('scripts', () => {
  for (const one of cases) {
    const reason = missing(one);
    if (reason !== null) it.skip(`${one.id} ${one.about}: ${reason}`, () => undefined);
    else it(`${one.id} ${one.about}`, () => check(one));
  }
});

async function check(one: ScriptCase): Promise<void> {
  const networks = await networksOf(one.model);
  const img2img = await img2imgOf(runs, one);
  const script = scriptOf(one)!;
  const asked = prepareRequest({ ...parametersOf(one), img2img, script });
  expect(validateParameters(asked)).toEqual([]);
  const parameters = { ...asked, img2img: asked.img2img! };
  const source = await readPicture(img2img.source.file);
  const mask = img2img.inpaint && (await readPicture(img2img.inpaint.mask.file));
  const pictures = { source, mask };
  if (script.kind === 'img2img alternative test') await checkAlternative(one, parameters, script, pictures);
  else await checkPasses(one, parameters, script, pictures);
  checkText(one, parameters, networks);
}

async function checkPasses(
  one: ScriptCase,
  parameters: ScriptRequest['parameters'],
  script: Script,
  { source, mask }: Img2ImgPictures,
): Promise<void> {
  const painter = new GoldenPainter(one, await networksOf(one.model));
  const { batches, pictures } = passesOf(parameters);
  for (let batch = 0; batch < batches; batch++)
    await runScript(painter, script, { parameters, source, mask, batch });
  expect(painter.passes).toBe(one.runs.length);
  expect(painter.kept).toHaveLength(one.images);
  expect(batches * pictures).toBe(one.images);
  for (const [index, picture] of painter.kept.entries())
    expectAlike(picture, await runs.tensor(one, `output${index}`), painter.share);
}

async function checkAlternative(
  one: ScriptCase,
  parameters: ScriptRequest['parameters'],
  script: Img2ImgAlternative,
  source: Img2ImgPictures,
): Promise<void> {
  const { width, height, img2img } = parameters;
  const networks = await networksOf(one.model);
  const models = await watchedModels({ name: one.model, sha256: '' }, () => Promise.resolve(networks));
  const start = await startImg2Img(networks, parameters, img2img, source);
  const run = paintAlternative(models, parameters, script, img2img, start, { first: 0, size: 1 });
  let next = await run.next();
  const steps = [];
  while (!next.done) {
    steps.push(next.value.step);
    next = await run.next();
  }
  expect(steps).toEqual(steps.map((_, i) => i + 1));
  expect(steps).toHaveLength(script.decodeSteps + one.runs[0]!.passes[0]!.calls.network_items.length);
  const { data } = next.value;
  const result = 'run0.pass0.result';
  await expectClose(runs, one, result, data, spreadOf(one, result));
  const decoded = vaeOutputToPixels(await networks.decode(data, height / 8, width / 8), width, height);
  expectAlike(decoded, await runs.tensor(one, 'output0'), 0.01);
}

/** Paints as the original did, and compares on the way. */
class GoldenPainter implements ScriptHost {
  readonly pause = withoutPause;
  passes = 0;
  readonly upscale = upscaleBuiltIn;
  readonly kept: PixelImage[] = [];
  /** What part of the bytes may be more than 1 off: matched histograms make more of a difference of 1. */
  readonly share: number;

  constructor(
    private readonly one: ScriptCase,
    private readonly networks: Networks,
  ) {
    this.share = one.options?.['img2img_color_correction'] === true ? 0.01 : 0;
  }

  async paint(pass: Pass): Promise<PassResult> {
    const { one } = this;
    const { parameters } = pass;
    const index = this.passes++;
    const golden = one.runs[index]!;
    const [width, height] = golden.size;
    expect(parameters).toMatchObject({ seed: golden.seed, batchSize: golden.batch_size, width, height });
    expect(parameters.img2img.denoisingStrength).toBeCloseTo(golden.denoising_strength, 12);
    const calls: number[] = [];
    const models = await watchedModels(
      { name: one.model, sha256: runs.sha256Of(one.model) },
      () => Promise.resolve(this.networks),
      (networks) => ({
        ...networks,
        unet: (inputs) => {
          calls.push(inputs.batch);
          return networks.unet(inputs);
        },
      }),
    );
    const sources = await Promise.all(pass.sources.map((source, i) => this.#source(source, index, i)));
    const started = await startPass(models.current, { ...pass, sources });
    const run = started.paint(models);
    let next = await run.next();
    while (!next.done) next = await run.next();
    const latents = next.value.data;
    const name = `run${index}.pass0.result`;
    await expectClose(runs, one, name, latents, spreadOf(one, name));
    expect(calls).toEqual(golden.passes[0]!.calls.network_items.flat());
    const size = latents.length / parameters.batchSize;
    const pictures: PixelImage[] = [];
    for (let i = 0; i < parameters.batchSize; i++) {
      const latent = latents.slice(i * size, (i + 1) * size);
      const decoded = await this.networks.decode(latent, height / 8, width / 8);
      pictures.push(await started.finish(vaeOutputToPixels(decoded, width, height), i, latents));
    }
    return { pictures, cut: null };
  }

  /** The original's, so that what one pass is off by does not grow in the next ones. */
  async #source(source: PixelImage, run: number, index: number): Promise<PixelImage> {
    const tensor = await runs.tensor(this.one, `run${run}.init.resized${index}`);
    expectAlike(source, tensor, this.share);
    return { ...source, channels: 3, data: Uint8Array.from(tensor.data) };
  }

  keep(picture: PixelImage): Promise<void> {
    return Promise.resolve(void this.kept.push(picture));
  }
}

function expectAlike(
  { data, width, height }: PixelImage,
  { dims, data: values }: Tensor,
  share: number,
): void {
  expect(dims).toEqual([height, width, 3]);
  const off = data.filter((value, at) => Math.abs(value - values[at]!) > 1).length;
  expect(off / data.length).toBeLessThanOrEqual(share);
}

/** What A1111 says of the pictures is said by our text, which asks for the same again. */
function checkText(one: ScriptCase, parameters: GenerationParameters, networks: Networks): void {
  const { family, buffers } = networks;
  const text = fromGenerationParameters(parameters, {
    seed: parameters.seed,
    ...{ padded: null, family, buffers, conditioning: conditioningOf(networks) },
    ...{ modelHash: runs.sha256Of(one.model).slice(0, 10), modelName: one.model },
  });
  const said = parseInfotext(text);
  for (const golden of one.infotexts ?? [])
    expect(fieldsOf(said)).toMatchObject(fieldsOf(parseInfotext(golden)));
  const { width, height, script } = parameters;
  expect(toGenerationParameters(said)).toMatchObject({ script, width, height });
}
