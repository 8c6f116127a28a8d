// The networks of a tiny checkpoint on onnxruntime's CPU, in the form that generation calls them. Tests only.
import type { Networks } from '../src/runtime/networks.ts';
import { textEncoderNetwork } from '../src/models/text-encoder.ts';
import type { Prediction } from '../src/sampling/types.ts';
import { unetNetwork } from '../src/models/unet.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../src/models/vae.ts';
import { openNodeSession } from './ort-node.ts';
import type { TinyModel } from './tiny-model.ts';

/** For models with one text encoder. */
export async function nodeNetworks(model: TinyModel, prediction: Prediction): Promise<Networks> {
  const { catalog, readWeight, unet, vae } = model;
  const textEncoder = model.textEncoders[0]!;
  const [text, denoiser, decoder, encoder] = await Promise.all([
    openNodeSession(textEncoderNetwork(textEncoder, catalog, 'float32'), readWeight),
    openNodeSession(unetNetwork(unet, catalog, 'float32'), readWeight),
    openNodeSession(vaeDecoderNetwork(vae, catalog, 'float32'), readWeight),
    openNodeSession(vaeEncoderNetwork(vae, catalog, 'float32'), readWeight),
  ]);
  return {
    family: model.family,
    prediction,
    buffers: {},
    latentChannels: vae.latentChannels,
    unetChannels: unet.inChannels,
    contextDim: unet.contextDim,
    textEncoder,
    encodeText: async (tokens, chunks, clipSkip) => {
      const output = `skip.${clipSkip}`;
      return (await text.run({ tokens, chunks }, [output]))[output]!.data;
    },
    unet: async (inputs) => (await denoiser.run(inputs))['out']!.data,
    decode: async (latent, height, width) =>
      (await decoder.run({ latent, batch: 1, height, width }))['image']!.data,
    encode: async (image, height, width) =>
      (await encoder.run({ image, batch: 1, height, width }, ['mean']))['mean']!.data.map(
        (value) => value * vae.scaleFactor,
      ),
  };
}
