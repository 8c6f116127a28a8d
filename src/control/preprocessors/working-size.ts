// The size at which a preprocessor works (scripts/preprocessor/legacy/processor.py, resize_image_with_pad; internal_controlnet/
// external_code.py, pixel_perfect_resolution of sd-webui-controlnet 1.1.455).
import { ImageError } from '../../image/errors.ts';
import { halfToEven } from '../../sampling/half-to-even.ts';
import { resizeBytes } from '../../image/opencv/resize-bytes.ts';
import type { Pause } from '../../image/pause.ts';
import type { Size } from '../../image/picture-file.ts';
import { MAX_PIXELS } from '../../image/png.ts';
import type { Raster } from '../../image/resize.ts';
import { asRgb, type RgbImage } from './hint.ts';
import type { HintResizeMode } from './hint-resize-modes.ts';

/** Sides of what networks see are multiples of it. */
const MULTIPLE = 64;

export interface WorkingPicture {
  /** At the resolution, its outermost row and column repeated below and right up to the multiples. */
  readonly padded: RgbImage;
  /** What of that is the picture. */
  readonly size: Size;
}

/** The shortest side is brought to `resolution`. Rejects with ImageError where that gives too many pixels. */
export async function workingPicture(
  picture: Raster,
  resolution: number,
  pause: Pause,
): Promise<WorkingPicture> {
  const rgb = asRgb(picture);
  const scale = resolution / Math.min(rgb.width, rgb.height);
  const size = { width: halfToEven(rgb.width * scale), height: halfToEven(rgb.height * scale) };
  if (size.width * size.height > MAX_PIXELS) {
    throw new ImageError(
      `At this resolution the preprocessor would see ${size.width} x ${size.height} pixels, which is too many. Lower the resolution, or crop the picture.`,
    );
  }
  const resized = await resizeBytes(rgb, size.width, size.height, scale > 1 ? 'cubic' : 'area', pause);
  const up = (side: number): number => Math.ceil(side / MULTIPLE) * MULTIPLE;
  return { padded: extended(resized, up(size.width), up(size.height)), size };
}

function extended(image: RgbImage, width: number, height: number): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const from = 3 * (Math.min(y, image.height - 1) * image.width + Math.min(x, image.width - 1));
      data.set(image.data.subarray(from, from + 3), 3 * (y * width + x));
    }
  return { width, height, channels: 3, data };
}

/** The resolution at which no pixel of the target is made up: that of the shortest side where the picture fits the target. */
export function pixelPerfectResolution(picture: Size, target: Size, mode: HintResizeMode): number {
  const [down, across] = [target.height / picture.height, target.width / picture.width];
  const scale = mode === 'Resize and Fill' ? Math.min(down, across) : Math.max(down, across);
  return halfToEven(scale * Math.min(picture.width, picture.height));
}
