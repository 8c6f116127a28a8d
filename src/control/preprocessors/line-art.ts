// Lines out of differences of blurred pictures (sd-webui-controlnet 1.1.455: scripts/preprocessor/model_free_preprocessors.py,
// PreprocessorScribbleXdog; scripts/preprocessor/legacy/processor.py, lineart_standard), within 1 of OpenCV's float32.
import { blurNumbers } from '../../image/opencv/blur.ts';
import type { Plane8 } from '../../image/opencv/plane.ts';
import type { Pause } from '../../image/pause.ts';
import type { RgbImage } from './hint.ts';

/** XDoG (Winnemöller et al. 2012): where the fine blur is much darker than the wide one, in one of the channels. */
export async function xdogScribble(image: RgbImage, threshold: number, pause: Pause): Promise<Plane8> {
  const fine = await blurNumbers(image, 0.5, pause);
  const wide = await blurNumbers(image, 5, pause);
  const data = new Uint8Array(image.width * image.height);
  for (let i = 0; i < data.length; i += 1) {
    const least = leastOf(i, (at) => wide.data[at]! - fine.data[at]!);
    const light = Math.trunc(Math.min(255, Math.max(0, Math.fround(255 - least))));
    // Twice a byte, and a byte itself: the extension's numbers go round.
    if ((2 * (255 - light)) % 256 > threshold) data[i] = 255;
  }
  return { width: image.width, height: image.height, data };
}

/** How much darker than its surroundings a pixel is, in the channel where that is least; the median of the lines becomes grey. */
export async function standardLineArt(image: RgbImage, pause: Pause): Promise<Plane8> {
  const blurred = await blurNumbers(image, 6, pause);
  const depth = new Float32Array(image.width * image.height);
  for (let i = 0; i < depth.length; i += 1) {
    const least = leastOf(i, (at) => blurred.data[at]! - image.data[at]!);
    depth[i] = Math.min(255, Math.max(0, least));
  }
  const by = Math.max(16, medianOf(depth.filter((value) => value > 8)));
  const data = Uint8Array.from(depth, (value) => Math.min(255, Math.fround(Math.fround(value / by) * 127)));
  return { width: image.width, height: image.height, data };
}

function leastOf(pixel: number, value: (at: number) => number): number {
  return Math.fround(Math.min(value(3 * pixel), value(3 * pixel + 1), value(3 * pixel + 2)));
}

/** 0 of none. */
function medianOf(values: Float32Array): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted();
  const middle = sorted.length / 2;
  return Math.fround((sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2);
}
