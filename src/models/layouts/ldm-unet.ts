// The UNet in the ldm layout: its sizes read off its tensors, and the tensors that these sizes call for.
//
// Source of names and shapes: CompVis/stable-diffusion ldm/modules/diffusionmodules/openaimodel.py (UNetModel) and
// ldm/modules/attention.py (SpatialTransformer); Stability-AI/generative-models for label_emb and depths per level.
import type { HeadRule } from '../../families/family.ts';
import type { UNetConfig } from '../types.ts';
import {
  countNumbered,
  hasUnder,
  LayoutError,
  sizesOf,
  type MappedTensors,
  type TensorSpec,
} from './mapped.ts';

/** Channels per group norm have to divide evenly: GroupNorm32 has 32 groups. */
const GROUPS = 32;

/** Everything of UNetConfig that shapes tell. */
export type UNetSizes = Omit<UNetConfig, 'heads'>;

/** ... of the half that leads down. */
export type DescentSizes = Omit<UNetSizes, 'outChannels'>;

/** Sizes of the UNet whose tensors (without prefix) these are. Throws LayoutError where they make no sense. */
export function unetSizes(tensors: MappedTensors): UNetSizes {
  const [outChannels] = sizesOf(tensors, 'out.2.weight', 4) as [number];
  const sizes = descentSizes(tensors);
  if (sizes.contextDim === 0) throw new LayoutError('the UNet has no cross-attention');
  return { ...sizes, outChannels };
}

/** Likewise of the half that leads down. Without attention anywhere its `contextDim` is 0. */
export function descentSizes(tensors: MappedTensors): DescentSizes {
  const [modelChannels, inChannels] = sizesOf(tensors, 'input_blocks.0.0.weight', 4) as [number, number];
  const levels = walkDown(tensors);
  for (const { channels } of levels) {
    if (channels % modelChannels !== 0 || channels % GROUPS !== 0) {
      throw new LayoutError(
        `a level of the UNet has ${channels} channels at ${modelChannels} model channels`,
      );
    }
  }
  const contextDim = attentionInput(tensors);
  return {
    inChannels,
    modelChannels,
    channelMult: levels.map((level) => level.channels / modelChannels),
    resBlocks: levels.map((level) => level.resBlocks),
    transformerDepth: levels.map((level) => level.depth),
    middleTransformerDepth: countNumbered(tensors, 'middle_block.1.transformer_blocks.'),
    contextDim,
    linearProjections: contextDim > 0 && projectionRank(tensors) === 2,
    vectorDim: tensors.has('label_emb.0.0.weight') ? sizesOf(tensors, 'label_emb.0.0.weight', 2)[1]! : null,
  };
}

interface Level {
  channels: number;
  resBlocks: number;
  depth: number;
}

/** Follows input_blocks.1, .2, ...: residual blocks belong to a level, a down-sampling convolution ends it. */
function walkDown(tensors: MappedTensors): Level[] {
  const levels: Level[] = [];
  let level: Level | null = null;
  const blocks = countNumbered(tensors, 'input_blocks.');
  for (let i = 1; i < blocks; i++) {
    if (hasUnder(tensors, `input_blocks.${i}.0.op.`)) {
      if (!level) throw new LayoutError(`input_blocks.${i} halves the size before any residual block`);
      level = null;
      continue;
    }
    const [channels] = sizesOf(tensors, `input_blocks.${i}.0.in_layers.2.weight`, 4) as [number];
    const depth = countNumbered(tensors, `input_blocks.${i}.1.transformer_blocks.`);
    if (!level) levels.push((level = { channels, resBlocks: 0, depth }));
    if (level.channels !== channels) {
      throw new LayoutError(`input_blocks.${i} has ${channels} channels, its level ${level.channels}`);
    }
    level.depth = Math.max(level.depth, depth);
    level.resBlocks++;
  }
  if (!level) throw new LayoutError('the way down of the UNet has no residual blocks at its end');
  return levels;
}

/** Width of the text that cross-attention reads; 0 without any. */
function attentionInput(tensors: MappedTensors): number {
  for (const [name] of tensors) {
    if (name.endsWith('.attn2.to_k.weight')) return sizesOf(tensors, name, 2)[1]!;
  }
  return 0;
}

/** Of every spatial transformer: 4 where its projections are convolutions (SD 1), 2 where they are linear (SD 2, SDXL). */
export function projectionRanks(tensors: MappedTensors): number[] {
  return [...tensors].flatMap(([name, { shape }]) =>
    /\.1\.proj_(in|out)\.weight$/.test(name) ? [shape.length] : [],
  );
}

function projectionRank(tensors: MappedTensors): number {
  const [rank] = projectionRanks(tensors);
  if (rank === undefined) throw new LayoutError('the UNet has no spatial transformer');
  return rank;
}

/** Channels of the levels with attention, the middle included: what the head rule has to divide. */
export function attentionChannels(config: DescentSizes): number[] {
  const channels = config.channelMult
    .filter((_, level) => config.transformerDepth[level]! > 0)
    .map((mult) => mult * config.modelChannels);
  if (config.middleTransformerDepth > 0) channels.push(config.channelMult.at(-1)! * config.modelChannels);
  return channels;
}

