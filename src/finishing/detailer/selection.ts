// Which finds are painted over, in which order, and how strongly (Bing-su/adetailer, mask.py and opts.py).
import type { Size } from '../../image/picture-file.ts';
import type { Box, Find } from '../detection/find.ts';

export type FilterMethod = 'Area' | 'Confidence';

export type SortOrder =
  'None' | 'Position (left to right)' | 'Position (center to edge)' | 'Area (large to small)';

export interface Selection {
  /** Shares of the picture's area that a box may have, 0..1. */
  readonly minRatio: number;
  readonly maxRatio: number;
  /** The largest, or the surest, so many; 0 for all. */
  readonly topK: number;
  readonly filterMethod: FilterMethod;
}

const areaOf = ([left, top, right, bottom]: Box): number => (right - left) * (bottom - top);

export function selected<F extends Pick<Find, 'box' | 'confidence'>>(
  finds: readonly F[],
  { minRatio, maxRatio, topK, filterMethod }: Selection,
  order: SortOrder,
  { width, height }: Size,
): F[] {
  const fitting = finds.filter(({ box }) => {
    const share = areaOf(box) / (width * height);
    return minRatio <= share && share <= maxRatio;
  });
  const rank = ({ box, confidence }: F): number => (filterMethod === 'Area' ? areaOf(box) : confidence);
  const best =
    topK > 0
      ? fitting
          .toSorted((a, b) => rank(a) - rank(b))
          .slice(-topK)
          .toReversed()
      : fitting;
  const key = sortKey(order, width, height);
  return key ? best.toSorted((a, b) => key(a.box) - key(b.box)) : best;
}

function sortKey(order: SortOrder, width: number, height: number): ((box: Box) => number) | null {
  switch (order) {
    case 'None':
      return null;
    case 'Position (left to right)':
      return ([left]) => left;
    case 'Position (center to edge)':
      return ([left, top, right, bottom]) =>
        Math.hypot((left + right) / 2 - width / 2, (top + bottom) / 2 - height / 2);
    case 'Area (large to small)':
      return (box) => -areaOf(box);
  }
}

/** Small boxes keep the strength, larger ones have the less of it the higher the power is; 0 leaves all alike. */
export function denoisingStrengthOf(strength: number, power: number, box: Box, size: Size): number {
  if (power === 0) return strength;
  return strength * (1 - areaOf(box) / (size.width * size.height)) ** power;
}

export type SizeMatch = 'Off' | 'Strict (SDXL only)' | 'Free';

/** The size that is painted for a box, of its shape. `trained`: the sizes that the model was trained with, and is told of; none for
 * those that are told nothing. */
export function paintedSize(size: Size, match: SizeMatch, box: Box, trained: readonly Size[]): Size {
  if (match === 'Free') return freeSize(size, box);
  return match === 'Strict (SDXL only)' ? trainedSize(size, box, trained) : size;
}

function trainedSize(size: Size, [left, top, right, bottom]: Box, trained: readonly Size[]): Size {
  const [w, h] = [right - left, bottom - top];
  const off = ({ width, height }: Size): number => Math.abs(width / height - w / h);
  const fitting = trained.filter(
    ({ width, height }) => width >= w && height >= h && (width >= size.width || height >= size.height),
  );
  const [first, ...others] = fitting;
  return first ? others.reduce((best, one) => (off(one) < off(best) ? one : best), first) : size;
}

function freeSize(size: Size, [left, top, right, bottom]: Box): Size {
  const shape = (right - left) / (bottom - top);
  const side = Math.max(size.width, size.height);
  const cells = (length: number): number => 8 * Math.floor((length + 7) / 8);
  return shape > 1
    ? { width: cells(side), height: cells(side / shape) }
    : { width: cells(side * shape), height: cells(side) };
}
