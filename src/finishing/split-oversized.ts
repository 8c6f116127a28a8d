// Split oversized images (extensions-builtin/postprocessing-for-training): a long picture becomes pieces of the size that is
// asked for, which overlap.
import { crop } from '../image/paste.ts';
import type { Size } from '../image/picture-file.ts';
import type { PixelImage } from '../image/pixels.ts';
import { resize } from '../image/resize.ts';
import type { ExtrasStep } from './extras-step.ts';

export const splitOversized: ExtrasStep = {
  name: 'Split oversized images',
  isOn: ({ split }) => split.on,
  process(picture, { split: { threshold, overlapRatio } }, { target }) {
    const { image, info } = picture;
    if (!target) return [picture];
    const tall = image.height > image.width;
    const ratio = tall
      ? (image.width * target.height) / (image.height * target.width)
      : (image.height * target.width) / (image.width * target.height);
    if (ratio >= 1 || ratio > threshold) return [picture];
    const pieces = tall ? piecesDown(image, target, overlapRatio) : piecesAcross(image, target, overlapRatio);
    const [first = image, ...others] = pieces;
    return [{ image: first, info }, ...others.map((image) => ({ image, info }))];
  },
};

function piecesDown(image: PixelImage, { width, height }: Size, overlapRatio: number): PixelImage[] {
  const long = Math.floor((image.height * width) / image.width);
  const fitting = resize(image, width, long, 'bicubic');
  return starts(long, height, overlapRatio).map((top) => crop(fitting, 0, top, width, height));
}

function piecesAcross(image: PixelImage, { width, height }: Size, overlapRatio: number): PixelImage[] {
  const long = Math.floor((image.width * height) / image.height);
  const fitting = resize(image, long, height, 'bicubic');
  return starts(long, width, overlapRatio).map((left) => crop(fitting, left, 0, width, height));
}

/** Where pieces of a length begin, spread evenly. A1111 fails where that is one piece: it is the beginning here. */
function starts(long: number, length: number, overlapRatio: number): number[] {
  const count = Math.max(1, Math.ceil((long - length * overlapRatio) / (length * (1 - overlapRatio))));
  const step = count > 1 ? (long - length) / (count - 1) : 0;
  return Array.from({ length: count }, (_, index) => Math.trunc(step * index));
}
