// Which part of a picture "Only masked" paints (A1111 modules/masking.py, get_crop_region_v2 and expand_crop_region).
import type { Mask } from './mask.ts';
import type { Size } from './picture-file.ts';

/** In pixels; right and bottom are the first ones outside. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What holds all that is masked, `padding` pixels wider on each side; null where nothing is. */
export function maskedRegion({ width, height, data }: Mask, padding: number): Region | null {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let i = 0; i < data.length; i += 1) {
    if (data[i] === 0) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = y + 1;
  }
  if (right === 0) return null;
  return {
    left: Math.max(left - padding, 0),
    top: Math.max(top - padding, 0),
    right: Math.min(right + padding, width),
    bottom: Math.min(bottom + padding, height),
  };
}

/** Grown in one direction to the proportions of `target`, as far as the picture has room. */
export function expandRegion(region: Region, target: Size, picture: Size): Region {
  const { left, top, right, bottom } = region;
  const wanted = target.width / target.height;
  if ((right - left) / (bottom - top) > wanted) {
    const [from, to] = grown(top, bottom, (right - left) / wanted, picture.height);
    return { ...region, top: from, bottom: to };
  }
  const [from, to] = grown(left, right, (bottom - top) * wanted, picture.width);
  return { ...region, left: from, right: to };
}

/** To a length, evenly to both sides; what does not fit on one side goes to the other. */
function grown(from: number, to: number, length: number, room: number): readonly [number, number] {
  const more = Math.trunc(length - (to - from));
  let start = from - Math.floor(more / 2);
  let end = to + more - Math.floor(more / 2);
  const over = Math.max(0, end - room);
  start -= over;
  end -= over;
  if (start < 0) [start, end] = [0, end - start];
  return [start, Math.min(end, room)];
}
