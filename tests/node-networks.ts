// The networks of a tiny checkpoint on onnxruntime's CPU, in the form that recipes call them. Tests only.
import { textInfoOf } from '../src/families/families.ts';
import { stateName, textEncoderNetwork } from '../src/models/text-encoder.ts';
import { mergesTokens, unetNetwork, type UNetInputs } from '../src/models/unet.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../src/models/vae.ts';
import type { Networks } from '../src/runtime/networks.ts';
import type { Prediction } from '../src/sampling/types.ts';
import { openNodeSession, type NodeSession } from './ort-node.ts';
import type { TinyModel } from './tiny-model.ts';

export interface NodeOptions {
  /** Opposite edges continue each other. */
  readonly circular?: boolean;
}

export async function nodeNetworks(
  model: TinyModel,
  prediction: Prediction,
  { circular = false }: NodeOptions = {},
): Promise<Networks> {
  const { family, catalog, readWeight, unet, vae, textEncoders } = model;
  const pooledOf = (encoder: number) => textInfoOf(family, textEncoders[encoder]!).pooled;
  const texts = await Promise.all(
    textEncoders.map((config, encoder) =>
      openNodeSession(
        textEncoderNetwork(config, catalog, 'float32', { pooled: pooledOf(encoder) }),
        readWeight,
      ),
    ),
  );
  const [denoiser, decoder, encoder] = await Promise.all([
    openNodeSession(unetNetwork(unet, catalog, 'float32', { circular }), readWeight),
    openNodeSession(vaeDecoderNetwork(vae, catalog, 'float32', { circular }), readWeight),
    openNodeSession(vaeEncoderNetwork(vae, catalog, 'float32', { circular }), readWeight),
  ]);
  let merging: Promise<NodeSession<UNetInputs>> | undefined;
  const mergingUNet = () =>
    (merging ??= openNodeSession(
      unetNetwork(unet, catalog, 'float32', { circular, tokenMerging: true }),
      readWeight,
    ));
  return {
    family,
    prediction,
    buffers: {},
    latentChannels: vae.latentChannels,
    unetChannels: unet.inChannels,
    scaleFactor: vae.scaleFactor,
    contextDim: unet.contextDim,
    vectorDim: unet.vectorDim,
    textEncoders,
    encodeText: async (encoder, text, { layer, finalNorm }) => {
      const state = stateName(textEncoders[encoder]!, layer, finalNorm);
      const pooled = pooledOf(encoder);
      const results = await texts[encoder]!.run(text, pooled ? [state, 'pooled'] : [state]);
      return { states: results[state]!.data, pooled: pooled ? results['pooled']!.data : null };
    },
    unet: async (inputs) => {
      const session = mergesTokens(unet, inputs.tokenMerging ?? 0) ? await mergingUNet() : denoiser;
      return (await session.run(inputs))['out']!.data;
    },
    decode: async (latent, height, width) =>
      (await decoder.run({ latent, batch: 1, height, width }))['image']!.data,
    encode: async (image, height, width) =>
      (await encoder.run({ image, batch: 1, height, width }, ['mean']))['mean']!.data.map(
        (value) => value * vae.scaleFactor,
      ),
  };
}
