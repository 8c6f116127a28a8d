// Auto focal point crop (extensions-builtin/postprocessing-for-training): the part of a size that is asked for around the subject.
import { crop } from '../image/paste.ts';
import type { Size } from '../image/picture-file.ts';
import { withoutAlpha } from '../image/pixels.ts';
import { resize } from '../image/resize.ts';
import type { ExtrasStep } from './extras-step.ts';
import { focalPoint } from './focal-point.ts';

export const focalCrop: ExtrasStep = {
  name: 'Auto focal point crop',
  isOn: ({ focalCrop }) => focalCrop.on,
  async process(picture, { focalCrop: weights }, { faces, target }) {
    const { image, info } = picture;
    if (!target) return [picture];
    const by = scaleTo(image, target);
    const fitting = resize(image, Math.trunc(image.width * by), Math.trunc(image.height * by), 'bicubic');
    const found = weights.faceWeight > 0 ? await faces.find(withoutAlpha(fitting)) : [];
    const focus = focalPoint(fitting, target, weights, found);
    const left = start(focus.x, target.width, fitting.width);
    const top = start(focus.y, target.height, fitting.height);
    return [{ image: crop(fitting, left, top, target.width, target.height), info }];
  },
};

/** The shorter side comes to the size's; of a square that side which is the longer one there. */
function scaleTo({ width, height }: Size, target: Size): number {
  if (width > height) return target.height / height;
  if (height > width) return target.width / width;
  return Math.max(target.width, target.height) / width;
}

/** Around the focus, but inside of the picture, where that is large enough. */
function start(focus: number, length: number, side: number): number {
  const wanted = focus - Math.trunc(length / 2);
  if (wanted < 0) return 0;
  return wanted + length > side ? side - length : wanted;
}
