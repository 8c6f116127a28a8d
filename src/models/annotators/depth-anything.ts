// Depth Anything V2 (Yang et al. 2024; DepthAnything/Depth-Anything-V2 a561b84): DINOv2's vision transformer, of whose blocks four are
// put together by DPT's head (Ranftl et al. 2021).
import type { Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import type { Network } from '../network.ts';
import {
  AnnotatorLayers,
  checkSides,
  type AnnotatorInputs,
  type AnnotatorSize,
  type Sized,
} from './annotator-layers.ts';
import { placeEmbedding } from './place-embedding.ts';

export const PATCH = 14;
const EPSILON = 1e-6;
/** Channels of a head of DINOv2's published sizes. */
const HEAD = 64;
const TRUNK = 'pretrained';
/** By how many blocks there are: those that the head sees. */
const SEEN: Readonly<Record<number, readonly [number, number, number, number]>> = {
  12: [2, 5, 8, 11],
  24: [4, 11, 17, 23],
  40: [9, 19, 29, 39],
};

export function isDepthAnything(weights: WeightCatalog): boolean {
  return [
    `${TRUNK}.pos_embed`,
    `${TRUNK}.blocks.0.ls1.gamma`,
    'depth_head.scratch.refinenet1.out_conv.weight',
  ].every((name) => weights.shapeOf(name) !== undefined);
}

/**
 * Of what ImageNet's networks take; sides are multiples of 14. Outputs: "depth" [1, 1, height, width], more is nearer; "tokensN" of
 * the blocks that the head sees, [1, patches, C].
 */
export function depthAnythingNetwork(
  weights: WeightCatalog,
  precision: Precision,
  size: AnnotatorSize,
  heads?: number,
): Network<AnnotatorInputs> {
  checkSides(size, PATCH);
  const layers = new AnnotatorLayers(weights, precision);
  const grid = { height: size.height / PATCH, width: size.width / PATCH };
  const tokens = trunk(layers, layers.picture(size), grid, heads);
  layers.output('depth', head(layers, tokens, grid, size));
  return layers.network(size);
}

/** The tokens that the head sees, without the first one: [patches, C]. */
function trunk(layers: AnnotatorLayers, picture: Sized, grid: AnnotatorSize, told?: number): Value[] {
  const { graph } = layers;
  const embedded = layers.conv(picture, `${TRUNK}.patch_embed.proj`, { stride: PATCH, pad: 0 });
  const { channels } = embedded;
  const heads = told ?? Math.max(1, Math.floor(channels / HEAD));
  if (channels % heads !== 0) throw new Error(`Its ${channels} channels do not divide into ${heads} heads.`);
  const patches = grid.height * grid.width;
  const flat = graph.reshape(graph.transpose(embedded.value, [0, 2, 3, 1]), [patches, channels]);
  const { first, others } = placeEmbedding(layers, `${TRUNK}.pos_embed`, channels, grid);
  const cls = layers.weight(`${TRUNK}.cls_token`, [1, channels]);
  let x = graph.concat([graph.add(cls, first), graph.add(flat, others)], 0);

  let blocks = 0;
  while (layers.has(`${TRUNK}.blocks.${blocks}.norm1.weight`)) blocks += 1;
  const seen = SEEN[blocks];
  if (!seen) throw new Error(`It has ${blocks} blocks, which none of the published sizes has.`);
  const kept: Value[] = [];
  for (let block = 0; block < blocks; block += 1) {
    x = transformerBlock(layers, x, `${TRUNK}.blocks.${block}`, channels, heads, patches + 1);
    if (!seen.includes(block)) continue;
    const normed = norm(layers, x, `${TRUNK}.norm`, channels);
    const tokens = graph.slice(normed, [1], [patches + 1], [0]);
    kept.push(tokens);
    graph.output(`tokens${block}`, graph.reshape(tokens, [1, patches, channels]), [1, patches, channels]);
  }
  return kept;
}

function norm(layers: AnnotatorLayers, x: Value, name: string, channels: number): Value {
  const [scale, shift] = ['weight', 'bias'].map((part) => layers.weight(`${name}.${part}`, [channels]));
  return layers.graph.layerNormalization(x, scale!, shift!, EPSILON);
}

/** On [tokens, C]. What attention and MLP add is scaled by channel. */
function transformerBlock(
  layers: AnnotatorLayers,
  x: Value,
  name: string,
  channels: number,
  heads: number,
  tokens: number,
): Value {
  const { graph } = layers;
  const scaled = (value: Value, part: string) =>
    graph.mul(value, layers.weight(`${name}.${part}.gamma`, [channels]));
  const before = norm(layers, x, `${name}.norm1`, channels);
  const [q, k, v] = [0, 1, 2].map((part) => {
    const rows = { first: part * channels, of: 3 * channels };
    const projected = layers.linear(before, `${name}.attn.qkv`, channels, channels, { rows });
    return graph.reshape(projected, [1, tokens, channels]);
  }) as [Value, Value, Value];
  const looked = graph.reshape(graph.multiHeadAttention(q, k, v, heads), [tokens, channels]);
  const attended = layers.linear(looked, `${name}.attn.proj`, channels, channels);
  const y = graph.add(x, scaled(attended, 'ls1'));

  const [width] = layers.shapeOf(`${name}.mlp.fc1.weight`, 2) as [number, number];
  const normed = norm(layers, y, `${name}.norm2`, channels);
  const wide = graph.gelu(layers.linear(normed, `${name}.mlp.fc1`, channels, width));
  return graph.add(y, scaled(layers.linear(wide, `${name}.mlp.fc2`, width, channels), 'ls2'));
}

function head(
  layers: AnnotatorLayers,
  tokens: readonly Value[],
  grid: AnnotatorSize,
  size: AnnotatorSize,
): Sized {
  const { graph } = layers;
  const maps = tokens.map((value, i) => {
    const { channels, ...projected } = asMap(layers, value, grid, `depth_head.projects.${i}`);
    const map = { channels, ...projected };
    const name = `depth_head.resize_layers.${i}`;
    // Four times and twice as large, as it is, half as large.
    const sized =
      i < 2
        ? layers.convTranspose(map, name, { stride: i === 0 ? 4 : 2 })
        : i === 2
          ? map
          : layers.conv(map, name, { stride: 2, pad: 1 });
    return layers.conv(sized, `depth_head.scratch.layer${i + 1}_rn`);
  });
  let path: Sized | null = null;
  for (let i = maps.length - 1; i >= 0; i -= 1) {
    const finer = i > 0 ? maps[i - 1]! : { height: 2 * maps[0]!.height, width: 2 * maps[0]!.width };
    path = fused(layers, path, maps[i]!, `depth_head.scratch.refinenet${i + 1}`, finer);
  }
  const scratch = 'depth_head.scratch';
  const whole = aligned(layers, layers.conv(path!, `${scratch}.output_conv1`), size);
  const features = layers.relu(layers.conv(whole, `${scratch}.output_conv2.0`));
  const depth = layers.conv(features, `${scratch}.output_conv2.2`);
  return { ...depth, value: graph.relu(depth.value) };
}

/** Tokens as a picture, through a 1x1 convolution. */
function asMap(layers: AnnotatorLayers, tokens: Value, grid: AnnotatorSize, name: string): Sized {
  const [, channels] = layers.kernelOf(name);
  const { graph } = layers;
  const rows = graph.reshape(tokens, [1, grid.height, grid.width, channels]);
  return layers.conv({ value: graph.transpose(rows, [0, 3, 1, 2]), channels, ...grid }, name);
}

/** What comes from the coarser level and what this one has, at the size of the finer one. */
function fused(
  layers: AnnotatorLayers,
  coarser: Sized | null,
  map: Sized,
  name: string,
  size: AnnotatorSize,
): Sized {
  const joined = coarser ? layers.add(coarser, residual(layers, map, `${name}.resConfUnit1`)) : map;
  const refined = residual(layers, joined, `${name}.resConfUnit2`);
  return layers.conv(aligned(layers, refined, size), `${name}.out_conv`);
}

function residual(layers: AnnotatorLayers, x: Sized, name: string): Sized {
  const first = layers.conv(layers.relu(x), `${name}.conv1`);
  return layers.add(layers.conv(layers.relu(first), `${name}.conv2`), x);
}

function aligned(layers: AnnotatorLayers, x: Sized, { height, width }: AnnotatorSize): Sized {
  const value = layers.graph.resizeAligned(x.value, [1, x.channels, height, width]);
  return { value, channels: x.channels, height, width };
}
