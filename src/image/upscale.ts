// A1111's upscalers of pictures that are no networks (modules/upscaler.py). Those that are come in files of their own.
import type { Size } from './picture-file.ts';
import { resize, type Raster } from './resize.ts';

export const UPSCALERS = ['None', 'Lanczos', 'Nearest'] as const;
export type BuiltInUpscaler = (typeof UPSCALERS)[number];

/** One of these, or what a file of the library is called. */
export type UpscalerName = string;

const SIZE_STEP = 8;

export function isBuiltIn(upscaler: UpscalerName): upscaler is BuiltInUpscaler {
  return UPSCALERS.some((known) => known === upscaler);
}

/** One pass. */
export function enlarged<R extends Raster>(image: R, upscaler: BuiltInUpscaler, scale: number): R {
  if (upscaler === 'None') return image;
  const [width, height] = [Math.trunc(image.width * scale), Math.trunc(image.height * scale)];
  return resize(image, width, height, upscaler === 'Nearest' ? 'nearest' : 'lanczos');
}

/** The size that Upscaler.upscale comes to, rounded down to multiples of 8; without an upscaler the picture stays as it is. */
export function upscaledSize({ width, height }: Size, upscaler: UpscalerName, scale: number): Size {
  if (upscaler === 'None') return { width, height };
  const sideOf = (side: number): number => Math.floor((side * scale) / SIZE_STEP) * SIZE_STEP;
  return { width: sideOf(width), height: sideOf(height) };
}
