// The autoencoder between pixels and latents (Rombach et al. 2022; ldm's AutoencoderKL), as two graphs.
// Names are those of the ldm layout under "first_stage_model.".
import { Graph } from '../graph/graph.ts';
import type { Precision, WeightCatalog } from '../graph/types.ts';
import { float32Tensor, type Network } from './network.ts';
import type { VaeConfig } from './types.ts';
import { QUERY_PARTS, VaeBlocks, type VaeOptions } from './vae-blocks.ts';

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
  /** Pixels. What exceeds a multiple of 8 (of 2 to the power of the number of levels less one) shows in the last cells only. */
  readonly height: number;
  readonly width: number;
}

/** Output "image" [batch, outChannels, 8 height, 8 width], about -1..1 and not clamped. */
export function vaeDecoderNetwork(
  config: VaeConfig,
  weights: WeightCatalog,
  precision: Precision,
  options: VaeOptions = {},
): Network<VaeDecoderInputs> {
  const graph = new Graph(precision);
  const blocks = new VaeBlocks(graph, weights, config, options);
  const { levels, bottom } = blocks;

  let h = blocks.decodeMiddle();
  for (const level of levels.toReversed()) {
    h = blocks.decodeLevel(h, level);
    if (level.index > 0) h = blocks.rise(h, level);
  }
  h = blocks.decodeOut(h);
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
 * Outputs "mean" and "logvar" [batch, latentChannels, height / 8, width / 8], rounded down; logvar clamped to -30..20. A latent is mean
 * (or a sample of the Gaussian) times scaleFactor.
 */
export function vaeEncoderNetwork(
  config: VaeConfig,
  weights: WeightCatalog,
  precision: Precision,
  options: VaeOptions = {},
): Network<VaeEncoderInputs> {
  const graph = new Graph(precision);
  const blocks = new VaeBlocks(graph, weights, config, options);
  const { levels, bottom } = blocks;

  const image = graph.input('image', 'float32', levels[0]!.planesDims(config.inChannels));
  let h = blocks.encodeIn(image);
  for (const level of levels) {
    h = blocks.encodeLevel(h, level);
    if (level !== bottom) h = blocks.sink(h, level);
  }
  blocks.encodeOut(h);
  blocks.finishTaps();

  return {
    graph,
    outputs: graph.outputs.map((port) => port.name),
    feeds({ image, batch, height, width }) {
      const step = 2 ** bottom.index;
      checkPixels(Math.floor(height / step), Math.floor(width / step));
      const feeds = { image: float32Tensor('image', image, [batch, config.inChannels, height, width]) };
      for (const level of levels) {
        const scale = 2 ** level.index;
        const sides = { height: Math.floor(height / scale), width: Math.floor(width / scale) };
        Object.assign(feeds, level.feeds({ batch, ...sides }));
      }
      return feeds;
    },
  };
}

function checkPixels(height: number, width: number): void {
  if (height * width < QUERY_PARTS)
    throw new RangeError(`A latent of ${width} x ${height} is too small for the VAE.`);
}
