// Image upscalers, by A1111's names (modules/upscaler.py). Those that are networks join this list with the tab Extras.
import type { Size } from './picture-file.ts';
import { resize, type Raster } from './resize.ts';

export const UPSCALERS = ['None', 'Lanczos', 'Nearest'] as const;
export type UpscalerName = (typeof UPSCALERS)[number];

/** An upscaler that does not reach the size in so many passes is left at that. */
const MAX_PASSES = 3;
const SIZE_STEP = 8;

/** Upscaler.upscale: about `scale` times as large, for sides are rounded down to multiples of 8. */
export function upscale<R extends Raster>(image: R, upscaler: UpscalerName, scale: number): R {
  const sideOf = (side: number): number => Math.floor((side * scale) / SIZE_STEP) * SIZE_STEP;
  const [width, height] = [sideOf(image.width), sideOf(image.height)];
  let result = image;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    if (scale !== 1 && result.width >= width && result.height >= height) break;
    const before = result;
    result = enlarged(result, upscaler, scale);
    if (result.width === before.width && result.height === before.height) break;
  }
  return resize(result, width, height, 'lanczos');
}

function enlarged<R extends Raster>(image: R, upscaler: UpscalerName, scale: number): R {
  if (upscaler === 'None') return image;
  const [width, height] = [Math.trunc(image.width * scale), Math.trunc(image.height * scale)];
  return resize(image, width, height, upscaler === 'Nearest' ? 'nearest' : 'lanczos');
}

/** The size that `upscale` comes to; without an upscaler the picture stays as it is. */
export function upscaledSize({ width, height }: Size, upscaler: UpscalerName, scale: number): Size {
  if (upscaler === 'None') return { width, height };
  const sideOf = (side: number): number => Math.floor((side * scale) / SIZE_STEP) * SIZE_STEP;
  return { width: sideOf(width), height: sideOf(height) };
}
