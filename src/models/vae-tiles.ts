// The VAE's decoder and encoder, each in two graphs, for pictures whose whole takes more memory than there is: a stem for
// what is small, run once over the whole picture, and the layers at full and half size, run tile by tile.
//
// Cut into tiles, a VAE gives seams for two reasons. Convolutions look over a tile's edge: so tiles overlap by all that
// they look at (the stem holds the attention, which looks everywhere). And each group norm takes mean and variance over
// the whole picture: so a tile's norms are given them, and give back the moments of the tile's own part, from which those
// of the whole picture are put together (runtime/tiled-vae.ts).
//
// Sizes and areas of tiles are counted in pixels of the features: what passes between the stem and the tiles.
import { Graph, type Value } from '../graph/graph.ts';
import type { HostTensor, Precision, WeightCatalog } from '../graph/types.ts';
import type { Area } from '../image/tiles.ts';
import { NORM_GROUPS } from './layers.ts';
import type { Level } from './level.ts';
import { float32Tensor, shapeTensor, type Network } from './network.ts';
import type { VaeConfig } from './types.ts';
import type { VaeDecoderInputs } from './vae.ts';
import { EPSILON, VaeBlocks, type VaeOptions } from './vae-blocks.ts';

/** Levels that run in tiles: the finest ones, where nearly all the memory goes. */
const TILED_LEVELS = 2;

/** Keeps the scores of the stem's attention below 300 MB at 2048 x 2048. */
const STEM_QUERY_PARTS = 64;

/** How half of a VAE is cut. */
export interface TileShape {
  /** Number of the coarsest level, whose size the features have. */
  readonly level: number;
  /** Channels of the features. */
  readonly channels: number;
  /** Pixels of the features a latent pixel, along each side. */
  readonly featureScale: number;
  /** Pixels of the picture a pixel of the features. */
  readonly pictureScale: number;
  /** Pixels of the features that a tile looks at beyond its edge. */
  readonly halo: number;
  /** Group norms inside a tile. */
  readonly norms: number;
}

export function decoderTiles(config: VaeConfig): TileShape {
  const blocks = config.resBlocks + 1;
  const level = coarsest(config);
  // One convolution after each upsampling, two a block, and the last one.
  const reach = sumOver(level, (index) => 2 ** index * (2 * blocks + 1)) + 1;
  return {
    ...sizes(config, level, reach),
    channels: config.channels * config.channelMult[level]!,
    norms: 2 * blocks * level + 1,
  };
}

export function encoderTiles(config: VaeConfig): TileShape {
  const level = coarsest(config);
  // The first convolution, two a block, and one of stride 2 that looks at two pixels to the right.
  const reach = sumOver(level, (index) => 2 ** index * (2 * config.resBlocks + 2)) + 1;
  return {
    ...sizes(config, level, reach),
    channels: config.channels * config.channelMult[level - 1]!,
    norms: 2 * config.resBlocks * level,
  };
}

function sizes(config: VaeConfig, level: number, reach: number) {
  const pictureScale = 2 ** level;
  return {
    level,
    featureScale: 2 ** (config.channelMult.length - 1 - level),
    pictureScale,
    halo: Math.ceil(reach / pictureScale),
  };
}

function coarsest(config: VaeConfig): number {
  return Math.min(TILED_LEVELS, config.channelMult.length - 1);
}

function sumOver(count: number, term: (index: number) => number): number {
  return Array.from({ length: count }, (_, index) => term(index)).reduce((sum, value) => sum + value, 0);
}

/** Output "features" [batch, channels, featureScale height, featureScale width]. */
export function decoderStemNetwork(
  config: VaeConfig,
  weights: WeightCatalog,
  precision: Precision,
  { circular = false }: Pick<VaeOptions, 'circular'> = {},
): Network<VaeDecoderInputs> {
  const graph = new Graph(precision);
  const blocks = new VaeBlocks(graph, weights, config, { circular, queryParts: STEM_QUERY_PARTS });
  const { levels, bottom } = blocks;
  const last = levels[coarsest(config)]!;
  let h = blocks.decodeMiddle();
  for (let index = bottom.index; index >= last.index; index--) {
    h = blocks.decodeLevel(h, levels[index]!);
    if (index > last.index) h = blocks.rise(h, levels[index]!);
  }
  graph.output('features', h, last.planesDims(blocks.channelsAt(last)));
  return network(graph, ({ latent, batch, height, width }) => ({
    latent: float32Tensor('latent', latent, [batch, config.latentChannels, height, width]),
    ...feedsOf(levels.slice(last.index), bottom.index, { batch, height, width }),
  }));
}

