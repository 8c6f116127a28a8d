// The networks of a checkpoint with seeded inputs as generation gives them: what is measured and compared at full size.
import type { Precision } from '../src/graph/types.ts';
import type { Network } from '../src/models/network.ts';
import { textEncoderNetwork } from '../src/models/text-encoder.ts';
import { unetNetwork } from '../src/models/unet.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../src/models/vae.ts';
import { TorchGenerator } from '../src/sampling/random/torch-generator.ts';
import type { CheckpointWeights } from './checkpoint-weights.ts';

export const NETWORKS = ['text', 'unet', 'vae-decoder', 'vae-encoder'] as const;
export type NetworkName = (typeof NETWORKS)[number];

export interface Case {
  readonly network: NetworkName;
  /** Which inputs, in words. */
  readonly what: string;
  /** In pixels; null where it has none. */
  readonly size: readonly [width: number, height: number] | null;
  readonly output: string;
  /** The network, which brings its inputs along. */
  build(precision: Precision): Network<void>;
}

/** `sizes`: [width, height] in pixels. `batch`: of the UNet; the VAE takes one picture at a time, as in the app. */
export function casesOf(
  weights: CheckpointWeights,
  sizes: readonly (readonly [number, number])[],
  batch: number,
): Case[] {
  const { networks, label } = weights.detection;
  const encoder = networks?.textEncoders[0];
  if (!networks?.vae || !encoder) throw new Error(`${label} is not a whole checkpoint.`);
  const { unet, vae } = networks;
  const { catalog } = weights;

  const bringing =
    <I>(build: (precision: Precision) => Network<I>, inputs: () => I) =>
    (precision: Precision): Network<void> => {
      const network = build(precision);
      return { ...network, feeds: () => network.feeds(inputs()) };
    };

  const tokens = () => {
    const values = new TorchGenerator(1).randn(encoder.positions);
    return Int32Array.from(values, (value) => Math.floor(Math.abs(value) * 1e4) % encoder.vocabulary);
  };
  // The hidden state that generation uses: the last, and the penultimate where the family does.
  const skip = encoder.type === 'open-clip' ? 'skip.2' : 'skip.1';
  const cases: Case[] = [
    {
      network: 'text',
      what: 'one chunk',
      size: null,
      output: skip,
      build: bringing(
        (p) => textEncoderNetwork(encoder, catalog, p),
        () => ({ tokens: tokens(), chunks: 1 }),
      ),
    },
  ];
  for (const size of sizes) {
    const [width, height] = size;
    const [h, w] = [height / 8, width / 8];
    const name = `${width}x${height}`;
    const normal = (seed: number, count: number) => new TorchGenerator(seed).randn(count);
    cases.push(
      {
        network: 'unet',
        what: `${name}, batch ${batch}`,
        size,
        output: 'out',
        build: bringing(
          (p) => unetNetwork(unet, catalog, p),
          () => ({
            x: normal(2, batch * unet.inChannels * h * w),
            batch,
            height: h,
            width: w,
            timesteps: new Array<number>(batch).fill(500),
            context: normal(3, batch * encoder.positions * unet.contextDim),
            tokens: encoder.positions,
          }),
        ),
      },
      {
        network: 'vae-decoder',
        what: name,
        size,
        output: 'image',
        build: bringing(
          (p) => vaeDecoderNetwork(vae, catalog, p),
          () => ({ latent: normal(4, vae.latentChannels * h * w), batch: 1, height: h, width: w }),
        ),
      },
      {
        network: 'vae-encoder',
        what: name,
        size,
        output: 'mean',
        build: bringing(
          (p) => vaeEncoderNetwork(vae, catalog, p),
          () => {
            const image = normal(5, vae.inChannels * height * width).map((value) => Math.tanh(value / 2));
            return { image, batch: 1, height, width };
          },
        ),
      },
    );
  }
  return cases;
}
