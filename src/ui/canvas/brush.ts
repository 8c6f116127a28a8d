// The brush as the person has it: how wide, how soft, what colour.
import type { Range } from '../choices.ts';
import type { Color } from './layer.ts';

export interface BrushChoice {
  /** Diameter in pixels of the picture. */
  readonly size: number;
  /** Percent of the radius over which it fades. */
  readonly softness: number;
  /** Percent; of colours only, a mask is what it is. */
  readonly opacity: number;
  /** As a color field has it. */
  readonly color: string;
}

export const DEFAULT_BRUSH: BrushChoice = { size: 48, softness: 0, opacity: 100, color: '#d9442e' };

export const BRUSH_RANGES = {
  size: { min: 1, max: 600, step: 1 },
  softness: { min: 0, max: 100, step: 1 },
  opacity: { min: 1, max: 100, step: 1 },
} as const satisfies Readonly<Record<string, Range>>;

/** One notch of the wheel, or one press of a key, larger or smaller. */
export function sizeStepped(size: number, steps: number): number {
  const { min, max } = BRUSH_RANGES.size;
  const next = Math.round(size * 1.15 ** steps);
  // Small ones would stay as they are.
  return Math.min(max, Math.max(min, next === size ? size + Math.sign(steps) : next));
}

/** @throws never: what is no colour is black. */
export function colorOf(hex: string): Color {
  const value = Number.parseInt(hex.slice(1), 16) || 0;
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
