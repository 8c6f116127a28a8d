// The networks of a checkpoint with seeded inputs as generation gives them: what is measured and compared at full size.
import { product } from '../src/graph/shapes.ts';
import type { Precision } from '../src/graph/types.ts';
import type { Network } from '../src/models/network.ts';
import { textEncoderNetwork } from '../src/models/text-encoder.ts';
import type { TextEncoderConfig } from '../src/models/types.ts';
import { unetNetwork } from '../src/models/unet.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../src/models/vae.ts';
import { TorchGenerator } from '../src/sampling/random/torch-generator.ts';
import type { CheckpointWeights } from './checkpoint-weights.ts';

/** Of a checkpoint's text encoders, in its order. */
export const TEXT_NETWORKS = ['text', 'text-2'] as const;
export const NETWORKS = [...TEXT_NETWORKS, 'unet', 'vae-decoder', 'vae-encoder'] as const;
export type NetworkName = (typeof NETWORKS)[number];

export interface Case {
  readonly network: NetworkName;
  /** Which inputs, in words. */
  readonly what: string;
  /** In pixels; null where it has none. */
  readonly size: readonly [width: number, height: number] | null;
  readonly output: string;
  /** The inputs as another implementation wants them: latents unscaled, timesteps as numbers. */
  readonly tensors: Readonly<
    Record<string, { readonly data: Float32Array; readonly shape: readonly number[] }>
  >;
  /** The network, which brings its inputs along. */
  build(precision: Precision): Network<void>;
}

/** Of CLIP, for checkpoints without a text encoder. */
const POSITIONS = 77;

/** `sizes`: [width, height] in pixels. `batch`: of the UNet; the VAE takes one picture at a time, as in the app. */
export function casesOf(
  weights: CheckpointWeights,
  sizes: readonly (readonly [number, number])[],
  batch: number,
): Case[] {
  const { networks, label } = weights.detection;
  if (!networks?.vae) throw new Error(`${label} is not a whole checkpoint.`);
  const { unet, vae } = networks;
  const encoders = networks.textEncoders;
  const { catalog } = weights;

  const bringing =
    <I>(build: (precision: Precision) => Network<I>, inputs: I) =>
    (precision: Precision): Network<void> => {
      const network = build(precision);
      return { ...network, feeds: () => network.feeds(inputs) };
    };
  const normal = (seed: number, ...shape: number[]) => ({
    data: new TorchGenerator(seed).randn(product(shape)),
    shape,
  });

  const cases: Case[] = TEXT_NETWORKS.flatMap((name, index) => {
    const encoder = encoders[index];
    return encoder ? [textCase(name, encoder)] : [];
  });
  for (const size of sizes) {
    const [width, height] = size;
    const [h, w] = [height / 8, width / 8];
    const name = `${width}x${height}`;

    const x = normal(2, batch, unet.inChannels, h, w);
    const tokens = encoders[0]?.positions ?? POSITIONS;
    const context = normal(3, batch, tokens, unet.contextDim);
    const vector = unet.vectorDim === null ? null : normal(6, batch, unet.vectorDim);
    const timesteps = { data: new Float32Array(batch).fill(500), shape: [batch] };
    cases.push({
      network: 'unet',
      what: `${name}, batch ${batch}`,
      size,
      output: 'out',
      tensors: { x, timesteps, context, ...(vector && { vector }) },
      build: bringing((precision) => unetNetwork(unet, catalog, precision), {
        x: x.data,
        batch,
        height: h,
        width: w,
        timesteps: timesteps.data,
        context: context.data,
        tokens,
        ...(vector && { vector: vector.data }),
      }),
    });

    const latent = normal(4, 1, vae.latentChannels, h, w);
    const unscaled = latent.data.map((value) => value / vae.scaleFactor);
    cases.push({
      network: 'vae-decoder',
      what: name,
      size,
      output: 'image',
      tensors: { latent: { data: unscaled, shape: latent.shape } },
      build: bringing((precision) => vaeDecoderNetwork(vae, catalog, precision), {
        latent: latent.data,
        batch: 1,
        height: h,
        width: w,
      }),
    });

    const image = normal(5, 1, vae.inChannels, height, width);
    image.data.forEach((value, i) => (image.data[i] = Math.tanh(value / 2)));
    cases.push({
      network: 'vae-encoder',
      what: name,
      size,
      output: 'mean',
      tensors: { image },
      build: bringing((precision) => vaeEncoderNetwork(vae, catalog, precision), {
        image: image.data,
        batch: 1,
        height,
        width,
      }),
    });
  }
  return cases;

  function textCase(network: NetworkName, encoder: TextEncoderConfig): Case {
    const { positions, vocabulary } = encoder;
    const tokens = normal(1, 1, positions);
    tokens.data.forEach((value, i) => (tokens.data[i] = Math.floor(Math.abs(value) * 1e4) % vocabulary));
    return {
      network,
      what: 'one chunk',
      size: null,
      // The hidden state that SD 1 and SD 2 use: CLIP's last, OpenCLIP's penultimate. SDXL's goes the same way but for the norm.
      output: encoder.type === 'open-clip' ? 'skip.2' : 'skip.1',
      tensors: { tokens },
      build: bringing((precision) => textEncoderNetwork(encoder, catalog, precision), {
        tokens: Int32Array.from(tokens.data),
        chunks: 1,
      }),
    };
  }
}
