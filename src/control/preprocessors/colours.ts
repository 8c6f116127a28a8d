// Preprocessors that keep colours or light and give up detail (sd-webui-controlnet 1.1.455: scripts/preprocessor/legacy/processor.py,
// annotator/color).
import { lightOf } from '../../finishing/recolor.ts';
import { halfToEven } from '../../sampling/half-to-even.ts';
import { resizeBytes } from '../../image/opencv/resize-bytes.ts';
import type { Pause } from '../../image/pause.ts';
import { greyAsRgb, type RgbImage } from './hint.ts';

export function inverted(image: RgbImage): RgbImage {
  return { ...image, data: image.data.map((value) => 255 - value) };
}

/** White where every channel is above the threshold. */
export function thresholded({ width, height, data }: RgbImage, threshold: number): RgbImage {
  const plane = new Uint8Array(width * height);
  for (let i = 0; i < plane.length; i += 1)
    if (Math.min(data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!) > threshold) plane[i] = 255;
  return greyAsRgb({ width, height, data: plane });
}

/** Less than this does nothing. */
const LEAST_RATE = 1.1;

export async function downsampled(image: RgbImage, rate: number, pause: Pause): Promise<RgbImage> {
  if (rate < LEAST_RATE) return image;
  const [width, height] = [Math.trunc(image.width / rate), Math.trunc(image.height / rate)];
  return resizeBytes(image, Math.max(1, width), Math.max(1, height), 'area', pause);
}

/** Pixels of a cell's side. */
const CELL = 64;

/** One colour for each cell of a grid. */
export async function colourGrid(image: RgbImage, resolution: number, pause: Pause): Promise<RgbImage> {
  const scale = resolution / Math.min(image.width, image.height);
  const size =
    image.height < image.width
      ? { height: resolution, width: halfToEven((image.width / image.height) * resolution) }
      : { width: resolution, height: halfToEven((image.height / image.width) * resolution) };
  const sized = scale === 1 ? image : await resizeBytes(image, size.width, size.height, 'area', pause);
  const cells = (side: number): number => Math.max(1, Math.floor(side / CELL));
  const small = await resizeBytes(sized, cells(size.width), cells(size.height), 'cubic', pause);
  return resizeBytes(small, size.width, size.height, 'nearest', pause);
}

/** Lightness or the largest channel, bent by gamma. As in the extension, lightness takes red for blue and blue for red. */
export function recolorHint(image: RgbImage, kept: 'Luminance' | 'Intensity', gamma: number): RgbImage {
  const { width, height, data } = image;
  const swapped = data.map((_, i) => data[i + 2 - 2 * (i % 3)]!);
  return greyAsRgb({ width, height, data: lightOf({ ...image, data: swapped }, kept, gamma) });
}
