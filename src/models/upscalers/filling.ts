// Pictures brought to sizes that a network takes: more rows below and more columns at the right.
import type { Planes } from '../../image/tiles.ts';

export interface Filling {
  /** At least so many pixels along each side ... */
  readonly minimum?: number;
  /** ... and multiples of this. */
  readonly multiple?: number;
  /** What the new pixels are: the picture mirrored at its edge (and where that is used up, its edge repeated), or zeros. */
  readonly by: 'mirror' | 'zeros';
}

export function filledUp(from: Planes, { minimum = 1, multiple = 1, by }: Filling): Planes {
  const sideOf = (side: number): number => Math.ceil(Math.max(side, minimum) / multiple) * multiple;
  const [height, width] = [sideOf(from.height), sideOf(from.width)];
  if (height === from.height && width === from.width) return from;
  const data = new Float32Array(from.channels * height * width);
  const columns = Array.from({ length: width }, (_, x) => sourceOf(x, from.width));
  for (let channel = 0; channel < from.channels; channel++) {
    for (let y = 0; y < height; y++) {
      if (by === 'zeros' && y >= from.height) break;
      const row = (channel * from.height + sourceOf(y, from.height)) * from.width;
      const start = (channel * height + y) * width;
      const end = by === 'zeros' ? from.width : width;
      for (let x = 0; x < end; x++) data[start + x] = from.data[row + columns[x]!]!;
    }
  }
  return { data, channels: from.channels, height, width };
}

/** Mirrored without repeating the edge, for as far as there is a picture. */
function sourceOf(at: number, side: number): number {
  return at < side ? at : Math.max(0, 2 * (side - 1) - at);
}
