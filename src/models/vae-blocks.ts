// What the VAE's encoder and decoder are made of (ldm's modules/diffusionmodules/model.py).
// Names are those of the ldm layout under "first_stage_model.".
import type { Graph, Value } from '../graph/graph.ts';
import type { WeightCatalog } from '../graph/types.ts';
import { Layers } from './layers.ts';
import { Level } from './level.ts';
import type { VaeConfig } from './types.ts';

export interface VaeOptions {
  /** Layers whose results come out too, as "act.NAME": "decoder.mid.attn_1". */
  readonly taps?: readonly string[];
  /** A1111's "Tiling": opposite edges continue each other. */
  readonly circular?: boolean;
  /** Queries of the attention are worked off in this many parts, to bound the memory that their scores take. */
  readonly queryParts?: number;
}

/** 67 MB of scores at once for a picture of 768 x 768. */
export const QUERY_PARTS = 8;

export const EPSILON = 1e-6;

/** Blocks of encoder and decoder. */
export class VaeBlocks extends Layers {
  readonly levels: readonly Level[];
  readonly #queryParts: number;

  constructor(
    graph: Graph,
    weights: WeightCatalog,
    readonly config: VaeConfig,
    { taps = [], circular = false, queryParts = QUERY_PARTS }: VaeOptions = {},
  ) {
    super(graph, weights, 'first_stage_model.', taps, circular);
    this.#queryParts = queryParts;
    this.levels = config.channelMult.map((_, index) => new Level(graph, index));
  }

  get bottom(): Level {
    return this.levels.at(-1)!;
  }

  channelsAt(level: Level): number {
    return this.config.channels * this.config.channelMult[level.index]!;
  }

  /** The decoder from its input "latent" (scaled as the UNet sees it) to the middle's result. */
  decodeMiddle(): Value {
    const { graph, config, bottom } = this;
    const latent = graph.input('latent', 'float32', bottom.planesDims(config.latentChannels));
    const unscaled = graph.mul(latent, graph.constant([1 / config.scaleFactor], [], 'float32'));
    let h = graph.cast(unscaled, graph.precision);
    h = this.conv1x1(h, 'post_quant_conv', config.latentChannels, config.zChannels);
    this.tap('post_quant_conv', () => h, bottom.planesDims(config.zChannels));
    const channels = this.channelsAt(bottom);
    h = this.conv3x3(h, 'decoder.conv_in', config.zChannels, channels);
    this.tap('decoder.conv_in', () => h, bottom.planesDims(channels));
    return this.middle(h, 'decoder.mid', channels, bottom);
  }

  /** The decoder's blocks at one level, from what the level below (or the middle) gives. */
  decodeLevel(x: Value, level: Level): Value {
    let channels = this.channelsAt(this.levels[level.index + 1] ?? level);
    let h = x;
    for (let i = 0; i <= this.config.resBlocks; i++) {
      const outputs = this.channelsAt(level);
      h = this.resBlock(h, `decoder.up.${level.index}.block.${i}`, channels, outputs, level);
      channels = outputs;
    }
    return h;
  }

  /** The decoder's way from a level to the next finer one. */
  rise(x: Value, level: Level): Value {
    const name = `decoder.up.${level.index}.upsample`;
    const channels = this.channelsAt(level);
    const h = this.conv3x3(this.graph.upsampleNearest2x(x), `${name}.conv`, channels, channels);
    this.tap(name, () => h, this.levels[level.index - 1]!.planesDims(channels));
    return h;
  }

  /** The decoder's last layers, from the finest level's result to the picture. */
  decodeOut(x: Value): Value {
    const finest = this.levels[0]!;
    const channels = this.channelsAt(finest);
    const h = this.graph.silu(this.groupNorm(x, 'decoder.norm_out', channels, finest, EPSILON));
    return this.conv3x3(h, 'decoder.conv_out', channels, this.config.outChannels);
  }

  /** The encoder's first layer, from a picture of -1..1. */
  encodeIn(image: Value): Value {
    const { graph, config } = this;
    return this.conv3x3(
      graph.cast(image, graph.precision),
      'encoder.conv_in',
      config.inChannels,
      config.channels,
    );
  }

  /** The encoder's blocks at one level. */
  encodeLevel(x: Value, level: Level): Value {
    let channels = level.index === 0 ? this.config.channels : this.channelsAt(this.levels[level.index - 1]!);
    let h = x;
    for (let i = 0; i < this.config.resBlocks; i++) {
      const outputs = this.channelsAt(level);
      h = this.resBlock(h, `encoder.down.${level.index}.block.${i}`, channels, outputs, level);
      channels = outputs;
    }
    return h;
  }

