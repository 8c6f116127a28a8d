// Whole runs of img2img, inpainting and InstructPix2Pix, from the source picture to the result and its text, as webui 1.10.1 made them
// (tests/reference/pipelines, tests/reference/sdxl/runs).
import { describe, expect, it } from 'vitest';
import {
  expectClose,
  expectPicture,
  GoldenRuns,
  img2imgOf,
  networksOf,
  parametersOf,
  spreadOf,
  unreadFields,
  type GoldenCase,
} from '../../../tests/golden-runs.ts';
import { exactUNet, tinyVaeOf } from '../../../tests/golden-parts.ts';
import { expectResult, type Drawn } from '../../../tests/golden-rounding.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import { tinyVaeFolders } from '../../../tests/tiny-vae.ts';
import { fieldsOf } from '../../../tests/whole-runs.ts';
import { goldenUpscale } from '../../../tests/upscaler-network.ts';
import { upscalerCases } from '../../../tests/upscalers.ts';
import { conditioningOf } from '../../families/conditioning.ts';
import { pixelsToVaeInput, vaeOutputToPixels, type PixelImage } from '../../image/pixels.ts';
import { readPicture } from '../../image/read-picture.ts';
import { isBuiltIn } from '../../image/upscale.ts';
import { BadParametersError } from '../../runtime/errors.ts';
import type { Networks } from '../../runtime/networks.ts';
import { IMAGE_SETTINGS } from '../request/settings/list.ts';
import { img2imgFromText } from '../request/img2img-text.ts';
import { parseInfotext } from '../request/infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from '../request/parameters.ts';
import type { GenerationParameters, Img2Img } from '../request/request.ts';
import { seedsOf } from '../request/seeds.ts';
import { CondCache, encodePrompts, type Conditions } from './conditioning.ts';
import {
  finishImg2Img,
  initLatents,
  joinStarts,
  maskPictures,
  sampleImg2Img,
  settleImg2Img,
  startImg2Img,
} from './img2img.ts';
import type { Img2ImgStart } from './img2img.ts';
import type { Batch } from './sampling-request.ts';

/** Upscalers that are networks. */
const known = (await upscalerCases()).map(({ name }) => name);

/** Why a case cannot be run; null when it can. */
function missing(runs: GoldenRuns, one: GoldenCase): string | null {
  const { mode, script, vae, params, options = {} } = one;
  if (mode !== 'img2img') return mode;
  if (script) return script.file;
  if (params['refiner_checkpoint'] !== undefined) return 'a refiner (passes.reference.test.ts)';
  if (vae) return 'VAE files';
  const { vaeEncodeMethod, vaeDecodeMethod } = parametersOf(one).settings;
  if ([vaeEncodeMethod, vaeDecodeMethod].includes('TAESD') && tinyVaeFolders.length === 0) return 'no TAESD';
  const upscaler = options['upscaler_for_img2img'] ?? 'None';
  if (!isBuiltIn(String(upscaler)) && !known.includes(String(upscaler)))
    return `upscaler ${String(upscaler)}`;
  const unread = unreadFields(one);
  return unread.length > 0 ? unread.join(', ') : runs.absent(one);
}

for (const folder of [['pipelines'], ['sdxl', 'runs']]) {
  const runs = new GoldenRuns(...folder);
  describe.skipIf(runs.cases.length === 0)(`runs of ${folder.join('/')}`, () => {
    for (const one of runs.cases) {
      const reason = missing(runs, one);
      if (reason !== null) it.skip(`${one.id} ${one.about}: ${reason}`, () => undefined);
      else it(`${one.id} ${one.about}`, () => new Check(runs, one).run());
    }
  });
}

/** One case. */
class Check {
  readonly #batches: number[] = [];

  constructor(
    private readonly runs: GoldenRuns,
    private readonly one: GoldenCase,
  ) {}

