// img2img: from a picture and parameters to latents, step by step, on any networks (A1111 modules/processing.py,
// StableDiffusionProcessingImg2Img: init and sample, and what process_images does to its results).
import { correctColors } from '../../image/color-correction.ts';
import { flatten } from '../../image/flatten.ts';
import { pixelsToVaeInput, type PixelImage } from '../../image/pixels.ts';
import { resizeToFit } from '../../image/resize-modes.ts';
import { resizePlanes } from '../../image/resize-planes.ts';
import type { SampledNetworks } from '../../runtime/networks.ts';
import { img2img, type SamplingRun } from '../../sampling/sample.ts';
import type { GenerationParameters, Img2Img } from '../request/request.ts';
import type { Cond, Conditions } from './conditioning.ts';
import { pictureConditioning } from './image-conditioning.ts';
import { onePass, type Models, type RecipeRun } from './recipe.ts';
import { refinerOf } from './refiner.ts';
import { samplingRequest, type Batch, type Given } from './sampling-request.ts';

/** What all pictures of a job start from. */
export interface Img2ImgStart {
  /** The source as the VAE was given it: RGB, of the request's size (in latent upscale of its own). */
  readonly picture: PixelImage;
  /** [c, height / 8, width / 8], of the request's size. */
  readonly latent: Float32Array;
  /** [1 + c, height / 8, width / 8] for inpainting models; null for others. */
  readonly imageConditioning: Float32Array | null;
}

/**
 * `source`: the pixels of `request.source`, upright. `encode`: in place of the VAE, a tiny one. `parameters` must be valid.
 * @throws ImageError where the resize mode cannot.
 */
export async function startImg2Img(
  networks: Pick<SampledNetworks, 'latentChannels' | 'unetChannels' | 'encode'>,
  parameters: GenerationParameters,
  request: Img2Img,
  source: PixelImage,
  encode: SampledNetworks['encode'] = (...args) => networks.encode(...args),
): Promise<Img2ImgStart> {
  const { width, height, settings } = parameters;
  const flat = flatten(source, settings.img2imgBackgroundColor);
  const picture = resizeToFit(flat, request.resizeMode, width, height, settings.upscalerForImg2img);
  const image = pixelsToVaeInput(picture);
  const latentOf = async (pixels: Float32Array, by: SampledNetworks['encode']): Promise<Float32Array> => {
    const encoded = {
      data: await by(pixels, picture.height, picture.width),
      channels: networks.latentChannels,
      height: Math.floor(picture.height / 8),
      width: Math.floor(picture.width / 8),
    };
    // Latent upscale alone has another size than the request's.
    return resizePlanes(encoded, height / 8, width / 8, 'bilinear').data;
  };
  const latent = await latentOf(image, encode);
  const weight = settings.inpaintingMaskWeight;
  const imageConditioning = await pictureConditioning(networks, image, weight, (pixels) =>
    latentOf(pixels, (...args) => networks.encode(...args)),
  );
  return { picture, latent, imageConditioning };
}

/** One batch of a job. `parameters` must be valid and its seeds resolved; its batch size and count are not looked at. */
export async function* paintImg2Img(
  models: Models,
  parameters: GenerationParameters,
  request: Img2Img,
  start: Img2ImgStart,
  batch: Batch,
): RecipeRun {
  const { networks, conditions } = models.current;
  const { imageConditioning } = start;
  const given = refinerOf(models, parameters, 'first pass', parameters, batch, { imageConditioning });
  return yield* onePass(
    sampleImg2Img(networks, parameters, request, start, await conditions(parameters), batch, given),
    parameters,
  );
}

/**
 * Its one pass. Yields after each step; returns the final latents [batch.size, c, height / 8, width / 8]. */
export async function* sampleImg2Img(
  networks: SampledNetworks,
  parameters: GenerationParameters,
  { denoisingStrength }: Img2Img,
  { latent, imageConditioning }: Img2ImgStart,
  conditions: Conditions,
  batch: Batch,
  given: Omit<Given, 'imageConditioning'> = {},
): SamplingRun {
  const { settings } = parameters;
  const initLatent = new Float32Array(batch.size * latent.length);
  for (let i = 0; i < batch.size; i++) initLatent.set(latent, i * latent.length);
  return yield* img2img<Cond>({
    ...(await samplingRequest(networks, parameters, conditions, batch, {
      imageConditioning,
      ...given,
    })),
    initLatent,
    strength: denoisingStrength,
    fixSteps: settings.img2imgFixSteps,
    noiseMultiplier: settings.initialNoiseMultiplier,
    extraNoise: settings.img2imgExtraNoise,
  });
}

/** A decoded picture as it is to be kept. */
export function finishImg2Img(
  { settings }: GenerationParameters,
  { picture }: Img2ImgStart,
  decoded: PixelImage,
): PixelImage {
  return settings.img2imgColorCorrection ? correctColors(decoded, picture) : decoded;
}
