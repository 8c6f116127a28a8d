// HyperTile (tfernd 2023) in a graph: self-attention within tiles of the tokens, so that it takes less time. Which layers is the graph's;
// into how many tiles is told with each call, and one where nothing is told.
import type { Graph, Value } from '../../graph/graph.ts';
import type { HostTensor } from '../../graph/types.ts';
import type { Level, Sizes } from '../level.ts';
import type { Told } from '../levels.ts';
import { shapeTensor } from '../network.ts';
import { sidesOf, type TiledLayer, type Tiling } from './tile-numbers.ts';

export interface HyperTile {
  readonly kind: 'hypertile';
  /** Of HyperTile's depths, the last whose layers are tiled. */
  readonly maxDepth: number;
}

/** What a run's call is told of the layers. */
export function tileMarks(layers: readonly TiledLayer[], tilings: readonly Tiling[]): Record<string, number> {
  return Object.fromEntries(
    layers.flatMap(({ name }, i) => {
      const { tall, wide } = tilings[i]!;
      return [
        [markName(name, 'tall'), tall],
        [markName(name, 'wide'), wide],
      ];
    }),
  );
}

/** Tokens [N * S, channels] in tiles, or from them. */
export class TiledTokens {
  readonly #placed: { readonly name: string; readonly level: Level }[] = [];

  constructor(
    private readonly graph: Graph,
    private readonly layers: readonly TiledLayer[],
  ) {}

  /** Whether a layer is tiled. Others see smaller pictures by another change, for which no tiles were drawn. */
  has(name: string, level: Level, own: readonly Level[]): boolean {
    return own.includes(level) && this.layers.some((layer) => layer.name === name);
  }

  /** Gives tokens tile by tile, and the shape [tiles, tokens of each, -1]. */
  split(
    tokens: Value,
    channels: number,
    name: string,
    level: Level,
  ): { readonly tokens: Value; readonly shape: Value } {
    const { graph } = this;
    this.#placed.push({ name, level });
    const shape = graph.input(inputName(name, 'sequence'), 'int64', [3]);
    return { tokens: this.#turned(tokens, channels, name, level, 'split'), shape };
  }

  join(tokens: Value, channels: number, name: string, level: Level): Value {
    return this.#turned(tokens, channels, name, level, 'join');
  }

  feeds(sizes: ReadonlyMap<Level, Sizes>, aspect: number, told: Told): Record<string, HostTensor> {
    const feeds: Record<string, HostTensor> = {};
    for (const { name, level } of this.#placed) {
      const { batch, height: rows, width: columns } = sizes.get(level)!;
      const { height, width } = sidesOf(rows * columns, aspect);
      const [tall, wide] = [told(markName(name, 'tall')) || 1, told(markName(name, 'wide')) || 1];
      const feed = (what: string, shape: readonly number[]) =>
        (feeds[inputName(name, what)] = shapeTensor(shape));
      feed('sequence', [batch * tall * wide, (height * width) / (tall * wide), -1]);
      // What one tile has of a row stays together.
      feed('split', [batch * tall, height / tall, wide, -1]);
      feed('join', [batch * tall, wide, height / tall, -1]);
    }
    return feeds;
  }

  #turned(tokens: Value, channels: number, name: string, level: Level, how: 'split' | 'join'): Value {
    const { graph } = this;
    const shape = graph.input(inputName(name, how), 'int64', [4]);
    const dims = ['b', 'y', 'x', 'c'].map((axis) => `tiles.${name}.${how}.${axis}`);
    const turned = graph.transpose(graph.reshape(tokens, shape, dims), [0, 2, 1, 3]);
    return graph.reshape(turned, [-1, channels], level.tokensDims(channels));
  }
}

function inputName(layer: string, what: string): string {
  return `tiles.${layer}.${what}`;
}

function markName(layer: string, what: string): string {
  return `tiles.${layer}.${what}`;
}
