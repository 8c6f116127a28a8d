// The resolutions of one network: those that it has by itself, each half of the one before, and those that changes of the network
// make of them.
import type { Graph, Value } from '../graph/graph.ts';
import type { HostTensor } from '../graph/types.ts';
import { Level, type Sizes } from './level.ts';

/** Planes [N, channels, ...] of a level. */
export interface Planes {
  readonly value: Value;
  readonly channels: number;
  readonly level: Level;
}

/** What a run tells the changes of a network, by name; 0 where nothing is told. */
export type Told = (name: string) => number;

type Resize = (from: Sizes, told: Told) => Sizes;

/** A 3x3 convolution of stride 2, padded by one, rounds up. */
export function sizeAtLevel<T extends { readonly height: number; readonly width: number }>(
  size: T,
  level: number,
): T {
  return resized(size, (length) => Math.ceil(length / 2 ** level));
}

export class Levels {
  /** Finest first. */
  readonly own: readonly Level[];
  readonly #made: { readonly level: Level; readonly from: Level; readonly resize: Resize }[] = [];

  constructor(
    private readonly graph: Graph,
    count: number,
  ) {
    this.own = Array.from({ length: count }, (_, index) => new Level(graph, index));
  }

  get finest(): Level {
    return this.own[0]!;
  }

  /** What a convolution of stride 2 leaves of it. */
  halved(level: Level): Level {
    const own = this.own[level.index + 1];
    if (own && this.own.includes(level)) return own;
    return this.make(level, level.index + 1, (from) => sizeAtLevel(from, 1));
  }

  doubled(level: Level): Level {
    return this.make(level, level.index - 1, (from) => resized(from, (length) => 2 * length));
  }

  /** Another one, of the size that `resize` makes of one that there is. `index`: as many times halved. */
  make(from: Level, index: number, resize: Resize): Level {
    const level = new Level(this.graph, index, `${index}.${this.#made.length}`);
    this.#made.push({ level, from, resize });
    return level;
  }

  /** Of every level, where the finest one has the size `finest`. */
  sizes(finest: Sizes, told: Told): ReadonlyMap<Level, Sizes> {
    const sizes = new Map(this.own.map((level) => [level, sizeAtLevel(finest, level.index)]));
    for (const { level, from, resize } of this.#made) sizes.set(level, resize(sizes.get(from)!, told));
    return sizes;
  }
}

/** What the levels' inputs carry in a run of these sizes. */
export function levelFeeds(sizes: ReadonlyMap<Level, Sizes>): Record<string, HostTensor> {
  return Object.assign({}, ...[...sizes].map(([level, size]) => level.feeds(size))) as Record<
    string,
    HostTensor
  >;
}

function resized<T extends { readonly height: number; readonly width: number }>(
  size: T,
  resize: (length: number) => number,
): T {
  return { ...size, height: resize(size.height), width: resize(size.width) };
}