export interface EncoderStemInputs {
  /** [channels, height, width]. */
  readonly features: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** Outputs "mean" and "logvar", as the whole encoder's. */
export function encoderStemNetwork(
  config: VaeConfig,
  weights: WeightCatalog,
  precision: Precision,
): Network<EncoderStemInputs> {
  const { channels, level: first } = encoderTiles(config);
  const graph = new Graph(precision);
  const blocks = new VaeBlocks(graph, weights, config, { queryParts: STEM_QUERY_PARTS });
  const levels = blocks.levels.slice(first);
  let h = graph.cast(graph.input('features', 'float32', levels[0]!.planesDims(channels)), precision);
  for (const level of levels) {
    h = blocks.encodeLevel(h, level);
    if (level !== blocks.bottom) h = blocks.sink(h, level);
  }
  blocks.encodeOut(h);
  return network(graph, ({ features, height, width }) => ({
    features: float32Tensor('features', features, [1, channels, height, width]),
    ...feedsOf(levels, first, { batch: 1, height, width }),
  }));
}

export interface VaeTileInputs {
  /** Of the features (decoder, [channels, height, width]) or of the picture (encoder, [inChannels, ...]). */
  readonly planes: Float32Array;
  /** In pixels of the features. */
  readonly height: number;
  readonly width: number;
  /** The part of the tile whose moments are given back. */
  readonly core: Area;
  /** [norms, groups, 2]: mean and variance to normalise by; null for those of the core itself. */
  readonly statistics: Float32Array | null;
}

/**
 * Outputs "out", the picture [1, outChannels, pictureScale height, pictureScale width], and "moments" [norms, groups, 2]:
 * mean and mean square of what each norm was given, over the core.
 */
export function decoderTileNetwork(
  config: VaeConfig,
  weights: WeightCatalog,
  precision: Precision,
): Network<VaeTileInputs> {
  const shape = decoderTiles(config);
  const blocks = new TileBlocks(new Graph(precision), weights, config, shape);
  const { graph, levels } = blocks;
  const features = graph.input('planes', 'float32', levels[shape.level]!.planesDims(shape.channels));
  let h = graph.cast(features, precision);
  for (let index = shape.level; index > 0; index--) {
    h = blocks.decodeLevel(blocks.rise(h, levels[index]!), levels[index - 1]!);
  }
  graph.output('out', blocks.decodeOut(h), levels[0]!.planesDims(config.outChannels));
  return blocks.network(shape.channels, 1);
}

/** Outputs "out", the features [1, channels, height, width], and "moments" as the decoder's. */
export function encoderTileNetwork(
  config: VaeConfig,
  weights: WeightCatalog,
  precision: Precision,
): Network<VaeTileInputs> {
  const shape = encoderTiles(config);
  const blocks = new TileBlocks(new Graph(precision), weights, config, shape);
  const { graph, levels } = blocks;
  let h = blocks.encodeIn(graph.input('planes', 'float32', levels[0]!.planesDims(config.inChannels)));
  for (const level of levels.slice(0, shape.level)) h = blocks.sink(blocks.encodeLevel(h, level), level);
  graph.output('out', h, levels[shape.level]!.planesDims(shape.channels));
  return blocks.network(config.inChannels, shape.pictureScale);
}

/** A VAE's blocks with norms that are told their statistics. */
class TileBlocks extends VaeBlocks {
  readonly #statistics: Value;
  readonly #given: Value;
  readonly #moments: Value[] = [];
  readonly #cores = new Map<Level, { readonly start: Value; readonly end: Value; readonly rows: Value }>();

  constructor(
    graph: Graph,
    weights: WeightCatalog,
    config: VaeConfig,
    readonly shape: TileShape,
  ) {
    super(graph, weights, config);
    this.#statistics = graph.input('statistics', 'float32', [shape.norms, NORM_GROUPS, 2]);
    this.#given = graph.input('given', 'float32', [1]);
  }