  /** The encoder's way from a level to the next coarser one. Unlike the UNet's, padded at the right and at the bottom only. */
  sink(x: Value, level: Level): Value {
    const name = `encoder.down.${level.index}.downsample`;
    const channels = this.channelsAt(level);
    const h = this.conv3x3(x, `${name}.conv`, channels, channels, { stride: 2, pads: [0, 0, 1, 1] });
    this.tap(name, () => h, this.levels[level.index + 1]!.planesDims(channels));
    return h;
  }

  /** The encoder from the coarsest level's result to its outputs "mean" and "logvar". */
  encodeOut(x: Value): void {
    const { graph, bottom } = this;
    const channels = this.channelsAt(bottom);
    let h = this.middle(x, 'encoder.mid', channels, bottom);
    h = this.groupNorm(h, 'encoder.norm_out', channels, bottom, EPSILON);
    this.tap('encoder.norm_out', () => h, bottom.planesDims(channels));
    h = this.conv3x3(graph.silu(h), 'encoder.conv_out', channels, 2 * this.config.zChannels);
    const dims = bottom.planesDims(this.config.latentChannels);
    graph.output('mean', this.#halfOfMoments(h, 0), dims);
    graph.output('logvar', graph.clip(graph.cast(this.#halfOfMoments(h, 1), 'float32'), -30, 20), dims);
  }

  /** ResnetBlock: two norm-SiLU-convolutions beside a shortcut. */
  resBlock(x: Value, name: string, inputs: number, outputs: number, level: Level): Value {
    const { graph } = this;
    let h = graph.silu(this.groupNorm(x, `${name}.norm1`, inputs, level, EPSILON));
    h = this.conv3x3(h, `${name}.conv1`, inputs, outputs);
    h = graph.silu(this.groupNorm(h, `${name}.norm2`, outputs, level, EPSILON));
    h = this.conv3x3(h, `${name}.conv2`, outputs, outputs);
    const shortcut = inputs === outputs ? x : this.conv1x1(x, `${name}.nin_shortcut`, inputs, outputs);
    return graph.add(shortcut, h);
  }

  /** The bottom: ResnetBlock, attention, ResnetBlock. */
  middle(x: Value, name: string, channels: number, level: Level): Value {
    const tapped = (part: string, h: Value) => {
      this.tap(`${name}.${part}`, () => h, level.planesDims(channels));
      return h;
    };
    let h = tapped('block_1', this.resBlock(x, `${name}.block_1`, channels, channels, level));
    h = tapped('attn_1', this.#attention(h, `${name}.attn_1`, channels, level));
    return tapped('block_2', this.resBlock(h, `${name}.block_2`, channels, channels, level));
  }

  /** Half of quant_conv's outputs: the means (0) or the logarithms of the variances (1). */
  #halfOfMoments(h: Value, half: 0 | 1): Value {
    const { latentChannels: outputs, zChannels } = this.config;
    const inputs = 2 * zChannels;
    const name = 'quant_conv';
    const weight = this.weight(
      `${name}.weight`,
      [outputs, inputs, 1, 1],
      [2 * outputs, inputs, 1, 1],
      half * outputs * inputs,
    );
    const bias = this.weight(`${name}.bias`, [outputs], [2 * outputs], half * outputs);
    return this.graph.conv(h, weight, bias, { kernel: [1, 1] });
  }

  /** AttnBlock: every pixel looks at every pixel, one head as wide as the channels. */
  #attention(x: Value, name: string, channels: number, level: Level): Value {
    const { graph } = this;
    const tokens = this.flatten(this.groupNorm(x, `${name}.norm`, channels, level, EPSILON), channels, level);
    const project = (part: string) => {
      const projected = this.linear(tokens, `${name}.${part}`, channels, channels);
      return graph.cast(graph.reshape(projected, level.sequence, level.sequenceDims(channels)), 'float32');
    };
    const scale = graph.constant([channels ** -0.5], [], 'float32');
    const q = graph.mul(project('q'), scale);
    const k = graph.transpose(project('k'), [0, 2, 1]);
    const v = project('v');
    // Written out rather than as MultiHeadAttention, which for a head this wide needs 32 bytes for each pair of pixels
    // at once (0.5 GB at 512 x 512). In float32, since sums over thousands of pixels lose too much in float16.
    const parts = Array.from({ length: this.#queryParts }, (_, part) => {
      const rows = graph.slice(q, this.#queryCut(level, part), this.#queryCut(level, part + 1), [1]);
      return graph.matMul(graph.softmax(graph.matMul(rows, k)), v);
    });
    const mixed = graph.cast(graph.reshape(graph.concat(parts, 1), [-1, channels]), graph.precision);
    const result = this.linear(mixed, `${name}.proj_out`, channels, channels);
    return graph.add(x, this.unflatten(result, channels, level));
  }

  /** Where part number `part` of the queries begins. */
  #queryCut(level: Level, part: number): Value {
    return level.fed(`query${part}`, ({ height, width }) => [
      Math.floor((part * height * width) / this.#queryParts),
    ]);
  }
}
