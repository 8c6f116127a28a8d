// A tiny autoencoder between pixels and scaled latents (madebyollin/taesd), as two graphs: a hundredth of the VAE's work, for
// previews, and for pictures where speed counts more than detail.
import { Graph, type Value } from '../graph/graph.ts';
import type { Precision, WeightCatalog } from '../graph/types.ts';
import { Layers } from './layers.ts';
import { BLOCK_CONVOLUTIONS, TINY_VAE_PREFIX, tinyLayers, type TinyHalf } from './layouts/tiny-vae.ts';
import { float32Tensor, type Network } from './network.ts';
import type { TinyVaeSizes } from './types.ts';
import type { VaeDecoderInputs, VaeEncoderInputs } from './vae.ts';

/** Pixels of a latent's cell, along each side. */
const SCALE = 8;

/** Output "image" [batch, 3, 8 height, 8 width], about -1..1 and not clamped, of a latent scaled as the UNet sees it. */
export function tinyDecoderNetwork(
  sizes: TinyVaeSizes,
  weights: WeightCatalog,
  precision: Precision,
): Network<VaeDecoderInputs> {
  const graph = new Graph(precision);
  const latent = graph.input('latent', 'float32', ['n', sizes.latentChannels, 'h', 'w']);
  const unit = runLayers(graph, weights, 'decoder', sizes, graph.cast(latent, precision));
  // The network itself gives 0..1.
  const image = graph.add(
    graph.mul(graph.cast(unit, 'float32'), graph.constant([2], [], 'float32')),
    graph.constant([-1], [], 'float32'),
  );
  graph.output('image', image, ['n', 3, 'H', 'W']);
  return {
    graph,
    outputs: ['image'],
    feeds: ({ latent, batch, height, width }) => ({
      latent: float32Tensor('latent', latent, [batch, sizes.latentChannels, height, width]),
    }),
  };
}

/** Output "latent" [batch, latentChannels, height / 8, width / 8], scaled as the UNet sees it, of a picture -1..1. */
export function tinyEncoderNetwork(
  sizes: TinyVaeSizes,
  weights: WeightCatalog,
  precision: Precision,
): Network<VaeEncoderInputs> {
  const graph = new Graph(precision);
  const image = graph.input('image', 'float32', ['n', 3, 'H', 'W']);
  // The network itself reads 0..1.
  const half = graph.constant([0.5], [], 'float32');
  const unit = graph.cast(graph.add(graph.mul(image, half), half), precision);
  const latent = runLayers(graph, weights, 'encoder', sizes, unit);
  graph.output('latent', latent, ['n', sizes.latentChannels, 'h', 'w']);
  return {
    graph,
    outputs: ['latent'],
    feeds({ image, batch, height, width }) {
      if (height % SCALE !== 0 || width % SCALE !== 0) {
        throw new RangeError(
          `A picture of ${width} x ${height} cannot be encoded: sizes must be multiples of ${SCALE}.`,
        );
      }
      return { image: float32Tensor('image', image, [batch, 3, height, width]) };
    },
  };
}

function runLayers(
  graph: Graph,
  weights: WeightCatalog,
  half: TinyHalf,
  sizes: TinyVaeSizes,
  x: Value,
): Value {
  const layers = new Layers(graph, weights, `${TINY_VAE_PREFIX}${half}.`);
  return tinyLayers(half, sizes).reduce((h, layer, number) => {
    switch (layer.kind) {
      case 'conv': {
        const { inputs, outputs, stride, bias } = layer;
        return layers.conv3x3(h, String(number), inputs, outputs, { stride, bias });
      }
      case 'block':
        return block(layers, h, String(number), sizes.channels);
      case 'clamp': {
        const third = graph.mul(h, graph.constant([1 / 3], []));
        return graph.mul(graph.tanh(third), graph.constant([3], []));
      }
      case 'relu':
        return graph.relu(h);
      case 'up':
        return graph.upsampleNearest2x(h);
    }
  }, x);
}

function block(layers: Layers, x: Value, name: string, channels: number): Value {
  const { graph } = layers;
  const h = BLOCK_CONVOLUTIONS.reduce((h, part, index) => {
    const convolved = layers.conv3x3(h, `${name}.conv.${part}`, channels, channels);
    return index < BLOCK_CONVOLUTIONS.length - 1 ? graph.relu(convolved) : convolved;
  }, x);
  return graph.relu(graph.add(h, x));
}
