// Auto-sized crop (extensions-builtin/postprocessing-for-training): the middle of a picture, at the size among many that suits
// its proportions.
import type { Size } from '../image/picture-file.ts';
import type { PixelImage } from '../image/pixels.ts';
import { resize, type Box } from '../image/resize.ts';
import type { AutoSizedCropRequest } from './extras-request.ts';
import type { ExtrasStep } from './extras-step.ts';

const STEP = 64;

export const autoSizedCrop: ExtrasStep = {
  name: 'Auto-sized crop',
  isOn: ({ autoSizedCrop }) => autoSizedCrop.on,
  process(picture, { autoSizedCrop: request }) {
    const size = suitableSize(picture.image, request);
    return [size ? { ...picture, image: middle(picture.image, size) } : picture];
  },
};

/** Null where none is within the threshold. Of equal ones the first counts, by width and then height. */
export function suitableSize(image: Size, request: AutoSizedCropRequest): Size | null {
  const { minSide, maxSide, minArea, maxArea, objective, threshold } = request;
  const better = (size: Size, than: Size): boolean => {
    const larger = size.width * size.height - than.width * than.height;
    const closer = error(image, than) - error(image, size);
    const [first, second] = objective === 'Maximize area' ? [larger, closer] : [closer, larger];
    return first !== 0 ? first > 0 : second > 0;
  };
  let best: Size | null = null;
  for (let width = minSide; width <= maxSide; width += STEP) {
    for (let height = minSide; height <= maxSide; height += STEP) {
      const area = width * height;
      const size = { width, height };
      if (area < minArea || area > maxArea || error(image, size) > threshold) continue;
      if (!best || better(size, best)) best = size;
    }
  }
  return best;
}

/** How far proportions are apart: 0 for the same, towards 1. */
function error(a: Size, b: Size): number {
  const ratio = a.width / a.height / (b.width / b.height);
  return 1 - (ratio < 1 ? ratio : 1 / ratio);
}

function middle(image: PixelImage, { width: w, height: h }: Size): PixelImage {
  const { width, height } = image;
  const wide = height / h < width / w;
  const left = wide ? (width - (w * height) / h) / 2 : 0;
  const top = wide ? 0 : (height - (h * width) / w) / 2;
  const box: Box = [left, top, width - left, height - top];
  return resize(image, w, h, 'lanczos', box);
}
