// DeepCache (Ma et al. 2024, "DeepCache: Accelerating Diffusion Models for Free", section 3.2): what comes up from the deep blocks changes
// little from step to step, so that a network which keeps it serves a smaller one that takes it in their place and has only the blocks
// above. The branch says which skip is the last that the smaller one computes: input block `branch`, and the output block it is joined in.
import type { Graph } from '../../graph/graph.ts';
import type { HostTensor } from '../../graph/types.ts';
import type { Sizes } from '../level.ts';
import { sizeAtLevel, type Levels, type Planes } from '../levels.ts';
import { float32Tensor } from '../network.ts';
import type { UNetConfig } from '../types.ts';

/** The whole network has a note besides, DEEP; the small one has an input of that name. */
export interface DeepCache {
  readonly kind: 'deep-cache';
  readonly branch: number;
}

export const DEEP = 'deep';

/** The output blocks, in order: their levels, and whether they lead to the next finer one. */
export function ascentOf(config: UNetConfig): readonly { readonly index: number; readonly rises: boolean }[] {
  return [...config.channelMult.keys()].reverse().flatMap((index) => {
    const blocks = config.resBlocks[index]! + 1;
    return Array.from({ length: blocks }, (_, i) => ({ index, rises: index > 0 && i === blocks - 1 }));
  });
}

/** The output block into which the deep features go. @throws RangeError where there is no such branch. */
export function branchBlock(config: UNetConfig, branch: number): number {
  const block = ascentOf(config).length - 1 - branch;
  if (Number.isInteger(branch) && branch >= 0 && block >= 0) return block;
  throw new RangeError(`The network has no branch ${branch}: they are 0 to ${block + branch}.`);
}

/** The deep features as an input. */
export function takenFeatures(graph: Graph, config: UNetConfig, levels: Levels, branch: number): Planes {
  const { channels, index } = placeOf(config, branch);
  const level = levels.own[index]!;
  const input = graph.input(DEEP, 'float32', level.planesDims(channels));
  return { value: graph.cast(input, graph.precision), channels, level };
}

export function deepFeeds(
  config: UNetConfig,
  branch: number,
  { batch, ...size }: Sizes,
  deep: Float32Array,
): Record<string, HostTensor> {
  const { channels, index } = placeOf(config, branch);
  const { height, width } = sizeAtLevel(size, index);
  return { [DEEP]: float32Tensor(DEEP, deep, [batch, channels, height, width]) };
}

function placeOf(config: UNetConfig, branch: number) {
  const block = branchBlock(config, branch);
  const ascent = ascentOf(config);
  const { index } = ascent[block]!;
  const before = ascent[block - 1]?.index ?? index;
  return { channels: config.modelChannels * config.channelMult[before]!, index };
}
