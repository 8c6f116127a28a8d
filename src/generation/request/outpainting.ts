// How much room an outpainting script makes on each side (A1111 scripts/poor_mans_outpainting.py, outpainting_mk_2.py).
import type { Size } from '../../image/picture-file.ts';
import type { Direction, OutpaintingMk2, PoorMansOutpainting } from './script.ts';

/** Pixels. */
export interface Margins {
  readonly left: number;
  readonly right: number;
  readonly up: number;
  readonly down: number;
}

/** Sides of the grown picture are multiples of this. */
const SIZE_STEP = 64;

export const roundedUp = (length: number): number => Math.ceil(length / SIZE_STEP) * SIZE_STEP;

/** What an outpainting script asks for. */
type Asked = Pick<PoorMansOutpainting | OutpaintingMk2, 'pixels' | 'directions'>;

const sideOf = ({ pixels, directions }: Asked, direction: Direction): number =>
  directions.includes(direction) ? pixels : 0;

/** A side that does not grow comes to a multiple of 64 all the same. */
export function grownSize({ width, height }: Size, asked: Asked): Size {
  return {
    width: roundedUp(width + sideOf(asked, 'left') + sideOf(asked, 'right')),
    height: roundedUp(height + sideOf(asked, 'up') + sideOf(asked, 'down')),
  };
}

/** What is missing to a multiple of 64 is shared out among the sides that grow; the picture stays where none does. */
export function outpaintingMargins(source: Size, asked: Asked): Margins {
  const { width, height } = grownSize(source, asked);
  const [left, right] = shared(width - source.width, sideOf(asked, 'left'), sideOf(asked, 'right'));
  const [up, down] = shared(height - source.height, sideOf(asked, 'up'), sideOf(asked, 'down'));
  return { left, right, up, down };
}

function shared(room: number, before: number, after: number): readonly [before: number, after: number] {
  const first = before > 0 ? Math.floor((before * room) / (before + after)) : 0;
  return [first, after > 0 ? room - first : 0];
}