/** Whether every level's channels split into whole heads. */
export function headsFit(config: DescentSizes, heads: HeadRule): boolean {
  const divisor = 'count' in heads ? heads.count : heads.size;
  return attentionChannels(config).every((channels) => channels % divisor === 0);
}

/** Adds names and shapes of layers to a spec. */
function layerSpecs(spec: TensorSpec, config: DescentSizes) {
  const { modelChannels, contextDim } = config;
  const timeDim = 4 * modelChannels;
  const projection = (channels: number): number[] =>
    config.linearProjections ? [channels, channels] : [channels, channels, 1, 1];

  const affine = (name: string, shape: readonly number[]): void => {
    spec.set(`${name}.weight`, shape);
    spec.set(`${name}.bias`, [shape[0]!]);
  };
  const resBlock = (name: string, from: number, to: number): void => {
    affine(`${name}.in_layers.0`, [from]);
    affine(`${name}.in_layers.2`, [to, from, 3, 3]);
    affine(`${name}.emb_layers.1`, [to, timeDim]);
    affine(`${name}.out_layers.0`, [to]);
    affine(`${name}.out_layers.3`, [to, to, 3, 3]);
    if (from !== to) affine(`${name}.skip_connection`, [to, from, 1, 1]);
  };
  const transformer = (name: string, channels: number, depth: number): void => {
    affine(`${name}.norm`, [channels]);
    affine(`${name}.proj_in`, projection(channels));
    for (let i = 0; i < depth; i++) {
      const block = `${name}.transformer_blocks.${i}`;
      for (const [attention, width] of [
        ['attn1', channels],
        ['attn2', contextDim],
      ] as const) {
        spec.set(`${block}.${attention}.to_q.weight`, [channels, channels]);
        spec.set(`${block}.${attention}.to_k.weight`, [channels, width]);
        spec.set(`${block}.${attention}.to_v.weight`, [channels, width]);
        affine(`${block}.${attention}.to_out.0`, [channels, channels]);
      }
      affine(`${block}.ff.net.0.proj`, [8 * channels, channels]);
      affine(`${block}.ff.net.2`, [channels, 4 * channels]);
      for (const norm of ['norm1', 'norm2', 'norm3']) affine(`${block}.${norm}`, [channels]);
    }
    affine(`${name}.proj_out`, projection(channels));
  };

  return { affine, resBlock, transformer };
}

/**
 * Names and shapes, without prefix, of every parameter of the half of openaimodel.UNetModel that leads down, the bottom included.
 * `skips`: channels of what its blocks give.
 */
export function descentTensors(config: DescentSizes): {
  readonly spec: TensorSpec;
  readonly skips: number[];
} {
  const spec: TensorSpec = new Map();
  const { affine, resBlock, transformer } = layerSpecs(spec, config);
  const { modelChannels } = config;
  const timeDim = 4 * modelChannels;

  affine('time_embed.0', [timeDim, modelChannels]);
  affine('time_embed.2', [timeDim, timeDim]);
  if (config.vectorDim !== null) {
    affine('label_emb.0.0', [timeDim, config.vectorDim]);
    affine('label_emb.0.2', [timeDim, timeDim]);
  }

  affine('input_blocks.0.0', [modelChannels, config.inChannels, 3, 3]);
  const skips = [modelChannels];
  let channels = modelChannels;
  let block = 1;
  const last = config.channelMult.length - 1;
  config.channelMult.forEach((mult, level) => {
    for (let i = 0; i < config.resBlocks[level]!; i++, block++) {
      resBlock(`input_blocks.${block}.0`, channels, mult * modelChannels);
      channels = mult * modelChannels;
      const depth = config.transformerDepth[level]!;
      if (depth > 0) transformer(`input_blocks.${block}.1`, channels, depth);
      skips.push(channels);
    }
    if (level < last) {
      affine(`input_blocks.${block++}.0.op`, [channels, channels, 3, 3]);
      skips.push(channels);
    }
  });

  resBlock('middle_block.0', channels, channels);
  if (config.middleTransformerDepth > 0) {
    transformer('middle_block.1', channels, config.middleTransformerDepth);
    resBlock('middle_block.2', channels, channels);
  } else resBlock('middle_block.1', channels, channels);
  return { spec, skips };
}

/** Names and shapes, without prefix, of every parameter of openaimodel.UNetModel with these sizes. */
export function unetTensors(config: UNetSizes): TensorSpec {
  const { spec, skips } = descentTensors(config);
  const { affine, resBlock, transformer } = layerSpecs(spec, config);
  const { modelChannels } = config;
  const last = config.channelMult.length - 1;
  let channels = config.channelMult[last]! * modelChannels;
  let block = 0;
  for (let level = last; level >= 0; level--) {
    const to = config.channelMult[level]! * modelChannels;
    const depth = config.transformerDepth[level]!;
    for (let i = 0; i <= config.resBlocks[level]!; i++, block++) {
      resBlock(`output_blocks.${block}.0`, channels + skips.pop()!, to);
      channels = to;
      if (depth > 0) transformer(`output_blocks.${block}.1`, channels, depth);
      if (level > 0 && i === config.resBlocks[level]) {
        affine(`output_blocks.${block}.${depth > 0 ? 2 : 1}.conv`, [channels, channels, 3, 3]);
      }
    }
  }
  affine('out.0', [channels]);
  affine('out.2', [config.outChannels, modelChannels, 3, 3]);
  return spec;
}