  async run(): Promise<void> {
    const { runs, one } = this;
    const img2img = await img2imgOf(runs, one);
    const parameters = { ...parametersOf(one), img2img };
    const networks = this.#watched(await networksOf(one.model, parameters.settings));
    const conditions = await encodePrompts(networks, parameters, new CondCache());
    const mask = img2img.inpaint && (await readPicture(img2img.inpaint.mask.file));
    const tiny = await tinyVaeOf(networks, parameters.settings);
    const decode = tiny.decode ?? ((...args) => networks.decode(...args));
    const upscale = goldenUpscale(parameters.settings);
    const starts: Img2ImgStart[] = [];
    for (const { file } of [img2img.source, ...(img2img.others ?? [])]) {
      const source = await readPicture(file);
      const made = await startImg2Img(
        networks,
        parameters,
        img2img,
        { source, mask },
        { upscale, ...(tiny.encode && { encode: tiny.encode }) },
      );
      const builtIn = isBuiltIn(parameters.settings.upscalerForImg2img);
      starts.push(builtIn ? made : await this.#asGolden(made, networks));
    }
    await this.#start(parameters, starts);
    const { batchSize, batchCount } = parameters;
    for (let pass = 0; pass < batchCount; pass++) {
      const batch = { first: pass * batchSize, size: batchSize };
      const run = () =>
        this.#batch({ ...networks, decode }, parameters, img2img, starts, conditions, batch, pass);
      if (one.error !== undefined) return expect(run()).rejects.toThrow(BadParametersError);
      await run();
    }
  }

  /** What a network makes may lie on a rounding edge: from there on the original's picture is taken, which may be 1 apart. */
  async #asGolden(start: Img2ImgStart, networks: Networks): Promise<Img2ImgStart> {
    const { data } = await this.runs.tensor(this.one, 'encode0.u8');
    const picture = { ...start.picture, data: Uint8Array.from(data) };
    const far = Array.from(data, (value, at) => Math.abs(value - start.picture.data[at]!));
    expect(start.picture.data).toHaveLength(far.length);
    expect(Math.max(...far)).toBeLessThanOrEqual(1);
    const latent = await networks.encode(pixelsToVaeInput(picture), picture.height, picture.width);
    return { ...start, picture, latent };
  }

  #watched(real: Networks): Networks {
    const { runs, one } = this;
    let encoded = 0;
    return {
      ...real,
      unet: (inputs) => {
        this.#batches.push(inputs.batch);
        return real.unet(inputs);
      },
      async encode(image, height, width) {
        const latent = await real.encode(image, height, width);
        encoded += 1;
        if (encoded === 1 || conditioningOf(real) !== 'inpainting') return latent;
        // What inpainting models are told of the picture. Where that is grey, there is no variance for a group norm to divide by:
        // rounding shows.
        const { data, dims } = await runs.tensor(one, 'pass0.image_conditioning');
        const told = data.slice(dims[2]! * dims[3]!, 5 * dims[2]! * dims[3]!);
        const grey = image.every((value) => value === 0);
        expect(relativeError(latent, told)).toBeLessThan(grey ? 1e-3 : 5e-5);
        return told;
      },
    };
  }

  async #start(parameters: GenerationParameters, starts: readonly Img2ImgStart[]): Promise<void> {
    const { runs, one } = this;
    const start = joinStarts(starts);
    const { painting, imageConditioning } = start;
    expect(starts.flatMap(({ picture }) => [...picture.data])).toEqual([
      ...(await runs.tensor(one, 'encode0.u8')).data,
    ]);
    expect(painting !== null).toBe(one.tensors.includes('latent_mask'));
    if (painting) {
      await expectClose(runs, one, 'latent_mask', painting.paint, 1e-6);
      if (one.tensors.includes('mask.overlay')) {
        const { dims, data } = await runs.tensor(one, 'mask.overlay');
        const grey = data.filter((_, i) => i % (dims[2] ?? 1) === 0);
        expect([...painting.overlayMask.data]).toEqual([...grey]);
      }
    }
    if (imageConditioning && one.tensors.includes('image_conditioning')) {
      const { data } = await runs.tensor(one, 'image_conditioning');
      expect(relativeError(imageConditioning, data.slice(0, imageConditioning.length))).toBeLessThan(5e-5);
    }
    const batch = { first: 0, size: parameters.batchSize };
    await expectClose(runs, one, 'init_latent', initLatents(parameters, start, batch), 5e-5);
  }

  async #batch(
    networks: Networks,
    parameters: GenerationParameters,
    img2img: Img2Img,
    starts: readonly Img2ImgStart[],
    conditions: Conditions,
    batch: Batch,
    pass: number,
  ): Promise<void> {
    const { runs, one } = this;
    this.#batches.length = 0;
    const joined = joinStarts(starts);
    const draw = async (networks: Networks): Promise<Drawn> => {
      let asked: Float32Array | null = null;
      const unet: Networks['unet'] = (inputs) => {
        asked ??= inputs.x;
        return networks.unet(inputs);
      };
      const watched = { ...networks, unet };
      const run = sampleImg2Img(watched, parameters, img2img, joined, conditions, batch);
      let answer: Float32Array | null = null;
      for (;;) {
        const next = await run.next();
        if (next.done) return { asked: asked!, answer: answer!, result: next.value };
        answer ??= next.value.denoised;
      }
    };
    const drawn = await draw(networks);
    expect(this.#batches).toEqual(one.passes[pass]!.calls.network_items.flat());
    const rounded = await expectResult(runs, one, pass, drawn, async () =>
      draw({ ...networks, unet: await exactUNet(one.model) }),
    );

    // Where the reference's own rounding moves the result further than a byte, its latent is decoded.
    const decodes = rounded || spreadOf(one, `pass${pass}.result`) > 1e-2;
    const latents = decodes
      ? (await runs.tensor(one, `decode${pass}.latent`)).data
      : settleImg2Img(parameters, joined, batch, drawn.result);
    const size = latents.length / batch.size;
    const { width, height } = parameters;
    const returned: PixelImage[] = [];
    for (let index = 0; index < batch.size; index++) {
      const latent = latents.slice(index * size, (index + 1) * size);
      const decoded = vaeOutputToPixels(await networks.decode(latent, height / 8, width / 8), width, height);
      const settled = { batch, index, latents };
      const start = starts[index % starts.length]!;
      const before = await finishImg2Img(parameters, { ...start, painting: null }, decoded, settled);
      const name = `image${batch.first + index}`;
      await expectPicture(runs, one, `${name}.before_overlay`, before);
      if (start.painting) {
        const after = await finishImg2Img(parameters, start, decoded, settled);
        const overlaid = parameters.settings.overlayInpaint ? 'after_overlay' : 'before_overlay';
        await expectPicture(runs, one, `${name}.${overlaid}`, after);
      }
      const blank = img2img.inpaint !== null && !start.painting;
      const shown = await maskPictures(parameters, start, decoded, settled);
      const { returnMask, returnMaskComposite } = parameters.settings;
      returned.push(before);
      if (shown && returnMask) returned.push(shown.mask);
      if (shown && returnMaskComposite) returned.push(shown.composite);
      checkText(runs, one, parameters, networks, conditions.padded, batch.first + index, blank);
    }
    for (const [at, picture] of returned.entries())
      if (one.tensors.includes(`output${at}`)) await expectPicture(runs, one, `output${at}`, picture);
    if (parameters.batchCount === 1) expect(returned.length).toBe(one.images);
  }
}