  /** In float32 also where the graph is not: sums over a picture are too long for float16. */
  override groupNorm(x: Value, name: string, channels: number, level: Level): Value {
    const { graph } = this;
    const wide = graph.cast(x, 'float32');
    const { start, end, rows } = this.#core(level);
    const core = graph.reshape(graph.slice(wide, start, end, [2, 3]), rows);
    // Row by row first: sums stay short, and the GPU has many of them to work on.
    const meanOf = (values: Value) =>
      graph.mean(graph.reshape(graph.mean(values), [1, NORM_GROUPS, -1], [1, NORM_GROUPS, 'rows']));
    const mean = meanOf(core);
    const square = meanOf(graph.mul(core, core));
    const index = this.#moments.length;
    this.#moments.push(graph.concat([mean, square], 2));

    const minus = (value: Value) => graph.mul(value, graph.constant([-1], [], 'float32'));
    const told = graph.slice(this.#statistics, [index], [index + 1], [0]);
    const choose = (own: Value, at: number) => {
      const other = graph.slice(told, [at], [at + 1], [2]);
      return graph.add(own, graph.mul(this.#given, graph.add(other, minus(own))));
    };
    const usedMean = choose(mean, 0);
    const variance = choose(graph.add(square, minus(graph.mul(mean, mean))), 1);
    const deviation = graph.sqrt(graph.add(variance, graph.constant([EPSILON], [], 'float32')));

    // Weight and bias with the statistics in them: one multiplication and one addition a channel.
    const affine = (part: string) => {
      const weight = this.weight(`${name}.${part}`, [1, NORM_GROUPS, channels / NORM_GROUPS], [channels]);
      return graph.cast(weight, 'float32');
    };
    const scale = graph.div(affine('weight'), deviation);
    const shift = graph.add(affine('bias'), minus(graph.mul(usedMean, scale)));
    const perChannel = (value: Value) => graph.reshape(value, [1, channels, 1, 1], [1, channels, 1, 1]);
    return graph.cast(graph.add(graph.mul(wide, perChannel(scale)), perChannel(shift)), graph.precision);
  }

  /** Inputs that say which rectangle a level's norms measure. */
  #core(level: Level) {
    let core = this.#cores.get(level);
    if (!core) {
      const input = (part: string, length: number) =>
        this.graph.input(coreInput(level, part), 'int64', [length]);
      core = { start: input('start', 2), end: input('end', 2), rows: input('rows', 4) };
      this.#cores.set(level, core);
    }
    return core;
  }

  #coreFeeds({ top, left, bottom, right }: Area): Record<string, HostTensor> {
    const feeds: Record<string, HostTensor> = {};
    for (const level of this.#cores.keys()) {
      const scale = 2 ** (this.shape.level - level.index);
      feeds[coreInput(level, 'start')] = shapeTensor([top * scale, left * scale]);
      feeds[coreInput(level, 'end')] = shapeTensor([bottom * scale, right * scale]);
      feeds[coreInput(level, 'rows')] = shapeTensor([1, NORM_GROUPS, -1, (right - left) * scale]);
    }
    return feeds;
  }

  /** The finished tile: what it is fed. `scale`: pixels of its input a pixel of the features. */
  network(channels: number, scale: number): Network<VaeTileInputs> {
    const { graph, levels, shape } = this;
    graph.output('moments', graph.concat(this.#moments, 0), [shape.norms, NORM_GROUPS, 2]);
    return network(graph, ({ planes, height, width, core, statistics }) => {
      const used = levels.slice(0, shape.level + 1);
      const given = statistics ?? new Float32Array(shape.norms * NORM_GROUPS * 2);
      return {
        planes: float32Tensor('planes', planes, [1, channels, height * scale, width * scale]),
        statistics: float32Tensor('statistics', given, [shape.norms, NORM_GROUPS, 2]),
        given: float32Tensor('given', Float32Array.of(statistics ? 1 : 0), [1]),
        ...feedsOf(used, shape.level, { batch: 1, height, width }),
        ...this.#coreFeeds(core),
      };
    });
  }
}

function coreInput(level: Level, part: string): string {
  return `level${level.index}.core.${part}`;
}

/** What the levels' inputs carry when level `of` has these sizes. */
function feedsOf(
  levels: readonly Level[],
  of: number,
  { batch, height, width }: { readonly batch: number; readonly height: number; readonly width: number },
): Record<string, HostTensor> {
  const feeds: Record<string, HostTensor> = {};
  for (const level of levels) {
    const scale = 2 ** (of - level.index);
    Object.assign(feeds, level.feeds({ batch, height: height * scale, width: width * scale }));
  }
  return feeds;
}

function network<I>(graph: Graph, feeds: Network<I>['feeds']): Network<I> {
  return { graph, outputs: graph.outputs.map((port) => port.name), feeds };
}
