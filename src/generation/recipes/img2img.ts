// img2img and inpainting: from a picture and parameters to latents, step by step, on any networks (A1111 modules/processing.py,
// StableDiffusionProcessingImg2Img: init and sample, and what process_images does to its results).
import { enlargeBy, upscaleBuiltIn, type Upscale } from '../../finishing/upscale.ts';
import { correctColors } from '../../image/color-correction.ts';
import { flatten } from '../../image/flatten.ts';
import { pixelsToVaeInput, type PixelImage } from '../../image/pixels.ts';
import { inColour, type Mask } from '../../image/mask.ts';
import { seenThrough } from '../../image/overlay.ts';
import { resizeToFit, type Enlarge } from '../../image/resize-modes.ts';
import type { Raster } from '../../image/resize.ts';
import { resizePlanes } from '../../image/resize-planes.ts';
import type { SampledNetworks } from '../../runtime/networks.ts';
import { turns } from '../../runtime/turn.ts';
import { img2img, type SamplingRun } from '../../sampling/sample.ts';
import type { GenerationParameters, Img2Img } from '../request/request.ts';
import type { Cond, Conditions } from './conditioning.ts';
import { conditioningMaskOf, pictureConditioning } from './image-conditioning.ts';
import {
  blendOf,
  blendResult,
  latentMaskOf,
  maskFor,
  paintedArea,
  paintedPicture,
  pastedBack,
  placed,
  type Painting,
  type Placed,
  type PlaneMask,
} from './inpaint.ts';
import type { UnitInRun } from './control-units.ts';
import { onePass, type Models, type RecipeRun } from './recipe.ts';
import { refinerOf } from './refiner.ts';
import {
  join,
  plainNoise,
  samplingRequest,
  type Batch,
  type Given,
  type SettledPicture,
} from './sampling-request.ts';

/** The pixels of a request's pictures, upright. */
export interface Img2ImgPictures {
  readonly source: PixelImage;
  /** Null without `inpaint`. */
  readonly mask: Raster | null;
  /** What is filled and painted, where a script has that differ from the mask (A1111's `latent_mask`). */
  readonly latentMask?: Mask;
}

/** What all pictures of a job start from, or each picture of a batch (`joinStarts`). */
export interface Img2ImgStart {
  /** The source as the VAE was given it: RGB, of the request's size (in latent upscale of its own). */
  readonly picture: PixelImage;
  /** [n, c, height / 8, width / 8], of the request's size: one, or one for each picture of the batch. */
  readonly latent: Float32Array;
  /** [n, further channels, height / 8, width / 8] for models that read a picture; null for others. */
  readonly imageConditioning: Float32Array | null;
  /** What is painted; null for all of it. */
  readonly painting: Painting | null;
  /** By what pictures grow on their way; null for Lanczos. */
  readonly enlarge: Enlarge | null;
  /** n above. */
  readonly pictures: number;
}

/** What img2img may be given besides the networks. */
export interface Img2ImgMeans {
  /** In place of the VAE, a tiny one. */
  readonly encode?: SampledNetworks['encode'];
  /** By upscalers in files, too. */
  readonly upscale?: Upscale;
}

/**
 * `parameters` must be valid.
 * @throws ImageError where the resize mode cannot.
 */
