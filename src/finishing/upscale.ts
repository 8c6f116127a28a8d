// Pictures enlarged as A1111's upscalers do it (modules/upscaler.py, Upscaler.upscale).
import type { PixelImage } from '../image/pixels.ts';
import type { Enlarge } from '../image/resize-modes.ts';
import { resize, type Raster } from '../image/resize.ts';
import { enlarged, isBuiltIn, upscaledSize, type UpscalerName } from '../image/upscale.ts';

/** Enlarges a picture by the upscaler of that name, to about `scale` times its size. Rejects for one that is not there. */
export type Upscale = (image: PixelImage, upscaler: UpscalerName, scale: number) => Promise<PixelImage>;

/** An upscaler that does not reach the size in so many passes is left at that. */
const MAX_PASSES = 3;

/** Sides come to multiples of 8, rounded down. A scale of 1 still goes through the upscaler once. */
export async function upscale<R extends Raster>(
  image: R,
  scale: number,
  pass: (image: R) => R | Promise<R>,
): Promise<R> {
  const { width, height } = upscaledSize(image, '', scale);
  let result = image;
  for (let i = 0; i < MAX_PASSES; i += 1) {
    if ((i > 0 || scale !== 1) && result.width >= width && result.height >= height) break;
    const before = result;
    result = await pass(result);
    if (result.width === before.width && result.height === before.height) break;
  }
  return resize(result, width, height, 'lanczos');
}

/** By those that need no file. */
export const upscaleBuiltIn: Upscale = (image, upscaler, scale) => {
  if (!isBuiltIn(upscaler)) return Promise.reject(new Error(`There is no upscaler "${upscaler}" here.`));
  return upscale(image, scale, (image) => enlarged(image, upscaler, scale));
};

/** For a picture that is brought to a size; null where nothing but Lanczos is to do that. */
export function enlargeBy(upscale: Upscale, upscaler: UpscalerName): Enlarge | null {
  return upscaler === 'None' ? null : (image, scale) => upscale(image, upscaler, scale);
}
