// Deep shrink (Kohya 2023, "Deep Shrink Hires.fix"), as sd-webui-kohya-hiresfix has it: what comes into a block on the way down is resized
// to be smaller, and what comes into a block on the way up to be larger again, so that a picture larger than those of the training is laid
// out as one of their size. Which blocks is the graph's; by how much is told with each call, and 1 where nothing is told.
import type { Value } from '../../graph/graph.ts';
import type { Level, Sizes } from '../level.ts';
import type { Levels, Planes } from '../levels.ts';
import type { PlaneMaps } from './plane-maps.ts';
import { resizing, type Scaler } from './resizing.ts';

export interface DeepShrink {
  readonly kind: 'deep-shrink';
  readonly scaler: Scaler;
  /** Numbers of input blocks. */
  readonly blocks: readonly number[];
  /** Undone before the output block of that number, and not of that number from the end. */
  readonly early: boolean;
}

/** What a run's call is told of one of the blocks: factors of sizes, there and where it is undone. */
export function deepShrinkMarks(index: number, factors: { readonly down: number; readonly up: number }) {
  return { [markName(index, 'down')]: factors.down, [markName(index, 'up')]: factors.up };
}

/** A block of the way down, or of the way up, out of `count` each. */
export interface BlockPlace {
  readonly way: 'input' | 'output';
  readonly number: number;
  readonly count: number;
}

/** What goes into a block. @throws RangeError where the network is less deep than the change. */
export function shrunk(
  { scaler, blocks, early }: DeepShrink,
  { way, number, count }: BlockPlace,
  planes: Planes,
  levels: Levels,
  maps: PlaneMaps,
): Planes {
  const deepest = Math.max(...blocks);
  if (deepest >= count)
    throw new RangeError(`Depth ${deepest + 1} is more than the UNet has: choose one of 1 to ${count}.`);
  const index = blocks.indexOf(way === 'input' || early ? number : count - 1 - number);
  if (index < 0) return planes;
  const mark = markName(index, way === 'input' ? 'down' : 'up');
  const { value, channels, level } = planes;
  const to = levels.make(level, level.index, (from, told) => scaled(from, told(mark) || 1));
  const resized = maps.apply(value, channels, {
    ...{ from: level, to, parts: 1 },
    matrices: (from, after, told) => resizing(scaler, from, after, 1 / (told(mark) || 1)),
  });
  return { value: resized, channels, level: to };
}

/** Brought to the size of what it is joined with, as A1111 does (sd_hijack_unet.py, TorchHijackForUnet.cat). */
export function met(planes: Planes, level: Level, maps: PlaneMaps): Value {
  if (planes.level === level) return planes.value;
  return maps.apply(planes.value, planes.channels, {
    ...{ from: planes.level, to: level, parts: 1 },
    matrices: (from, to) => resizing('nearest', from, to),
  });
}

function scaled(size: Sizes, factor: number): Sizes {
  const along = (length: number): number => Math.max(1, Math.floor(length * factor));
  return { ...size, height: along(size.height), width: along(size.width) };
}

function markName(index: number, what: string): string {
  return `shrink.${index}.${what}`;
}
