// The denoising UNet of latent diffusion (Rombach et al. 2022, figure 3; ldm's openaimodel.UNetModel), as a graph.
// Names are those of the ldm layout under "model.diffusion_model.".
import { Graph } from '../graph/graph.ts';
import type { Precision, WeightCatalog } from '../graph/types.ts';
import {
  ascentOf,
  branchBlock,
  DEEP,
  deepFeeds,
  takenFeatures,
  type DeepCache,
} from './changes/deep-cache.ts';
import { withReferences } from './control/reference-batch.ts';
import type { ReferenceInputs } from './control/references.ts';
import { ControlPorts, type ControlPlanes, type ControlUse } from './control/ports.ts';
import { float32Tensor, type Network } from './network.ts';
import type { UNetConfig } from './types.ts';
import type { Level, Sizes } from './level.ts';
import type { Planes } from './levels.ts';
import { Blocks, type BlockInputs, type BlockOptions } from './unet-blocks.ts';

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
  /** What another run kept, for networks that take it. */
  readonly deep?: Float32Array;
}

const tokensOf =
  (sizes: ReadonlyMap<Level, Sizes>) =>
  (level: Level): number => {
    const { height, width } = sizes.get(level)!;
    return height * width;
  };

export interface UNetOptions extends BlockOptions {
  /** Where control networks add to what blocks give. */
  readonly control?: ControlUse;
  /** Whether the deep blocks are left out: it takes what a network with a `deep-cache` among its changes kept. */
  readonly takesDeep?: boolean;
}

/** Whether token merging changes anything: A1111 merges the finest level's tokens only, which SDXL pays no attention to. */
export function mergesTokens({ transformerDepth: [finest = 0] }: UNetConfig, ratio: number): boolean {
  return ratio > 0 && finest > 0;
}

function deepCacheOf({ changes = [] }: UNetOptions): DeepCache | undefined {
  const deep = changes.find((change) => change.kind === 'deep-cache');
  if (deep && changes.some(({ kind }) => kind === 'deep-shrink'))
    throw new RangeError('DeepCache and Kohya Hires.fix do not go together: switch one of them off.');
  return deep;
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
  const deep = deepCacheOf(options);
  const takes = deep !== undefined && options.takesDeep === true;
  const { changes } = blocks;
  const { finest } = blocks.levels;
  const channelsAt = (level: number) => config.modelChannels * config.channelMult[level]!;
  const control = new ControlPorts(graph, config, options.control);

  const sample = graph.input('x', 'float32', finest.planesDims(config.inChannels));
  blocks.embedTime();
  const ascent = ascentOf(config);
  const branch = deep && branchBlock(config, deep.branch);
  const first = takes ? branch! : 0;
  const skips = blocks.descend(
    sample,
    (block, out) => control.withFeature(block, out),
    ascent.length - first,
  );
  let h: Planes;
  if (takes) {
    h = takenFeatures(graph, config, blocks.levels, deep.branch);
  } else {
    const bottom = blocks.middle(skips.at(-1)!);
    const out = { ...bottom, value: control.withFeature('middle', bottom) };
    h = { ...out, value: control.withControl('middle', out) };
  }

  // The way up: each block takes one kept tensor from the way down.
  for (const [block, { index, rises }] of ascent.entries()) {
    if (block < first) continue;
    if (deep && !takes && block === branch) graph.output(DEEP, h.value, h.level.planesDims(h.channels));
    const number = ascent.length - 1 - block;
    const skip = { ...skips[number]!, value: control.withControl(number, skips[number]!) };
    const name = `output_blocks.${block}`;
    const joined = changes.joined(block, h, skip);
    const [channels, depth] = [channelsAt(index), config.transformerDepth[index]!];
    let value = blocks.resBlock(joined.value, `${name}.0`, joined.channels, channels, joined.level);
    if (depth > 0) value = blocks.spatialTransformer(value, `${name}.1`, channels, depth, joined.level);
    const level = rises ? changes.above(joined.level) : joined.level;
    if (rises) value = blocks.upsample(value, `${name}.${depth > 0 ? 2 : 1}.conv`, channels, level);
    value = blocks.references?.normalized(value, name, channels, level) ?? value;
    h = { value, channels, level };
    blocks.tap(name, () => value, level.planesDims(channels));
  }

  const last = changes.arriving(h);
  const normed = graph.silu(blocks.groupNorm(last, 'out.0', h.channels, finest, 1e-5));
  const out = blocks.conv3x3(normed, 'out.2', h.channels, config.outChannels);
  graph.output('out', blocks.references?.own(out) ?? out, finest.planesDims(config.outChannels));
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
        ...blocks.references?.feeds(inputs.batch, tokensOf(changes.sizes(all, all.marks)), references),
        ...(takes && deepFeeds(config, deep.branch, inputs, inputs.deep ?? new Float32Array(0))),
      };
    },
  };
}