export async function startImg2Img(
  networks: Pick<SampledNetworks, 'family' | 'latentChannels' | 'unetChannels' | 'scaleFactor' | 'encode'>,
  parameters: GenerationParameters,
  { resizeMode, inpaint }: Img2Img,
  { source, mask, latentMask }: Img2ImgPictures,
  { encode = (...args) => networks.encode(...args), upscale = upscaleBuiltIn }: Img2ImgMeans = {},
): Promise<Img2ImgStart> {
  const { settings } = parameters;
  const enlarge = enlargeBy(upscale, settings.upscalerForImg2img);
  const [height, width] = [parameters.height / 8, parameters.width / 8];
  const flat = flatten(source, settings.img2imgBackgroundColor);
  // Large pictures take a second or two, in which the worker must hear an interrupt.
  const pause = turns();
  const area = inpaint && mask && (await paintedArea(mask, inpaint, resizeMode, flat, parameters, pause));
  const whole = area?.region ? flat : await paintedPicture(flat, null, null, resizeMode, parameters, enlarge);
  const filled = area && { ...area, mask: latentMask ?? area.mask };
  const picture = filled
    ? await paintedPicture(flat, filled, inpaint, resizeMode, parameters, enlarge, pause)
    : whole;
  const latentOf = async (pixels: Float32Array, by: SampledNetworks['encode']): Promise<Float32Array> => {
    const encoded = {
      data: await by(pixels, picture.height, picture.width),
      channels: networks.latentChannels,
      height: Math.floor(picture.height / 8),
      width: Math.floor(picture.width / 8),
    };
    // Latent upscale alone has another size than the request's.
    return resizePlanes(encoded, height, width, 'bilinear').data;
  };
  const image = pixelsToVaeInput(picture);
  const latent = await latentOf(image, encode);
  const soft = inpaint?.soft != null;
  const rounded = !soft || !networks.family.greyMasks;
  const imageConditioning = await pictureConditioning(
    networks,
    image,
    settings.inpaintingMaskWeight,
    (pixels) => latentOf(pixels, (...args) => networks.encode(...args)),
    area && conditioningMaskOf(maskFor(area.mask, picture, resizeMode), rounded, height, width),
  );
  const paint = filled && latentMaskOf(filled.mask, height, width, soft);
  const overlayMask = area && maskFor(area.overlayMask, whole, resizeMode);
  const painting = inpaint &&
    area &&
    paint &&
    overlayMask && { inpaint, resizeMode, area, paint, whole, overlayMask };
  return { picture, latent, imageConditioning, painting, enlarge, pictures: 1 };
}

/** The latents that a batch starts from, [batch.size, c, height / 8, width / 8], with the masked content that is asked for. */
export function initLatents(
  parameters: GenerationParameters,
  { latent, pictures, painting }: Img2ImgStart,
  batch: Batch,
): Float32Array {
  const latents = new Float32Array((batch.size * latent.length) / pictures);
  for (let at = 0; at < latents.length; at += latent.length) latents.set(latent, at);
  const content = painting?.inpaint.maskedContent;
  if (content !== 'latent noise' && content !== 'latent nothing') return latents;
  const { paint } = painting!;
  // A1111 gives all batches of a job the noise of the first one's seeds, so that later pictures could not be made on their own.
  const noise =
    content === 'latent noise'
      ? plainNoise(parameters, batch, latents.length / batch.size / paint.length)
      : null;
  return latents.map((value, i) => {
    const painted = paint[i % paint.length]!;
    return value * (1 - painted) + (noise ? noise[i]! * painted : 0);
  });
}

/** One batch of a job. `parameters` must be valid and its seeds resolved; its batch size and count are not looked at. */
export async function* paintImg2Img(
  models: Models,
  parameters: GenerationParameters,
  request: Img2Img,
  start: Img2ImgStart,
  batch: Batch,
  units: readonly UnitInRun[] = [],
): RecipeRun {
  const { networks, conditions } = models.current;
  const { imageConditioning } = start;
  const more = { imageConditioning, units };
  const given = { units, ...refinerOf(models, parameters, 'first pass', parameters, batch, more) };
  const run = onePass(
    sampleImg2Img(networks, parameters, request, start, await conditions(parameters), batch, given),
    parameters,
  );
  for (;;) {
    const next = await run.next();
    const latents = next.done ? next.value : next.value.latents;
    const settled = { ...latents, data: settleImg2Img(parameters, start, batch, latents.data) };
    if (next.done) return settled;
    yield { ...next.value, latents: settled };
  }
}

/** The starts of a batch whose pictures have sources of their own, as one: they are alike but for those. */
export function joinStarts(starts: readonly Img2ImgStart[]): Img2ImgStart {
  const conditionings = starts.flatMap(({ imageConditioning }) => imageConditioning ?? []);
  return {
    ...starts[0]!,
    latent: join(starts.map(({ latent }) => latent)),
    imageConditioning: conditionings.length > 0 ? join(conditionings) : null,
    pictures: starts.length,
  };
}

