// The networks of a checkpoint in PyTorch (tools/pytorch), to compare with: another implementation, none of it ours but the
// description of the layers.
import { join } from 'node:path';
import type { Networks, UNetConfig } from '../src/models/types.ts';
import { ROOT, capture } from './process.js';

/** Sizes as tools/demo-model/networks.py takes them. */
export function pytorchSizes({ textEncoders: [encoder], unet, vae }: Networks) {
  if (!vae || !encoder) throw new Error('The file is no whole checkpoint.');
  const { width, heads, vocabulary, positions, activation } = encoder;
  // SD 2 is told what its last layer but one says.
  const layers = encoder.type === 'open-clip' ? encoder.layers - 1 : encoder.layers;
  return {
    text: { width, layers, heads, vocabulary, positions, activation },
    unet: unetSizes(unet),
    vae: {
      channels: vae.channels,
      mult: vae.channelMult,
      res_blocks: vae.resBlocks,
      latent: vae.latentChannels,
    },
  };
}

function unetSizes({
  modelChannels,
  channelMult,
  resBlocks,
  transformerDepth,
  contextDim,
  heads,
}: UNetConfig) {
  return {
    channels: modelChannels,
    mult: channelMult,
    res_blocks: resBlocks[0],
    attention_levels: transformerDepth.flatMap((depth, level) => (depth > 0 ? [level] : [])),
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
