// What takes the place of single networks in golden runs: tiny autoencoders, and a UNet in float64. Tests only.
import type { ImageSettings } from '../src/generation/request/image-settings.ts';
import type { Network } from '../src/models/network.ts';
import { tinyDecoderNetwork, tinyEncoderNetwork } from '../src/models/taesd.ts';
import type { TinyVaeSizes } from '../src/models/types.ts';
import { unetNetwork } from '../src/models/unet.ts';
import type { Networks } from '../src/runtime/networks.ts';
import { canDerive, loadDerivedModel } from './derived-models.ts';
import { runExactly } from './exact-graph.ts';
import { openNodeSession } from './ort-node.ts';
import { loadTinyModel } from './tiny-model.ts';
import { loadTinyVae, tinyVaeFolders, type TinyVae } from './tiny-vae.ts';

/**
 * What "VAE type for encode" and "VAE type for decode" put in the VAE's place. The files for SDXL are those for SD with the sign of
 * their first weight turned.
 */
export async function tinyVaeOf(
  { family }: Pick<Networks, 'family'>,
  { vaeEncodeMethod, vaeDecodeMethod }: ImageSettings,
): Promise<Partial<Pick<Networks, 'encode' | 'decode'>>> {
  const turned = family.unet.vector !== null;
  const open = async <I>(
    half: 'encoder' | 'decoder',
    make: (sizes: TinyVaeSizes, weights: TinyVae['catalog'], precision: 'float32') => Network<I>,
  ) => {
    const { detection, catalog, readWeight } = await loadTinyVae(tinyVaeFolders[0]!, half, turned);
    const session = await openNodeSession(make(detection.tinyVae!, catalog, 'float32'), readWeight);
    return async (inputs: I) => Object.values(await session.run(inputs))[0]!.data;
  };
  const encoder = vaeEncodeMethod === 'TAESD' && (await open('encoder', tinyEncoderNetwork));
  const decoder = vaeDecodeMethod === 'TAESD' && (await open('decoder', tinyDecoderNetwork));
  return {
    ...(encoder && { encode: (image, height, width) => encoder({ image, batch: 1, height, width }) }),
    ...(decoder && { decode: (latent, height, width) => decoder({ latent, batch: 1, height, width }) }),
  };
}

/** A tiny model's, or that of one that is derived from it. */
export async function exactUNet(name: string): Promise<Networks['unet']> {
  const model = canDerive(name) ? await loadDerivedModel(name) : await loadTinyModel(name);
  const network = unetNetwork(model.unet, model.catalog, 'float32');
  return (inputs) => runExactly(network, model.readWeight, inputs);
}
