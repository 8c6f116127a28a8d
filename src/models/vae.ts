// The autoencoder between pixels and latents (Rombach et al. 2022; ldm's AutoencoderKL), as two graphs.
// Names are those of the ldm layout under "first_stage_model.".
import { Graph, type Value } from '../graph/graph.ts';
import type { Precision, WeightCatalog } from '../graph/types.ts';
import { Layers } from './layers.ts';
import { Level } from './level.ts';
import { float32Tensor, type Network } from './network.ts';
import type { VaeConfig } from './types.ts';

export interface VaeDecoderInputs {
  /** [batch, latentChannels, height, width], scaled as the UNet sees it. */
  readonly latent: Float32Array;
  readonly batch: number;
  /** Latent pixels. */
  readonly height: number;
  readonly width: number;
}

export interface VaeEncoderInputs {
  /** [batch, inChannels, height, width], -1..1. */
  readonly image: Float32Array;
  readonly batch: number;
  /** Pixels; multiples of 8 (of 2 to the power of the number of levels less one). */
  readonly height: number;
  readonly width: number;
}

export interface VaeOptions {
  /** Layers whose results come out too, as "act.NAME": "decoder.mid.attn_1". */
  readonly taps?: readonly string[];
}

const EPSILON = 1e-6;

/** Output "image" [batch, outChannels, 8 height, 8 width], about -1..1 and not clamped. */
export function vaeDecoderNetwork(
  config: VaeConfig,
  weights: WeightCatalog,
  precision: Precision,
  options: VaeOptions = {},
): Network<VaeDecoderInputs> {
  const graph = new Graph(precision);
  const blocks = new Blocks(graph, weights, config, options.taps);
  const { levels } = blocks;
  const bottom = levels.at(-1)!;

  const latent = graph.input('latent', 'float32', bottom.planesDims(config.latentChannels));
  const unscaled = graph.mul(latent, graph.constant([1 / config.scaleFactor], [], 'float32'));
  let h = graph.cast(unscaled, precision);
  h = blocks.conv1x1(h, 'post_quant_conv', config.latentChannels, config.zChannels);
  blocks.tap('post_quant_conv', () => h, bottom.planesDims(config.zChannels));

  let channels = blocks.channelsAt(bottom);
  h = blocks.conv3x3(h, 'decoder.conv_in', config.zChannels, channels);
  blocks.tap('decoder.conv_in', () => h, bottom.planesDims(channels));
  h = blocks.middle(h, 'decoder.mid', channels, bottom);

  for (const level of levels.toReversed()) {
    const name = `decoder.up.${level.index}`;
    for (let i = 0; i <= config.resBlocks; i++) {
      h = blocks.resBlock(h, `${name}.block.${i}`, channels, blocks.channelsAt(level), level);
      channels = blocks.channelsAt(level);
    }
    if (level.index > 0) {
      h = blocks.conv3x3(graph.upsampleNearest2x(h), `${name}.upsample.conv`, channels, channels);
      blocks.tap(`${name}.upsample`, () => h, levels[level.index - 1]!.planesDims(channels));
    }
  }

  h = graph.silu(blocks.groupNorm(h, 'decoder.norm_out', channels, levels[0]!, EPSILON));
  h = blocks.conv3x3(h, 'decoder.conv_out', channels, config.outChannels);
  graph.output('image', h, levels[0]!.planesDims(config.outChannels));
  blocks.finishTaps();

  return {
    graph,
    outputs: graph.outputs.map((port) => port.name),
    feeds({ latent, batch, height, width }) {
      const feeds = {
        latent: float32Tensor('latent', latent, [batch, config.latentChannels, height, width]),
      };
      for (const level of levels) {
        const scale = 2 ** (bottom.index - level.index);
        Object.assign(feeds, level.feeds({ batch, height: height * scale, width: width * scale }));
      }
      return feeds;
    },
  };
}

/**
 * Outputs "mean" and "logvar" [batch, latentChannels, height / 8, width / 8]; logvar clamped to -30..20. A latent is mean
 * (or a sample of the Gaussian) times scaleFactor.
 */
