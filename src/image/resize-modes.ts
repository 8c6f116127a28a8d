// A1111's resize modes of img2img (modules/images.py, resize_image): how a picture of one shape becomes one of another.
import { ImageError } from './errors.ts';
import { blank, paste } from './paste.ts';
import { resize, type Box, type Raster } from './resize.ts';
import { upscale, type UpscalerName } from './upscale.ts';

/** By A1111's names. "Just resize (latent upscale)" leaves the picture as it is: its latent is resized. */
export const RESIZE_MODES = [
  'Just resize',
  'Crop and resize',
  'Resize and fill',
  'Just resize (latent upscale)',
] as const;
export type ResizeMode = (typeof RESIZE_MODES)[number];

/** `upscaler`: enlarges what is smaller. @throws ImageError where nothing would be left of a very narrow picture. */
export function resizeToFit<R extends Raster>(
  image: R,
  mode: ResizeMode,
  width: number,
  height: number,
  upscaler: UpscalerName = 'None',
): R {
  switch (mode) {
    case 'Just resize':
      return stretched(image, width, height, upscaler);
    case 'Crop and resize':
      return centred(covering(image, width, height, upscaler), width, height);
    case 'Resize and fill':
      return withFilledBars(within(image, width, height, upscaler), width, height);
    case 'Just resize (latent upscale)':
      return image;
  }
}

/** In its proportions, as small as covers the size. */
function covering<R extends Raster>(image: R, width: number, height: number, upscaler: UpscalerName): R {
  const wider = width / height > image.width / image.height;
  return wider ? toWidth(image, width, upscaler) : toHeight(image, height, upscaler);
}

/** ... and as large as fits into it. */
function within<R extends Raster>(image: R, width: number, height: number, upscaler: UpscalerName): R {
  const narrower = width / height < image.width / image.height;
  return narrower ? toWidth(image, width, upscaler) : toHeight(image, height, upscaler);
}

function toWidth<R extends Raster>(image: R, width: number, upscaler: UpscalerName): R {
  return scaledTo(image, width, Math.floor((image.height * width) / image.width), upscaler);
}

function toHeight<R extends Raster>(image: R, height: number, upscaler: UpscalerName): R {
  return scaledTo(image, Math.floor((image.width * height) / image.height), height, upscaler);
}

function scaledTo<R extends Raster>(image: R, width: number, height: number, upscaler: UpscalerName): R {
  if (width < 1 || height < 1) {
    throw new ImageError(
      `A picture of ${image.width} x ${image.height} is too narrow for this resize mode; crop it first, or choose "Just resize".`,
    );
  }
  return stretched(image, width, height, upscaler);
}

/** Upscalers take colours; grey pictures go without. */
function stretched<R extends Raster>(image: R, width: number, height: number, upscaler: UpscalerName): R {
  const scale = Math.max(width / image.width, height / image.height);
  const enlarge = upscaler !== 'None' && image.channels !== 1 && scale > 1;
  return resize(enlarge ? upscale(image, upscaler, scale) : image, width, height, 'lanczos');
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
