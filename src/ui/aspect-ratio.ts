// Sizes of an aspect ratio, as the field's aspect ratio helpers offer them: about as many pixels as are set, for a model was made for
// that many.
import { RANGES } from './choices.ts';

export interface Ratio {
  readonly across: number;
  readonly down: number;
}

/** From wide to tall. */
export const RATIOS: readonly Ratio[] = [
  { across: 21, down: 9 },
  { across: 16, down: 9 },
  { across: 3, down: 2 },
  { across: 4, down: 3 },
  { across: 1, down: 1 },
  { across: 3, down: 4 },
  { across: 2, down: 3 },
  { across: 9, down: 16 },
];

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Multiples of the sliders' steps, within their ends. */
export function sizeOfRatio({ width, height }: Size, { across, down }: Ratio): Size {
  const unit = Math.sqrt((width * height) / (across * down));
  const side = (length: number, { min, max, step }: { min: number; max: number; step: number }) =>
    Math.min(max, Math.max(min, step * Math.round(length / step)));
  return { width: side(unit * across, RANGES.width), height: side(unit * down, RANGES.height) };
}

/** Whether a size is one of a ratio: as near as the sliders' steps allow. */
export function isOfRatio({ width, height }: Size, { across, down }: Ratio): boolean {
  const steps = across * RANGES.height.step + down * RANGES.width.step;
  return Math.abs(width * down - height * across) <= steps / 2;
}
