// Hires fix: a first pass, or a finished picture in its place, is enlarged and painted over (A1111 modules/processing.py,
// StableDiffusionProcessingTxt2Img.sample and sample_hr_pass).
import { betweenPasses } from '../../extensions/at-work.ts';
import { enlargeBy } from '../../finishing/upscale.ts';
import { flatten } from '../../image/flatten.ts';
import { pixelsToVaeInput, toUnit, vaeOutputToPixels, type PixelImage } from '../../image/pixels.ts';
import { enlargeToFit } from '../../image/resize-modes.ts';
import { cutOut, type Planes } from '../../image/tiles.ts';
import { isLatentUpscaler, upscaleLatent, type LatentUpscaler } from '../../image/upscale-latent.ts';
import type { UpscalerName } from '../../image/upscale.ts';
import { getSampler, totalSteps } from '../../sampling/registry.ts';
import { img2img } from '../../sampling/sample.ts';
import { hiresSize, secondPass, type HiresSize } from '../request/hires.ts';
import type { GenerationParameters, Hires } from '../request/request.ts';
import type { Cond, PromptContext } from './conditioning.ts';
import { blankConditioning, pictureConditioning } from './image-conditioning.ts';
import { onePass, partOf, type LatentBatch, type ModelInUse, type Models, type RecipeRun } from './recipe.ts';
import type { UnitInRun } from './control-units.ts';
import { refinerOf } from './refiner.ts';
import { samplingRequest, type Batch } from './sampling-request.ts';
import { paintTxt2Img } from './txt2img.ts';

/** What the second pass starts from. */
interface Enlarged {
  readonly latents: readonly Planes[];
  /** Of inpainting models, one picture's after the other, or one for all; null for others. */
  readonly imageConditioning: Float32Array | null;
}

/**
 * One batch of a job. `firstPass`: the pixels of `hires.firstPass`, upright; null where there is a first pass. `parameters` must be
 * valid and its seeds resolved; its batch size and count are not looked at. `onFirstPass` hears of the pictures that are enlarged
 * ("save_images_before_highres_fix").
 */
export async function* paintHires(
  models: Models,
  parameters: GenerationParameters,
  hires: Hires,
  firstPass: PixelImage | null,
  batch: Batch,
  onFirstPass: ((pictures: readonly PixelImage[]) => Promise<void>) | null = null,
  units: readonly UnitInRun[] = [],
): RecipeRun {
  const second = secondPass(parameters, hires);
  const size = hiresSize(parameters, hires);
  const [ahead, own] = [work(parameters, firstPass ? 0 : parameters.steps), work(second, second.steps)];
  const nothing = { steps: 0, work: 0 };

  const finished = firstPass && flatten(firstPass, parameters.settings.img2imgBackgroundColor);
  const first = finished
    ? null
    : yield* partOf(paintTxt2Img(models, parameters, batch, units), nothing, ahead, own);
  const before = models.current;
  const { extensions } = parameters;
  const changed = first && (await betweenPasses(extensions, { ...first, pictures: batch.size }));
  const small = first && changed ? apart({ ...first, data: changed }, batch.size) : [];
  const { upscaler } = hires;
  let enlarged: Enlarged;
  if (isLatentUpscaler(upscaler)) {
    const latents = finished ? repeated(await encodeAll(before, [finished]), batch.size) : small;
    if (onFirstPass)
      await onFirstPass(finished ? repeated([finished], batch.size) : await decodeAll(before, small));
    enlarged = await enlargeLatents(
      await models.use(hires.checkpoint, second.prompt),
      latents,
      upscaler,
      second,
      size,
    );
  } else {
    const pictures = finished ? repeated([rounded(finished)], batch.size) : await decodeAll(before, small);
    await onFirstPass?.(pictures);
    enlarged = await enlargePictures(
      await models.use(hires.checkpoint, second.prompt),
      pictures,
      upscaler,
      second,
      size,
    );
  }
  return yield* partOf(paintOver(models, parameters, hires, enlarged, batch, units), ahead, own, nothing);
}

/** The second pass: all of its steps, out of a schedule that is as much longer as the denoising strength is below 1. */
async function* paintOver(
  models: Models,
  parameters: GenerationParameters,
  hires: Hires,
  { latents, imageConditioning }: Enlarged,
  batch: Batch,
  units: readonly UnitInRun[],
): RecipeRun {
  const second = secondPass(parameters, hires);
  const { networks, conditions } = models.current;
  const context: PromptContext = {
    firstPassSteps: totalSteps(getSampler(parameters.sampler), parameters.steps),
    size: hiresSize(parameters, hires).enlarged,
  };
  const more = { imageConditioning, units, pass: 'second' } as const;
  const given = {
    ...more,
    ...refinerOf(models, parameters, 'second pass', second, batch, { ...more, context }),
  };
  const run = img2img<Cond>({
    ...(await samplingRequest(networks, second, await conditions(second, context), batch, given)),
    initLatent: joined(latents.map(({ data }) => data)),
    strength: hires.denoisingStrength,
    fixSteps: true,
    extraNoise: second.settings.img2imgExtraNoise,
  });
  return yield* onePass(run, second);
}

