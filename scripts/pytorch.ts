// The networks of a checkpoint in PyTorch (tools/pytorch), to compare with: another implementation, none of it ours but the
// description of the layers.
import { join } from 'node:path';
import type { Networks, UNetConfig } from '../src/models/types.ts';
import { TEXT_NETWORKS, type NetworkName } from './full-size-cases.ts';
import { ROOT, capture } from './process.js';

/**
 * Sizes as tools/demo-model/networks.py takes them, with a text encoder's prefix. Throws where the file has not what the
 * network needs.
 */
export function pytorchSizes({ textEncoders, unet, vae }: Networks, network: NetworkName): object {
  if (network === 'unet') return unetSizes(unet);
  const index = TEXT_NETWORKS.findIndex((name) => name === network);
  if (index >= 0) {
    const encoder = textEncoders[index];
    if (!encoder) throw new Error('The file has no such text encoder.');
    const { prefix, width, heads, vocabulary, positions, activation } = encoder;
    // SD 2 and SDXL are told what OpenCLIP's last layer but one says.
    const layers = encoder.type === 'open-clip' ? encoder.layers - 1 : encoder.layers;
    return { prefix, width, layers, heads, vocabulary, positions, activation };
  }
  if (!vae) throw new Error('The file has no VAE.');
  const { channels, channelMult, resBlocks, latentChannels } = vae;
  return { channels, mult: channelMult, res_blocks: resBlocks, latent: latentChannels };
}

function unetSizes({
  modelChannels,
  channelMult,
  resBlocks,
  transformerDepth,
  middleTransformerDepth,
  contextDim,
  heads,
  vectorDim,
}: UNetConfig) {
  return {
    channels: modelChannels,
    mult: channelMult,
    res_blocks: resBlocks[0],
    attention_levels: [],
    depth: transformerDepth,
    middle_depth: middleTransformerDepth,
    vector: vectorDim,
    context: contextDim,
    ...('count' in heads ? { heads: heads.count } : { heads: 0, head_channels: heads.size }),
  };
}

/**
 * Runs a script of tools/pytorch with one argument.
 * @returns what it printed, or why there is nothing
 */
export async function runPyTorch(
  python: string,
  script: string,
  options: object,
  timeout: number,
): Promise<{ readonly output: string } | { readonly reason: string }> {
  const path = join(ROOT, 'tools', 'pytorch', script);
  const { code, output } = await capture(python, [path, JSON.stringify(options)], { timeout });
  if (code === 0) return { output };
  const last = output.trim().split('\n').at(-1);
  return { reason: code === 127 ? `there is no ${python}` : last || `${python} ended with ${code}` };
}
