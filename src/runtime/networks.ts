// The networks of a loaded model, as recipes see them: plain functions over float32 arrays, whatever runs them.
import type { FileBuffers } from '../models/buffers.ts';
import type { Family } from '../families/family.ts';
import type { UNetInputs } from '../models/unet.ts';
import type { Prediction } from '../sampling/types.ts';
import type { TextEncoderConfig } from '../models/types.ts';

export interface Networks {
  readonly family: Family;
  readonly prediction: Prediction;
  /** What the model's file has of its own. */
  readonly buffers: FileBuffers;
  /** Channels of the latent that is sampled (4). */
  readonly latentChannels: number;
  /** Channels the UNet reads: 9 for inpainting models, whose last 5 are mask and masked image. */
  readonly unetChannels: number;
  readonly contextDim: number;
  readonly textEncoder: TextEncoderConfig;
  /**
   * `tokens`: [chunks, 77] ids, start and end included. Gives [chunks, 77, contextDim]: the hidden state `clipSkip`
   * layers from the end (1 = last) after the final layer norm.
   */
  encodeText(tokens: Int32Array, chunks: number, clipSkip: number): Promise<Float32Array>;
  /** The UNet's raw output [batch, latentChannels, height, width], in latent units. */
  unet(inputs: UNetInputs): Promise<Float32Array>;
  /** One scaled latent [latentChannels, height, width] -> image [3, 8 height, 8 width], about -1..1. */
  decode(latent: Float32Array, height: number, width: number): Promise<Float32Array>;
  /** One image [3, height, width], -1..1 -> mean of its latent, scaled: [latentChannels, height / 8, width / 8]. */
  encode(image: Float32Array, height: number, width: number): Promise<Float32Array>;
}

/** What sampling needs of the networks. */
export type SampledNetworks = Pick<
  Networks,
  'prediction' | 'buffers' | 'latentChannels' | 'unetChannels' | 'unet' | 'encode'
>;
