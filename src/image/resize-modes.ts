// A1111's resize modes of img2img (modules/images.py, resize_image): how a picture of one shape becomes one of another.
import { ImageError } from './errors.ts';
import { blank, paste } from './paste.ts';
import type { Size } from './picture-file.ts';
import type { PixelImage } from './pixels.ts';
import { resize, type Box, type Raster } from './resize.ts';

/** By A1111's names. "Just resize (latent upscale)" leaves the picture as it is: its latent is resized. */
export const RESIZE_MODES = [
  'Just resize',
  'Crop and resize',
  'Resize and fill',
  'Just resize (latent upscale)',
] as const;
export type ResizeMode = (typeof RESIZE_MODES)[number];

/** Enlarges a picture, to about so many times its size. */
export type Enlarge = (image: PixelImage, scale: number) => Promise<PixelImage>;

/** By Lanczos alone. @throws ImageError where nothing would be left of a very narrow picture. */
export function resizeToFit<R extends Raster>(image: R, mode: ResizeMode, width: number, height: number): R {
  if (mode === 'Just resize (latent upscale)') return image;
  const size = sizeToFit(image, mode, width, height);
  return placed(resize(image, size.width, size.height, 'lanczos'), mode, width, height);
}

/**
 * The same, with what has to grow enlarged by an upscaler first, where there is one. Grey pictures go without: upscalers take
 * colours. Rejects with ImageError as `resizeToFit` throws it.
 */
export async function enlargeToFit(
  image: PixelImage,
  mode: ResizeMode,
  width: number,
  height: number,
  enlarge: Enlarge | null,
): Promise<PixelImage> {
  if (mode === 'Just resize (latent upscale)') return image;
  const size = sizeToFit(image, mode, width, height);
  const scale = Math.max(size.width / image.width, size.height / image.height);
  const large = enlarge && scale > 1 ? await enlarge(image, scale) : image;
  return placed(resize(large, size.width, size.height, 'lanczos'), mode, width, height);
}

/** What it is resized to before it is placed. */
function sizeToFit(image: Size, mode: ResizeMode, width: number, height: number): Size {
  if (mode === 'Just resize') return { width, height };
  const wider = width / height > image.width / image.height;
  const narrower = width / height < image.width / image.height;
  // As small as covers the size, or as large as fits into it.
  const byWidth = mode === 'Crop and resize' ? wider : narrower;
  const size = byWidth
    ? { width, height: Math.floor((image.height * width) / image.width) }
    : { width: Math.floor((image.width * height) / image.height), height };
  if (size.width >= 1 && size.height >= 1) return size;
  throw new ImageError(
    `A picture of ${image.width} x ${image.height} is too narrow for this resize mode; crop it first, or choose "Just resize".`,
  );
}

function placed<R extends Raster>(image: R, mode: ResizeMode, width: number, height: number): R {
  if (mode === 'Crop and resize') return centred(image, width, height);
  return mode === 'Resize and fill' ? withFilledBars(image, width, height) : image;
}

function centred<R extends Raster>(image: R, width: number, height: number): R {
  const canvas = blank(image, width, height);
  paste(canvas, image, offsetOf(image.width, width), offsetOf(image.height, height));
  return canvas;
}

/** The bars left and right, or above and below, are one column or row each: the outermost one, sharpened by bicubic weights. */
function withFilledBars<R extends Raster>(image: R, width: number, height: number): R {
  const canvas = centred(image, width, height);
  const [left, top] = [offsetOf(image.width, width), offsetOf(image.height, height)];
  const bar = (box: Box): R =>
    resize(image, left > 0 ? left : width, left > 0 ? height : top, 'bicubic', box);
  if (left > 0) {
    paste(canvas, bar([0, 0, 0, image.height]), 0, 0);
    paste(canvas, bar([image.width, 0, image.width, image.height]), left + image.width, 0);
  } else if (top > 0) {
    paste(canvas, bar([0, 0, image.width, 0]), 0, 0);
    paste(canvas, bar([0, image.height, image.width, image.height]), 0, top + image.height);
  }
  return canvas;
}

function offsetOf(length: number, room: number): number {
  return Math.floor(room / 2) - Math.floor(length / 2);
}
