// What extensions change of a UNet's graph, as data. The list is part of what a network is told apart by, so that what differs from call
// to call is no part of it: that is told with each call, a number for each of the batch ("marks"), and reads 0 where nothing is told.
import type { Graph, Value } from '../graph/graph.ts';
import type { HostTensor } from '../graph/types.ts';
import { AttentionChanges, isAttentionChange, type AttentionChange } from './attention-changes.ts';
import type { DeepCache } from './changes/deep-cache.ts';
import { met, shrunk, type DeepShrink } from './changes/deep-shrink.ts';
import { applyFreeU, type FreeU, type Join } from './changes/freeu.ts';
import { TiledTokens, type HyperTile } from './changes/hypertile.ts';
import { MarkInputs, type Marks } from './changes/marks.ts';
import { PlaneMaps } from './changes/plane-maps.ts';
import { tiledLayers } from './changes/tile-numbers.ts';
import type { Level, Sizes } from './level.ts';
import { levelFeeds, type Levels, type Planes, type Told } from './levels.ts';
import { float32Tensor } from './network.ts';
import type { UNetConfig } from './types.ts';

/** NegPiP (sd-webui-negpip): the last tokens of a text count against what they say, by their values' sign in cross-attention. */
export interface NegatedTokens {
  readonly kind: 'negated-tokens';
}

/** Name of its mark: how many they are. */
export const NEGATED = 'negated';

export type NetworkChange = AttentionChange | NegatedTokens | FreeU | DeepShrink | HyperTile | DeepCache;

/** The changes of one graph: blocks ask at each place that may be another. */
export class GraphChanges {
  readonly #marks: MarkInputs;
  readonly #maps: PlaneMaps;
  readonly #freeU: readonly FreeU[];
  readonly #deepShrink: DeepShrink | undefined;
  readonly #tiles: TiledTokens | undefined;
  /** [N * tokens, 1]: 1 or -1. */
  readonly #signs: Value | undefined;

  /** Of self-attention. */
  readonly attention: AttentionChanges;

  constructor(
    private readonly graph: Graph,
    private readonly levels: Levels,
    private readonly config: Omit<UNetConfig, 'outChannels'>,
    changes: readonly NetworkChange[],
  ) {
    this.#marks = new MarkInputs(graph);
    this.#maps = new PlaneMaps(graph);
    const attention = changes.filter((change) => isAttentionChange(change));
    this.attention = new AttentionChanges(graph, attention, (name) => this.#marks.input(name), this.#maps);
    this.#freeU = changes.filter((change) => change.kind === 'freeu');
    this.#deepShrink = changes.find((change) => change.kind === 'deep-shrink');
    const tiled = changes.find((change) => change.kind === 'hypertile');
    this.#tiles = tiled && new TiledTokens(graph, tiledLayers(config, tiled.maxDepth));
    const negates = changes.some(({ kind }) => kind === 'negated-tokens');
    this.#signs = negates ? graph.input('negated', 'float32', ['nt', 1]) : undefined;
  }

  /** What goes into a block, of what comes to it. */
  entering(way: 'input' | 'output', number: number, planes: Planes): Planes {
    if (!this.#deepShrink) return planes;
    const count = this.config.resBlocks.reduce((sum, blocks) => sum + blocks + 1, 0);
    return shrunk(this.#deepShrink, { way, number, count }, planes, this.levels, this.#maps);
  }

  /** What the way up has and what was kept of the way down, joined before an output block. */
  joined(number: number, backbone: Planes, skip: Planes): Planes {
    const { graph } = this;
    const times = backbone.channels / this.config.modelChannels;
    const changed = this.#freeU.reduce<Join>(
      (join, change) => applyFreeU(graph, change, join, times, this.#marks, this.#maps),
      { backbone, skip },
    );
    const value = graph.concat([met(changed.backbone, skip.level, this.#maps), changed.skip.value], 1);
    const channels = backbone.channels + skip.channels;
    return this.entering('output', number, { value, channels, level: skip.level });
  }

  /** What the last output block gives, in the finest level's size. */
  arriving(h: Planes): Value {
    return met(h, this.levels.finest, this.#maps);
  }

  /** The level that an upsampling leads to: cut to the next one's size at once, where nothing is done before it meets that. */
  above(level: Level): Level {
    const cut = !this.#deepShrink && this.#freeU.length === 0;
    return cut ? this.levels.own[level.index - 1]! : this.levels.doubled(level);
  }

  /** Values of cross-attention, [N * tokens, C]. */
  signed(values: Value): Value {
    const { graph } = this;
    return this.#signs ? graph.mul(values, graph.cast(this.#signs, values.type)) : values;
  }

  /** The tiles of a self-attention that has any; one that guidance goes by sees the whole picture. */
  tiles(name: string, level: Level): TiledTokens | null {
    if (this.attention.concerns(name)) return null;
    return this.#tiles?.has(name, level, this.levels.own) ? this.#tiles : null;
  }

  /** Of all levels in a run. */
  sizes(finest: Sizes, marks: Marks = {}): ReadonlyMap<Level, Sizes> {
    const { batch, height, width } = finest;
    return this.levels.sizes({ batch, height, width }, toldBy(marks));
  }

  /** What the inputs of changes and levels carry in a run. `finest`: the latent's size; `tokens`: of each text. */
  feeds(finest: Sizes, tokens: number, marks: Marks = {}): Record<string, HostTensor> {
    const told = toldBy(marks);
    const sizes = this.sizes(finest, marks);
    return {
      ...levelFeeds(sizes),
      ...this.#marks.feeds(finest.batch, marks),
      ...this.#maps.feeds(sizes, told),
      ...this.#tiles?.feeds(sizes, finest.width / finest.height, told),
      ...(this.#signs && { negated: signsOf(finest.batch, tokens, marks[NEGATED]) }),
    };
  }
}

/** What does not go by items is told of all alike. */
function toldBy(marks: Marks): Told {
  return (name) => marks[name]?.[0] ?? 0;
}

function signsOf(batch: number, tokens: number, negated?: ArrayLike<number>): HostTensor {
  const signs = new Float32Array(batch * tokens).fill(1);
  for (let item = 0; item < batch; item++) {
    const end = (item + 1) * tokens;
    signs.fill(-1, end - (negated?.[item] ?? 0), end);
  }
  return float32Tensor('negated', signs, [batch * tokens, 1]);
}
