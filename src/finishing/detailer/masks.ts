// Masks of what was found, made ready to be painted over (Bing-su/adetailer, mask.py and common.py): grey, 255 where they are.
import { inverted, type Mask } from '../../image/mask.ts';
import type { Size } from '../../image/picture-file.ts';
import type { Box } from '../detection/find.ts';

export type MergeMode = 'None' | 'Merge' | 'Merge and Invert';

export interface MaskPreparation {
  /** Pixels to the right, and up. */
  readonly xOffset: number;
  readonly yOffset: number;
  /** Side of the square by which masks grow, or below 0 shrink, in pixels. */
  readonly dilateErode: number;
  readonly mergeInvert: MergeMode;
}

/** All of a box, its right and bottom edge included (Pillow's ImageDraw.rectangle). */
export function boxMask(box: Box, { width, height }: Size): Mask {
  const [left, top, right, bottom] = box.map(Math.trunc) as [number, number, number, number];
  const data = new Uint8Array(width * height);
  const [from, to] = [Math.max(0, left), Math.min(width - 1, right) + 1];
  for (let y = Math.max(0, top); y <= Math.min(height - 1, bottom); y += 1)
    if (to > from) data.fill(255, y * width + from, y * width + to);
  return { width, height, channels: 1, data };
}

/** Masks that shrink to nothing are left out. */
export function preparedMasks(
  masks: readonly Mask[],
  { xOffset, yOffset, dilateErode, mergeInvert }: MaskPreparation,
): Mask[] {
  const moved = masks.map((mask) => movedMask(mask, xOffset, yOffset));
  const grown =
    dilateErode === 0 ? moved : moved.map((mask) => dilatedMask(mask, dilateErode)).filter(hasPixels);
  return merged(grown, mergeInvert);
}

function merged(masks: readonly Mask[], mode: MergeMode): Mask[] {
  const [first, ...others] = masks;
  if (mode === 'None' || !first) return [...masks];
  const data = first.data.slice();
  for (const other of others) for (let i = 0; i < data.length; i += 1) data[i] = data[i]! | other.data[i]!;
  const all = { ...first, data };
  return [mode === 'Merge' ? all : inverted(all)];
}

/** Moved to the right and up; what leaves one side comes in at the other. */
export function movedMask(mask: Mask, right: number, up: number): Mask {
  if (right === 0 && up === 0) return mask;
  const { width, height } = mask;
  const inside = (at: number, length: number): number => ((at % length) + length) % length;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const row = inside(y + up, height) * width;
    for (let x = 0; x < width; x += 1) data[y * width + x] = mask.data[row + inside(x - right, width)]!;
  }
  return { ...mask, data };
}

/**
 * The largest value, below 0 the smallest, of a square of so many pixels around each (OpenCV's dilate and erode). Of an even side
 * the square reaches a pixel further to the left and up. What lies beyond the edge does not count.
 */
export function dilatedMask(mask: Mask, by: number): Mask {
  if (by === 0) return mask;
  const size = Math.abs(by);
  const pick = by > 0 ? Math.max : Math.min;
  const { width, height } = mask;
  const rows = along(mask.data, height, width, width, 1, size, pick);
  return { ...mask, data: along(rows, width, height, 1, width, size, pick) };
}

/** Of `lines` lines that begin `apart` from each other, each of `length` values `step` apart. */
function along(
  values: ArrayLike<number>,
  lines: number,
  length: number,
  apart: number,
  step: number,
  size: number,
  pick: (a: number, b: number) => number,
): Uint8Array<ArrayBuffer> {
  const anchor = Math.floor(size / 2);
  const result = new Uint8Array(values.length);
  for (let line = 0; line < lines; line += 1) {
    for (let i = 0; i < length; i += 1) {
      const from = Math.max(0, i - anchor);
      const to = Math.min(length, i - anchor + size);
      let best = values[line * apart + from * step]!;
      for (let k = from + 1; k < to; k += 1) best = pick(best, values[line * apart + k * step]!);
      result[line * apart + i * step] = best;
    }
  }
  return result;
}

export function hasPixels(mask: Mask): boolean {
  return mask.data.some((value) => value !== 0);
}

/** Whether two masks of one size have a pixel in common, as OpenCV's bitwise_and tells it. */
export function meet(a: Mask, b: Mask): boolean {
  return a.data.some((value, i) => (value & b.data[i]!) !== 0);
}