async function enlargeLatents(
  { networks }: ModelInUse,
  latents: readonly Planes[],
  upscaler: LatentUpscaler,
  { settings }: GenerationParameters,
  { enlarged, cut }: HiresSize,
): Promise<Enlarged> {
  const [height, width] = [Math.floor(enlarged.height / 8), Math.floor(enlarged.width / 8)];
  const large = latents.map((latent) => upscaleLatent(latent, upscaler, height, width));
  const weight = settings.inpaintingMaskWeight;
  const conditioning: (Float32Array | null)[] = [];
  // A1111 fails where everything is hidden: it makes the conditioning of the first pass's size.
  for (const { data } of weight < 1 ? large : []) {
    const image = await networks.decode(data, height, width);
    const encode = (hidden: Float32Array) => networks.encode(hidden, 8 * height, 8 * width);
    conditioning.push(await pictureConditioning(networks, image, weight, encode));
  }
  if (weight === 1) conditioning.push(await blankConditioning(networks, height, width));
  return cutEnlarged(large, conditioning, cut);
}

async function enlargePictures(
  model: ModelInUse,
  pictures: readonly PixelImage[],
  upscaler: UpscalerName,
  { settings }: GenerationParameters,
  { enlarged, cut }: HiresSize,
): Promise<Enlarged> {
  const { width, height } = enlarged;
  const enlarge = enlargeBy(model.upscale, upscaler);
  const large: PixelImage[] = [];
  for (const picture of pictures)
    large.push(await enlargeToFit(picture, 'Just resize', width, height, enlarge));
  const latents = await encodeAll(model, large);
  const { networks } = model;
  const conditioning: (Float32Array | null)[] = [];
  for (const picture of large) {
    // From 0 to 1 there, as A1111 has it, and not from -1 to 1.
    const image = pixelsToVaeInput(picture).map(toUnit);
    const encode = (hidden: Float32Array) => networks.encode(hidden, height, width);
    conditioning.push(await pictureConditioning(networks, image, settings.inpaintingMaskWeight, encode));
  }
  return cutEnlarged(latents, conditioning, cut);
}

/** As A1111 takes a finished picture for a decoded one: on the way through -1..1 and back some values lose 1. */
function rounded(picture: PixelImage): PixelImage {
  return vaeOutputToPixels(pixelsToVaeInput(picture), picture.width, picture.height);
}

/** Half of `cut` is left out on each side; the larger half at the right and at the bottom. */
function cutEnlarged(
  latents: readonly Planes[],
  conditioning: readonly (Float32Array | null)[],
  cut: HiresSize['cut'],
): Enlarged {
  const within = (planes: Planes): Planes => {
    const [left, top] = [Math.floor(cut.width / 2), Math.floor(cut.height / 2)];
    const area = {
      left,
      top,
      right: planes.width - (cut.width - left),
      bottom: planes.height - (cut.height - top),
    };
    return cutOut(planes, area);
  };
  const { height, width } = latents[0]!;
  const told = conditioning.flatMap((data) =>
    data ? [within({ data, channels: data.length / (height * width), height, width }).data] : [],
  );
  return { latents: latents.map(within), imageConditioning: told.length === 0 ? null : joined(told) };
}

/** One of each picture. */
function apart({ data, height, width }: LatentBatch, count: number): Planes[] {
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => ({
    data: data.slice(i * size, (i + 1) * size),
    channels: size / (height * width),
    height,
    width,
  }));
}

async function decodeAll(model: ModelInUse, latents: readonly Planes[]): Promise<PixelImage[]> {
  const pictures: PixelImage[] = [];
  for (const { data, height, width } of latents)
    pictures.push(vaeOutputToPixels(await model.decode(data, height, width), 8 * width, 8 * height));
  return pictures;
}

async function encodeAll(model: ModelInUse, pictures: readonly PixelImage[]): Promise<Planes[]> {
  const latents: Planes[] = [];
  for (const picture of pictures) {
    const [height, width] = [Math.floor(picture.height / 8), Math.floor(picture.width / 8)];
    const data = await model.encode(pixelsToVaeInput(picture), picture.height, picture.width);
    latents.push({ data, channels: data.length / (height * width), height, width });
  }
  return latents;
}

function repeated<T>([one]: readonly T[], count: number): T[] {
  return new Array<T>(count).fill(one!);
}

/** Steps, and what they cost beside others. */
function work({ width, height }: GenerationParameters, steps: number) {
  return { steps, work: steps * width * height };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
