// The autoencoder in the ldm layout: its sizes read off its tensors, and the tensors that these sizes call for.
//
// Source of names and shapes: CompVis/stable-diffusion ldm/modules/diffusionmodules/model.py (Encoder, Decoder) and
// ldm/models/autoencoder.py (AutoencoderKL).
import type { VaeSizes } from '../types.ts';
import {
  countNumbered,
  hasUnder,
  LayoutError,
  sizesOf,
  type MappedTensors,
  type TensorSpec,
} from './mapped.ts';

/** Sizes of the autoencoder whose tensors (without prefix) these are. Throws LayoutError where they make no sense. */
export function vaeSizes(tensors: MappedTensors): VaeSizes {
  const hasEncoder = hasUnder(tensors, 'encoder.');
  const hasDecoder = hasUnder(tensors, 'decoder.');
  if (!hasEncoder && !hasDecoder) throw new LayoutError('the VAE has neither an encoder nor a decoder');

  // Both halves have the same levels; the decoder has one block more at each.
  const half = hasDecoder ? 'decoder.up' : 'encoder.down';
  const levels = countNumbered(tensors, `${half}.`);
  if (levels === 0) throw new LayoutError(`the VAE has no ${half}.0.block.0`);
  const blocks = countNumbered(tensors, `${half}.0.block.`);
  const channels = hasDecoder
    ? sizesOf(tensors, 'decoder.conv_out.weight', 4)[1]!
    : sizesOf(tensors, 'encoder.conv_in.weight', 4)[0]!;
  const channelMult = Array.from({ length: levels }, (_, level) => {
    const width = sizesOf(tensors, `${half}.${level}.block.0.conv1.weight`, 4)[0]!;
    if (width % channels !== 0)
      throw new LayoutError(`a level of the VAE has ${width} channels, the finest ${channels}`);
    return width / channels;
  });

  const zChannels = hasDecoder
    ? sizesOf(tensors, 'decoder.conv_in.weight', 4)[1]!
    : sizesOf(tensors, 'encoder.conv_out.weight', 4)[0]! / 2;
  const latentChannels = hasDecoder
    ? sizesOf(tensors, 'post_quant_conv.weight', 4)[1]!
    : sizesOf(tensors, 'quant_conv.weight', 4)[0]! / 2;
  if (!Number.isInteger(zChannels) || !Number.isInteger(latentChannels)) {
    throw new LayoutError('the encoder of the VAE does not give a mean and a variance');
  }
  return {
    inChannels: hasEncoder ? sizesOf(tensors, 'encoder.conv_in.weight', 4)[1]! : 3,
    outChannels: hasDecoder ? sizesOf(tensors, 'decoder.conv_out.weight', 4)[0]! : 3,
    channels,
    channelMult,
    resBlocks: hasDecoder ? blocks - 1 : blocks,
    zChannels,
    latentChannels,
    hasEncoder,
    hasDecoder,
  };
}

/** Which network a tensor of the autoencoder (name without prefix) belongs to. */
export function vaeHalf(name: string): 'vae-encoder' | 'vae-decoder' {
  return name.startsWith('encoder.') || name.startsWith('quant_conv.') ? 'vae-encoder' : 'vae-decoder';
}

/** Names and shapes, without prefix, of every parameter of AutoencoderKL with these sizes. */
export function vaeTensors(config: VaeSizes): TensorSpec {
  const spec: TensorSpec = new Map();
  const affine = (name: string, shape: readonly number[]): void => {
    spec.set(`${name}.weight`, shape);
    spec.set(`${name}.bias`, [shape[0]!]);
  };
  const resBlock = (name: string, from: number, to: number): void => {
    affine(`${name}.norm1`, [from]);
    affine(`${name}.conv1`, [to, from, 3, 3]);
    affine(`${name}.norm2`, [to]);
    affine(`${name}.conv2`, [to, to, 3, 3]);
    if (from !== to) affine(`${name}.nin_shortcut`, [to, from, 1, 1]);
  };
  const middle = (name: string, channels: number): void => {
    resBlock(`${name}.block_1`, channels, channels);
    affine(`${name}.attn_1.norm`, [channels]);
    for (const part of ['q', 'k', 'v', 'proj_out']) {
      affine(`${name}.attn_1.${part}`, [channels, channels, 1, 1]);
    }
    resBlock(`${name}.block_2`, channels, channels);
  };

  const { channels, channelMult, zChannels, latentChannels } = config;
  const last = channelMult.length - 1;
  const deepest = channels * channelMult[last]!;
  if (config.hasEncoder) {
    affine('encoder.conv_in', [channels, config.inChannels, 3, 3]);
    let width = channels;
    channelMult.forEach((mult, level) => {
      for (let i = 0; i < config.resBlocks; i++) {
        resBlock(`encoder.down.${level}.block.${i}`, width, channels * mult);
        width = channels * mult;
      }
      if (level < last) affine(`encoder.down.${level}.downsample.conv`, [width, width, 3, 3]);
    });
    middle('encoder.mid', deepest);
    affine('encoder.norm_out', [deepest]);
    affine('encoder.conv_out', [2 * zChannels, deepest, 3, 3]);
    affine('quant_conv', [2 * latentChannels, 2 * zChannels, 1, 1]);
  }
  if (config.hasDecoder) {
    affine('post_quant_conv', [zChannels, latentChannels, 1, 1]);
    affine('decoder.conv_in', [deepest, zChannels, 3, 3]);
    middle('decoder.mid', deepest);
    let width = deepest;
    for (let level = last; level >= 0; level--) {
      const to = channels * channelMult[level]!;
      for (let i = 0; i <= config.resBlocks; i++) {
        resBlock(`decoder.up.${level}.block.${i}`, width, to);
        width = to;
      }
      if (level > 0) affine(`decoder.up.${level}.upsample.conv`, [width, width, 3, 3]);
    }
    affine('decoder.norm_out', [channels]);
    affine('decoder.conv_out', [config.outChannels, channels, 3, 3]);
  }
  return spec;
}
