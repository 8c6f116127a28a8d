// The denoising UNet of latent diffusion (Rombach et al. 2022, figure 3; ldm's openaimodel.UNetModel), as a graph.
// Names are those of the ldm layout under "model.diffusion_model.".
import { Graph } from '../graph/graph.ts';
import type { Precision, WeightCatalog } from '../graph/types.ts';
import { withReferences } from './control/reference-batch.ts';
import type { ReferenceInputs } from './control/references.ts';
import { ControlPorts, type ControlPlanes, type ControlUse } from './control/ports.ts';
import { float32Tensor, type Network } from './network.ts';
import type { UNetConfig } from './types.ts';
import { Blocks, sizeAtLevel, type BlockInputs, type BlockOptions } from './unet-blocks.ts';

export { timestepEmbedding } from './timestep.ts';

export interface UNetInputs extends BlockInputs {
  /** [batch, inChannels, height, width], already scaled by the sampler's c_in. */
  readonly x: Float32Array;
  /** Above 0: part of the tokens that are merged (A1111's "Token merging ratio"). */
  readonly tokenMerging?: number;
  /** What control networks add, for networks that are built with it; nothing where it is left out. */
  readonly control?: ControlPlanes;
  /** Pictures that are looked at, for networks that are built for them. */
  readonly references?: ReferenceInputs;
}

const tokensAt =
  (size: Pick<BlockInputs, 'height' | 'width'>) =>
  (level: number): number => {
    const { height, width } = sizeAtLevel({ height: size.height, width: size.width }, level);
    return height * width;
  };

export interface UNetOptions extends BlockOptions {
  /** Where control networks add to what blocks give. */
  readonly control?: ControlUse;
}

/** Whether token merging changes anything: A1111 merges the finest level's tokens only, which SDXL pays no attention to. */
export function mergesTokens({ transformerDepth: [finest = 0] }: UNetConfig, ratio: number): boolean {
  return ratio > 0 && finest > 0;
}

/**
 * Output "out" [batch, outChannels, height, width]: what the model predicts.
 * Throws when the checkpoint's tensors are not those of `config`.
 */
export function unetNetwork(
  config: UNetConfig,
  weights: WeightCatalog,
  precision: Precision,
  options: UNetOptions = {},
): Network<UNetInputs> {
  const graph = new Graph(precision);
  const blocks = new Blocks(graph, weights, config, 'model.diffusion_model.', options);
  const { levels } = blocks;
  const last = levels.length - 1;
  const channelsAt = (level: number) => config.modelChannels * config.channelMult[level]!;
  const control = new ControlPorts(graph, config, options.control);

  const sample = graph.input('x', 'float32', levels[0]!.planesDims(config.inChannels));
  blocks.embedTime();
  const { skips, bottom } = blocks.descend(sample, (block, out) => control.withFeature(block, out));
  let { channels } = bottom;
  let h = control.withControl('middle', bottom);

  // The way up: each block takes one kept tensor from the way down.
  let block = 0;
  for (let index = last; index >= 0; index--) {
    const level = levels[index]!;
    for (let i = 0; i <= config.resBlocks[index]!; i++) {
      const name = `output_blocks.${block++}`;
      const number = skips.length - block;
      const skip = skips[number]!;
      const joined = graph.concat([h, control.withControl(number, skip)], 1);
      h = blocks.resBlock(joined, `${name}.0`, channels + skip.channels, channelsAt(index), level);
      channels = channelsAt(index);
      const depth = config.transformerDepth[index]!;
      if (depth > 0) h = blocks.spatialTransformer(h, `${name}.1`, channels, depth, level);
      const rises = index > 0 && i === config.resBlocks[index];
      const above = rises ? levels[index - 1]! : level;
      if (rises) h = blocks.upsample(h, `${name}.${depth > 0 ? 2 : 1}.conv`, channels, above);
      h = blocks.references?.normalized(h, name, channels, above) ?? h;
      blocks.tap(name, () => h, above.planesDims(channels));
    }
  }

  h = graph.silu(blocks.groupNorm(h, 'out.0', channels, levels[0]!, 1e-5));
  h = blocks.conv3x3(h, 'out.2', channels, config.outChannels);
  graph.output('out', blocks.references?.own(h) ?? h, levels[0]!.planesDims(config.outChannels));
  for (const { name, value, dims } of blocks.changes.attention.notes)
    graph.output(name, blocks.references?.own(value) ?? value, dims);
  blocks.finishTaps();

  return {
    graph,
    outputs: graph.outputs.map((port) => port.name),
    feeds(inputs) {
      const none = { pictures: [], negative: new Array<boolean>(inputs.batch).fill(false) };
      const { references = none } = inputs;
      const all = blocks.references ? withReferences(inputs, references.pictures) : inputs;
      const { batch, height, width } = all;
      return {
        x: float32Tensor('x', all.x, [batch, config.inChannels, height, width]),
        ...blocks.feeds(all, all.tokenMerging ?? 0),
        ...control.feeds(all, all.control),
        ...blocks.references?.feeds(inputs.batch, tokensAt(inputs), references),
      };
    },
  };
}