export function vaeEncoderNetwork(
  config: VaeConfig,
  weights: WeightCatalog,
  precision: Precision,
  options: VaeOptions = {},
): Network<VaeEncoderInputs> {
  const graph = new Graph(precision);
  const blocks = new Blocks(graph, weights, config, options.taps);
  const { levels } = blocks;
  const bottom = levels.at(-1)!;

  const image = graph.input('image', 'float32', levels[0]!.planesDims(config.inChannels));
  let channels = config.channels;
  let h = blocks.conv3x3(graph.cast(image, precision), 'encoder.conv_in', config.inChannels, channels);

  for (const level of levels) {
    const name = `encoder.down.${level.index}`;
    for (let i = 0; i < config.resBlocks; i++) {
      h = blocks.resBlock(h, `${name}.block.${i}`, channels, blocks.channelsAt(level), level);
      channels = blocks.channelsAt(level);
    }
    if (level !== bottom) {
      // Unlike the UNet's, padded at the right and at the bottom only.
      h = blocks.conv3x3(h, `${name}.downsample.conv`, channels, channels, { stride: 2, pads: [0, 0, 1, 1] });
      blocks.tap(`${name}.downsample`, () => h, levels[level.index + 1]!.planesDims(channels));
    }
  }

  h = blocks.middle(h, 'encoder.mid', channels, bottom);
  h = blocks.groupNorm(h, 'encoder.norm_out', channels, bottom, EPSILON);
  blocks.tap('encoder.norm_out', () => h, bottom.planesDims(channels));
  h = blocks.conv3x3(graph.silu(h), 'encoder.conv_out', channels, 2 * config.zChannels);

  const latentDims = bottom.planesDims(config.latentChannels);
  graph.output('mean', blocks.moments(h, 0), latentDims);
  graph.output('logvar', graph.clip(graph.cast(blocks.moments(h, 1), 'float32'), -30, 20), latentDims);
  blocks.finishTaps();

  return {
    graph,
    outputs: graph.outputs.map((port) => port.name),
    feeds({ image, batch, height, width }) {
      const step = 2 ** bottom.index;
      if (height % step !== 0 || width % step !== 0) {
        throw new RangeError(
          `A picture of ${width} x ${height} cannot be encoded: sizes must be multiples of ${step}.`,
        );
      }
      checkPixels(height / step, width / step);
      const feeds = { image: float32Tensor('image', image, [batch, config.inChannels, height, width]) };
      for (const level of levels) {
        const scale = 2 ** level.index;
        Object.assign(feeds, level.feeds({ batch, height: height / scale, width: width / scale }));
      }
      return feeds;
    },
  };
}

/** Blocks of encoder and decoder. */
class Blocks extends Layers {
  readonly levels: readonly Level[];

  constructor(
    graph: Graph,
    weights: WeightCatalog,
    readonly config: VaeConfig,
    taps: readonly string[] = [],
  ) {
    super(graph, weights, 'first_stage_model.', taps);
    this.levels = config.channelMult.map((_, index) => new Level(graph, index));
  }

  channelsAt(level: Level): number {
    return this.config.channels * this.config.channelMult[level.index]!;
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
  moments(h: Value, half: 0 | 1): Value {
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
    const parts = Array.from({ length: QUERY_PARTS }, (_, part) => {
      const rows = graph.slice(q, queryCut(level, part), queryCut(level, part + 1), [1]);
      return graph.matMul(graph.softmax(graph.matMul(rows, k)), v);
    });
    const mixed = graph.cast(graph.reshape(graph.concat(parts, 1), [-1, channels]), graph.precision);
    const result = this.linear(mixed, `${name}.proj_out`, channels, channels);
    return graph.add(x, this.unflatten(result, channels, level));
  }
}

/** Queries are worked off in this many parts, to bound the memory that their scores take. */
const QUERY_PARTS = 8;

/** Where part number `part` of the queries begins. */
function queryCut(level: Level, part: number): Value {
  return level.fed(`query${part}`, ({ height, width }) => [
    Math.floor((part * height * width) / QUERY_PARTS),
  ]);
}

function checkPixels(height: number, width: number): void {
  if (height * width < QUERY_PARTS)
    throw new RangeError(`A latent of ${width} x ${height} is too small for the VAE.`);
}
