// What an axis of a plot is.
import type { AxisValue, ValueType } from './axis-values.ts';
import type { Cell, PlotNames } from './cell.ts';

export interface AxisContext {
  /** All of the axis. */
  readonly values: readonly AxisValue[];
  readonly names: PlotNames;
}

export interface AxisType {
  /** A1111's. */
  readonly label: string;
  readonly type: ValueType;
  /** How dear it is to go from one value to another, 0..1: the dearest axis changes least often. */
  readonly cost: number;
  /** What the legend says: the value alone, or after the label. */
  readonly legend: 'value' | 'label' | 'file' | 'nothing';
  /** Where it has a meaning; null for both. */
  readonly tab: 'txt2img' | 'img2img' | null;
  /** Without it, every cell would be the same. */
  readonly needs?: 'hires' | 'strength' | 'refiner' | 'variation';
  /** What of the person's it names, besides `choices`. */
  readonly names?: 'checkpoints' | 'vaes' | 'styles' | 'upscalers';
  /** What the page offers. */
  readonly choices?: readonly string[];
  /** @throws PlotError for a value that cannot be taken. */
  apply(cell: Cell, value: AxisValue, context: AxisContext): Cell;
}

/** What axes of switches offer, as Python writes it. */
export const TRUTHS: readonly string[] = ['False', 'True'];
