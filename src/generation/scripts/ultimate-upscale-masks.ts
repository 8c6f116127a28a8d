// The masks of Ultimate SD upscale, in Pillow's gradients: white in whole tiles, and shades that fade from their middle.
import { inverted, type Mask } from '../../image/mask.ts';
import { blank, paste } from '../../image/paste.ts';
import type { Size } from '../../image/picture-file.ts';
import { resize } from '../../image/resize.ts';
import type { MaskedPlace } from './ultimate-upscale-places.ts';

/** Of the canvas's size, black but for the place. */
export function placeMask(place: MaskedPlace, { width, height }: Size): Mask {
  const shade = shadeOf(place);
  const mask = blank(shade, width, height);
  paste(mask, shade, place.left, place.top);
  return mask;
}

function shadeOf({ shape, width, height }: MaskedPlace): Mask {
  const to = (mask: Mask, w = width, h = height): Mask => resize(mask, w, h, 'bicubic');
  const [across, down] = [Math.floor(width / 2), Math.floor(height / 2)];
  switch (shape) {
    case 'tile':
      return drawn(width, height, () => 255);
    case 'level band':
      return to(stacked(to(DOWN, SIDE, SIDE / 2), to(UP, SIDE, SIDE / 2), SIDE, SIDE));
    case 'upright band':
      return to(beside(to(RIGHT, SIDE / 2, SIDE), to(LEFT, SIDE / 2, SIDE), SIDE, SIDE));
    case 'level':
      return stacked(to(DOWN, width, down), to(UP, width, down), width, height);
    case 'upright':
      return beside(to(RIGHT, across, height), to(LEFT, across, height), width, height);
    case 'round':
      return inverted(to(ROUND));
  }
}

/** Of Pillow's linear_gradient and radial_gradient. */
const SIDE = 256;

/** Darkest at that side's opposite. */
const DOWN = drawn(SIDE, SIDE, (_, y) => y);
const UP = drawn(SIDE, SIDE, (_, y) => 255 - y);
const RIGHT = drawn(SIDE, SIDE, (x) => x);
const LEFT = drawn(SIDE, SIDE, (x) => 255 - x);
/** Darkest in the middle. */
const ROUND = drawn(SIDE, SIDE, (x, y) =>
  Math.min(255, Math.floor(Math.sqrt(2 * ((x - 128) ** 2 + (y - 128) ** 2)))),
);

function drawn(width: number, height: number, value: (x: number, y: number) => number): Mask {
  const data = Uint8Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  return { width, height, channels: 1, data };
}

function stacked(upper: Mask, lower: Mask, width: number, height: number): Mask {
  return joined(upper, lower, { width, height }, 0, upper.height);
}

function beside(left: Mask, right: Mask, width: number, height: number): Mask {
  return joined(left, right, { width, height }, left.width, 0);
}

/** What neither covers is black. */
function joined(first: Mask, second: Mask, { width, height }: Size, left: number, top: number): Mask {
  const mask = blank(first, width, height);
  paste(mask, first, 0, 0);
  paste(mask, second, left, top);
  return mask;
}