/** What A1111 says of the picture is said by our text, which asks for the same again. */
function checkText(
  runs: GoldenRuns,
  one: GoldenCase,
  parameters: GenerationParameters,
  networks: Networks,
  padded: Conditions['padded'],
  index: number,
  blank: boolean,
): void {
  const { family, buffers } = networks;
  const seeds = seedsOf(parameters, index);
  const text = fromGenerationParameters(parameters, {
    ...seeds,
    ...{ padded, family, buffers, conditioning: conditioningOf(networks) },
    ...{ modelHash: runs.sha256Of(one.model).slice(0, 10), modelName: one.model },
  });
  const said = parseInfotext(text);
  // Where ours has more, it is of what A1111 keeps to itself.
  // Where nothing is masked it tells nothing of the area, so that its text asks for something else.
  const area = (({ 'Inpaint area': only, 'Masked area padding': padding }) => ({
    'Inpaint area': only!,
    'Masked area padding': padding!,
  }))(said);
  const theirs = { ...parseInfotext(one.infotexts![index]!), ...(blank && area) };
  expect(fieldsOf(said)).toMatchObject(fieldsOf(theirs));
  const { source, resizeMode, denoisingStrength, inpaint } = parameters.img2img!;
  const sourceHash = source.sha256.slice(0, 10);
  const told = img2imgFromText(said)!;
  expect(told).toMatchObject({ resizeMode, denoisingStrength, sourceHash });
  if (inpaint) {
    const { mask, maskBlurDown = inpaint.maskBlur, padding, ...others } = inpaint;
    expect(told.inpaint).toMatchObject({ ...others, maskHash: mask.sha256.slice(0, 10) });
    expect(told.inpaint!.maskBlurDown ?? inpaint.maskBlur).toBe(maskBlurDown);
    if (inpaint.inpaintArea === 'Only masked') expect(told.inpaint!.padding).toBe(padding);
  } else expect(told.inpaint).toBeNull();
  const { seed, settings } = toGenerationParameters(said);
  expect(seed).toBe(seeds.seed);
  for (const { key, infotext } of IMAGE_SETTINGS)
    if (infotext !== null) expect(settings![key], key).toBe(parameters.settings[key]);
}
