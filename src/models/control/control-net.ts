// ControlNet (Zhang et al. 2023; lllyasviel/ControlNet cldm/cldm.py ControlNet) as a graph: a copy of the UNet's way down, to whose first
// convolution a picture is added, and from each of whose blocks a convolution leads out. Union models (xinsir6/ControlNetPlus) are told
// besides what kind of picture it is. Names are those of the original layout, under "control_model.".
import { Graph, type Value } from '../../graph/graph.ts';
import type { HostTensor, Precision, WeightCatalog } from '../../graph/types.ts';
import { float32Tensor, type Network } from '../network.ts';
import { timestepEmbedding } from '../timestep.ts';
import { Blocks, type BlockInputs, type DescentConfig } from '../unet-blocks.ts';

export const CONTROL_PREFIX = 'control_model.';

/** Convolutions that read the picture, SiLU between them: how their strides go. Numbers are those of nn.Sequential. */
const HINT_STRIDES = [1, 1, 2, 1, 2, 1, 2, 1];
/** Pixels of a latent's cell. */
const CELL = 8;
/** Of a union model's embedding of one kind of picture. */
const TYPE_WIDTH = 256;

export interface ControlNetInputs extends BlockInputs {
  /** [batch, inChannels, height, width], as the UNet is given it. */
  readonly x: Float32Array;
  /** The picture [1 or batch, 3, 8 height, 8 width], 0..1. */
  readonly hint: Float32Array;
  /** Union models: number of the kind of picture, in the order of their list. */
  readonly controlType?: number;
}

export interface ControlNetOptions {
  readonly upcastAttention?: boolean;
  /** Union models: how many kinds of pictures they know. 0 for others. */
  readonly controlTypes?: number;
}

/** Outputs "control.0", "control.1" ... in the order of `controlPlaces`. Throws when the file's tensors are not those of `config`. */
export function controlNetwork(
  config: DescentConfig,
  weights: WeightCatalog,
  precision: Precision,
  { upcastAttention = false, controlTypes = 0 }: ControlNetOptions = {},
): Network<ControlNetInputs> {
  const graph = new Graph(precision);
  const blocks = new Blocks(graph, weights, config, CONTROL_PREFIX, { upcastAttention });
  const { finest } = blocks.levels;
  const sample = graph.input('x', 'float32', finest.planesDims(config.inChannels));
  const picture = graph.input('hint', 'float32', ['b', 3, 'H', 'W']);
  const read = readPicture(blocks, graph.cast(picture, precision));
  if (controlTypes > 0) blocks.embedTime(typeEmbedding(blocks, controlTypes));
  else blocks.embedTime();
  const hint = controlTypes > 0 ? told(blocks, read, controlTypes) : read;

  const skips = blocks.descend(sample, (block, { value }) => (block === 0 ? graph.add(value, hint) : value));
  for (const [index, { value, channels, level }] of skips.entries()) {
    const out = blocks.conv1x1(value, `zero_convs.${index}.0`, channels, channels);
    graph.output(`control.${index}`, out, level.planesDims(channels));
  }
  const bottom = blocks.middle(skips.at(-1)!);
  const out = blocks.conv1x1(bottom.value, 'middle_block_out.0', bottom.channels, bottom.channels);
  graph.output(`control.${skips.length}`, out, bottom.level.planesDims(bottom.channels));

  return {
    graph,
    outputs: graph.outputs.map(({ name }) => name),
    feeds(inputs) {
      const { batch, height, width, hint: pixels } = inputs;
      const [tall, wide] = [CELL * height, CELL * width];
      const pictures = pixels.length === 3 * tall * wide ? 1 : batch;
      return {
        x: float32Tensor('x', inputs.x, [batch, config.inChannels, height, width]),
        hint: float32Tensor('hint', pixels, [pictures, 3, tall, wide]),
        ...(controlTypes > 0 && typeFeeds(inputs.controlType ?? 0, controlTypes)),
        ...blocks.feeds(inputs, 0),
      };
    },
  };
}

/** What is added to the first convolution: [b, modelChannels, H / 8, W / 8]. */
function readPicture(blocks: Blocks, picture: Value): Value {
  let h = picture;
  let channels = 3;
  for (const [index, stride] of HINT_STRIDES.entries()) {
    const name = `input_hint_block.${2 * index}`;
    const last = index === HINT_STRIDES.length - 1;
    const outputs = last ? blocks.config.modelChannels : blocks.shapeOf(`${name}.weight`, 4)[0]!;
    h = blocks.conv3x3(h, name, channels, outputs, { stride });
    if (!last) h = blocks.graph.silu(h);
    channels = outputs;
  }
  return h;
}

/** Union models: which kind of picture it is, as the time embedding is told. */
function typeEmbedding(blocks: Blocks, controlTypes: number): Value {
  const { graph, config } = blocks;
  const width = 4 * config.modelChannels;
  const inputs = controlTypes * TYPE_WIDTH;
  const types = graph.cast(graph.input('control_types', 'float32', [1, inputs]), graph.precision);
  const hidden = graph.silu(blocks.linear(types, 'control_add_embedding.linear_1', inputs, width));
  return blocks.linear(hidden, 'control_add_embedding.linear_2', width, width);
}

/**
 * Union models: the picture's features, moved by what a transformer makes of their mean and of the kind. It looks at one token, so that its
 * attention gives the value of that one.
 */
function told(blocks: Blocks, read: Value, controlTypes: number): Value {
  const { graph, config } = blocks;
  const width = config.modelChannels;
  const chosen = graph.cast(graph.input('control_type', 'float32', [1, controlTypes]), graph.precision);
  const tasks = graph.weight({
    name: `${blocks.prefix}task_embedding`,
    shape: [controlTypes, width],
    start: 0,
  });
  const mean = graph.reshape(graph.mean(graph.reshape(read, [0, width, -1], ['b', width, 's'])), [-1, width]);
  let token = graph.add(mean, graph.gemm(chosen, tasks, null, { transposed: false }));
  const layer = 'transformer_layes.0';
  const looked = blocks.layerNorm(token, `${layer}.ln_1`, width);
  const [attention, values] = [`${layer}.attn.in_proj`, { first: 2 * width, of: 3 * width }];
  const seen = blocks.product(looked, `${attention}_weight`, `${attention}_bias`, width, width, values);
  token = graph.add(token, blocks.linear(seen, `${layer}.attn.out_proj`, width, width));
  const normed = blocks.layerNorm(token, `${layer}.ln_2`, width);
  const hidden = graph.quickGelu(blocks.linear(normed, `${layer}.mlp.c_fc`, width, 4 * width));
  token = graph.add(token, blocks.linear(hidden, `${layer}.mlp.c_proj`, 4 * width, width));
  const moved = blocks.linear(token, 'spatial_ch_projs', width, width);
  return graph.add(read, graph.reshape(moved, [-1, width, 1, 1]));
}

/** One number of them is 1, the others are 0: as such, and each as a time is embedded. */
function typeFeeds(type: number, controlTypes: number): Record<string, HostTensor> {
  if (!(type >= 0 && type < controlTypes))
    throw new RangeError(
      `The ControlNet knows ${controlTypes} kinds of pictures, and none of number ${type}.`,
    );
  const chosen = Float32Array.from({ length: controlTypes }, (_, index) => Number(index === type));
  return {
    control_type: float32Tensor('control_type', chosen, [1, controlTypes]),
    control_types: float32Tensor('control_types', timestepEmbedding(chosen, TYPE_WIDTH), [
      1,
      controlTypes * TYPE_WIDTH,
    ]),
  };
}