/** Its one pass. Yields after each step; returns the sampler's latents [batch.size, c, height / 8, width / 8], for `settleImg2Img`. */
export async function* sampleImg2Img(
  networks: SampledNetworks,
  parameters: GenerationParameters,
  request: Img2Img,
  start: Img2ImgStart,
  conditions: Conditions,
  batch: Batch,
  given: Omit<Given, 'imageConditioning'> = {},
): SamplingRun {
  const { settings } = parameters;
  const { imageConditioning, painting } = start;
  const { latentChannels } = networks;
  const initLatent = initLatents(parameters, start, batch);
  return yield* img2img<Cond>({
    ...(await samplingRequest(networks, parameters, conditions, batch, {
      imageConditioning,
      ...given,
    })),
    initLatent,
    strength: request.denoisingStrength,
    fixSteps: settings.img2imgFixSteps,
    noiseMultiplier: settings.initialNoiseMultiplier,
    extraNoise: settings.img2imgExtraNoise,
    ...(painting && { blend: blendOf(latentMask(initLatent, painting), painting.inpaint, latentChannels) }),
  });
}

/** For a whole batch. */
function latentMask(original: Float32Array, { paint }: Painting): PlaneMask {
  return { original, paint: original.map((_, i) => paint[i % paint.length]!), area: paint.length };
}

/** From the latents that the sampler gave, or was stopped at, to those that are decoded. */
export function settleImg2Img(
  parameters: GenerationParameters,
  start: Img2ImgStart,
  batch: Batch,
  latents: Float32Array,
): Float32Array {
  const { painting } = start;
  if (!painting) return latents;
  return blendResult(latents, latentMask(initLatents(parameters, start, batch), painting), painting.inpaint);
}

/** A decoded picture, as it is to be kept. Where pictures have starts of their own, `start` is this one's. */
export async function finishImg2Img(
  parameters: GenerationParameters,
  start: Img2ImgStart,
  decoded: PixelImage,
  settled: SettledPicture,
): Promise<PixelImage> {
  const { painting } = start;
  const picture = corrected(parameters, start, decoded);
  if (!painting || !overlays(parameters, painting)) return picture;
  return pastedBack(await placedIn(parameters, start, painting, picture, settled), painting);
}

/** What A1111 shows beside an inpainted picture where "return_mask" and "return_mask_composite" ask for it. */
export interface MaskPictures {
  /** Grey: white is what of the source the painted picture takes the place of. RGB. */
  readonly mask: PixelImage;
  /** The painted picture itself as far as it shows, transparent elsewhere. */
  readonly composite: PixelImage;
}

/** Null where nothing was masked. Arguments as of `finishImg2Img`. */
export async function maskPictures(
  parameters: GenerationParameters,
  start: Img2ImgStart,
  decoded: PixelImage,
  settled: SettledPicture,
): Promise<MaskPictures | null> {
  const { painting } = start;
  if (!painting) return null;
  const picture = corrected(parameters, start, decoded);
  const { painted, mask } = await placedIn(parameters, start, painting, picture, settled);
  const shown = overlays(parameters, painting) ? painted : picture;
  const fitting = resizeToFit(mask, 'Resize and fill', shown.width, shown.height);
  return { mask: inColour(mask), composite: seenThrough(shown, fitting) };
}

/** Soft inpainting makes its own overlay, whatever the setting says. */
function overlays({ settings }: GenerationParameters, { inpaint }: Painting): boolean {
  return settings.overlayInpaint || inpaint.soft !== null;
}

/** To the colours of what the VAE was given. */
function corrected(
  { settings }: GenerationParameters,
  { picture }: Img2ImgStart,
  decoded: PixelImage,
): PixelImage {
  return settings.img2imgColorCorrection ? correctColors(decoded, picture) : decoded;
}

function placedIn(
  parameters: GenerationParameters,
  start: Img2ImgStart,
  painting: Painting,
  picture: PixelImage,
  { batch, index, latents }: SettledPicture,
): Promise<Placed> {
  const length = latents.length / batch.size;
  const own = (all: Float32Array): Float32Array => all.subarray(index * length, (index + 1) * length);
  const original = own(initLatents(parameters, start, batch));
  return placed(picture, painting, { original, painted: own(latents) }, parameters, start.enlarge);
}
