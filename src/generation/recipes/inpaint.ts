// Inpainting: what of the source is painted, what goes into the VAE there, and how it comes back into the source (A1111
// modules/processing.py, StableDiffusionProcessingImg2Img.init; uncrop and apply_overlay).
import { crop } from '../../image/paste.ts';
import { greyOf, inColour, inverted, maskOf, type Mask } from '../../image/mask.ts';
import { blurMask } from '../../image/mask-blur.ts';
import { expandRegion, maskedRegion, type Region } from '../../image/masked-region.ts';
import { filled, overlaid, overlayOf, uncropped } from '../../image/overlay.ts';
import type { Pause } from '../../image/pause.ts';
import type { Size } from '../../image/picture-file.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { enlargeToFit, resizeToFit, type Enlarge, type ResizeMode } from '../../image/resize-modes.ts';
import { resize, type Raster } from '../../image/resize.ts';
import { blendLinearly, blendSoftly, type Blend, type LatentMask } from '../../sampling/latent-mask.ts';
import type { Inpaint, SoftInpainting } from '../request/request.ts';
import { softOverlayMask, type PaintedLatent } from './soft-inpainting.ts';

/** A mask, ready for all pictures of a job. */
export interface PaintedArea {
  /** Of the size that is painted. */
  readonly mask: Mask;
  /** The part of the source that is painted at that size; null where all of it is. */
  readonly region: Region | null;
  /** Of what is laid over the painted picture: of the source's size, or (whole picture) of the painted one's. */
  readonly overlayMask: Mask;
}

/**
 * Null where only what is masked is to be painted, and nothing is. `source`: its size.
 * @throws ImageError where the resize mode cannot.
 */
export async function paintedArea(
  picture: Raster,
  inpaint: Inpaint,
  resizeMode: ResizeMode,
  source: Size,
  { width, height }: Size,
  pause?: Pause,
): Promise<PaintedArea | null> {
  const { maskMode, maskBlur, maskBlurDown = maskBlur, soft } = inpaint;
  const onlyMasked = inpaint.inpaintArea === 'Only masked';
  const drawn = maskOf(picture, soft === null);
  // Where a mask has another size than the source, A1111 paints another part of it than is masked.
  const placed = onlyMasked ? resize(drawn, source.width, source.height, 'lanczos') : drawn;
  const turned = maskMode === 'Inpaint masked' ? placed : inverted(placed);
  const blurred = await blurMask(turned, maskBlur, maskBlurDown, pause);
  if (!onlyMasked) {
    const mask = resizedMask(blurred, resizeMode, width, height);
    return {
      mask,
      region: null,
      overlayMask: { ...mask, data: mask.data.map((value) => Math.min(255, 2 * value)) },
    };
  }
  const masked = maskedRegion(blurred, inpaint.padding);
  if (!masked) return null;
  const region = expandRegion(masked, { width, height }, blurred);
  const mask = greyOf(resizeToFit(cutOut(blurred, region), 'Resize and fill', width, height));
  return { mask, region, overlayMask: blurred };
}

/** Of the painted size. There is no latent upscale of masks. */
function resizedMask(mask: Mask, mode: ResizeMode, width: number, height: number): Mask {
  return resizeToFit(mask, mode === 'Just resize (latent upscale)' ? 'Resize and fill' : mode, width, height);
}

function cutOut<R extends Raster>(image: R, { left, top, right, bottom }: Region): R {
  return crop(image, left, top, right - left, bottom - top);
}

/**
 * The source as it is painted: all of it, or its part, with the masked content replaced where that is asked for. RGB. `enlarge`: by
 * which it grows; null for Lanczos.
 */
export async function paintedPicture(
  flat: PixelImage,
  area: PaintedArea | null,
  inpaint: Inpaint | null,
  resizeMode: ResizeMode,
  { width, height }: Size,
  enlarge: Enlarge | null,
  pause?: Pause,
): Promise<PixelImage> {
  const picture = await (area?.region
    ? enlargeToFit(cutOut(flat, area.region), 'Resize and fill', width, height, enlarge)
    : enlargeToFit(flat, resizeMode, width, height, enlarge));
  if (!area || inpaint?.maskedContent === 'original') return picture;
  return filled(picture, maskFor(area.mask, picture, resizeMode), pause);
}

/** A mask in the size of a picture: another one only in latent upscale, whose pictures keep theirs. */
export function maskFor(mask: Mask, { width, height }: Size, resizeMode: ResizeMode): Mask {
  return resizedMask(mask, resizeMode, width, height);
}

/** What of each latent pixel is painted, 0..1: [height, width]. Whole pixels unless inpainting is soft. */
export function latentMaskOf(mask: Mask, height: number, width: number, soft: boolean): Float32Array {
  return Float32Array.from(resize(mask, width, height, 'bicubic').data, (value) =>
    soft ? value / 255 : Math.round(value / 255),
  );
}

/** A mask of a batch's latents. */
export interface PlaneMask extends LatentMask {
  /** Latent pixels of one plane. */
  readonly area: number;
}

/** The blend of every step. */
export function blendOf(mask: PlaneMask, { soft }: Inpaint, channels: number): Blend {
  if (!soft) return (x) => blendLinearly(x, mask);
  return (x, level) => blendSoftly(x, mask, level, mask.area, channels, soft);
}

/** ... and the one of the sampler's result, which soft inpainting does without. */
export function blendResult(latents: Float32Array, mask: LatentMask, { soft }: Inpaint): Float32Array {
  return soft ? latents : blendLinearly(latents, mask);
}

/** What is painted in all pictures of a job, and what is kept. */
export interface Painting {
  readonly inpaint: Inpaint;
  readonly resizeMode: ResizeMode;
  readonly area: PaintedArea;
  /** What of each latent pixel is painted: [height / 8, width / 8]. */
  readonly paint: Float32Array;
  /** The source that is laid over the result: RGB, of the result's size. */
  readonly whole: PixelImage;
  /** ... where this is black; soft inpainting has another one for each result. Of the same size. */
  readonly overlayMask: Mask;
}

/** A painted picture at its place in the source, and what of the source shows it: both of the source's size. */
export interface Placed {
  readonly painted: PixelImage;
  readonly mask: Mask;
}

/** The part of a source grows by `enlarge`, null for Lanczos. */
export async function placed(
  painted: PixelImage,
  { inpaint, resizeMode, area, paint, whole, overlayMask }: Painting,
  latent: PaintedLatent,
  { width, height }: Size,
  enlarge: Enlarge | null,
): Promise<Placed> {
  const { region } = area;
  const fitted = region && ([region.right - region.left, region.bottom - region.top] as const);
  const back = (part: Raster): PixelImage => (region ? uncropped(part, region, whole) : inColour(part));
  const softMask = (soft: SoftInpainting): Mask => {
    const drawn = softOverlayMask(latent, paint, soft, width, height);
    return maskFor(
      greyOf(back(fitted ? resizeToFit(drawn, 'Crop and resize', ...fitted) : drawn)),
      whole,
      resizeMode,
    );
  };
  const mask = inpaint.soft ? softMask(inpaint.soft) : overlayMask;
  const part = fitted ? await enlargeToFit(painted, 'Crop and resize', ...fitted, enlarge) : painted;
  return { painted: back(part), mask };
}

/** A painted picture back in the source. */
export function pastedBack({ painted, mask }: Placed, { whole }: Painting): PixelImage {
  return overlaid(painted, overlayOf(whole, mask));
}
