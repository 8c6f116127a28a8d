// The networks of a loaded model, as recipes see them: plain functions over float32 arrays, whatever runs them.
import type { Family } from '../families/family.ts';
import type { FileBuffers } from '../models/buffers.ts';
import type { TextInputs } from '../models/text-encoder.ts';
import type { TextEncoderConfig, UNetConfig } from '../models/types.ts';
import type { ControlledInputs } from '../models/control/units.ts';
import type { Prediction } from '../sampling/types.ts';

export interface Networks {
  readonly family: Family;
  readonly prediction: Prediction;
  /** What the model's file has of its own. */
  readonly buffers: FileBuffers;
  readonly unetConfig: UNetConfig;
  /** Channels of the latent that is sampled (4). */
  readonly latentChannels: number;
  /** Channels the UNet reads: more where it is given a picture besides (families/conditioning.ts). */
  readonly unetChannels: number;
  /** What the means that the VAE gives are multiplied by. */
  readonly scaleFactor: number;
  readonly contextDim: number;
  /** Width of the vector that the UNet reads; null without one. */
  readonly vectorDim: number | null;
  readonly textEncoders: readonly TextEncoderConfig[];
  /** By encoder number `encoder`. */
  encodeText(encoder: number, text: TextInputs, state: TextState): Promise<EncodedText>;
  /** The UNet's raw output [batch, latentChannels, height, width], in latent units. */
  unet(inputs: ControlledInputs): Promise<Float32Array>;
  /** One scaled latent [latentChannels, height, width] -> image [3, 8 height, 8 width], about -1..1. */
  decode(latent: Float32Array, height: number, width: number): Promise<Float32Array>;
  /** One image [3, height, width], -1..1 -> mean of its latent, scaled: [latentChannels, height / 8, width / 8], rounded down. */
  encode(image: Float32Array, height: number, width: number): Promise<Float32Array>;
}

/** Which hidden state of a text encoder. */
export interface TextState {
  /** From the end: 1 = after the last layer. */
  readonly layer: number;
  /** Whether it goes through the final layer norm. */
  readonly finalNorm: boolean;
}

export interface EncodedText {
  /** [chunks, 77, width]. */
  readonly states: Float32Array;
  /** [chunks, projection], of encoders whose pooled text is used; null for the others. */
  readonly pooled: Float32Array | null;
}

/** What sampling needs of the networks. */
export interface SampledNetworks extends Omit<Networks, 'textEncoders' | 'encodeText' | 'decode'> {
  /** Hears before each of several calls of the UNet for one evaluation, from 0. Where it rejects, the run ends with that. */
  readonly onPart?: (index: number, count: number) => Promise<void>;
}
