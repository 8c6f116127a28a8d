// The blocks that CodeFormer's encoder and generator are made of (a VQGAN's, Esser et al. 2021), and those that carry over from the one
// to the other. Sizes are known, since faces are of one.
import type { Value } from '../../graph/graph.ts';
import type { WeightCatalog } from '../../graph/types.ts';
import { NORM_GROUPS } from '../layers.ts';
import type { FaceLayers } from './face-layers.ts';

const NORM_EPSILON = 1e-6;
const SLOPE = 0.2;

/** [1, channels, side, side]. */
export interface FeatureMap {
  readonly value: Value;
  readonly channels: number;
  readonly side: number;
}

export type BlockKind = 'residual' | 'attention' | 'resampling' | 'norm' | 'convolution';

/** What a block is, by the names of its tensors; null where there is none. */
export function blockKind(weights: WeightCatalog, name: string): BlockKind | null {
  if (weights.shapeOf(`${name}.norm1.weight`)) return 'residual';
  if (weights.shapeOf(`${name}.q.weight`)) return 'attention';
  if (weights.shapeOf(`${name}.conv.weight`)) return 'resampling';
  const own = weights.shapeOf(`${name}.weight`);
  return own ? (own.length === 1 ? 'norm' : 'convolution') : null;
}

/** `halves`: of the encoder, whose resampling halves the size; the generator's doubles it. */
export function block(
  layers: FaceLayers,
  kind: BlockKind,
  name: string,
  map: FeatureMap,
  halves: boolean,
): FeatureMap {
  switch (kind) {
    case 'residual':
      return residual(layers, name, map);
    case 'attention':
      return places(layers, name, map);
    case 'resampling':
      return halves ? halved(layers, `${name}.conv`, map) : doubled(layers, `${name}.conv`, map);
    case 'norm':
      return { ...map, value: groupNorm(layers, name, map) };
    case 'convolution':
      return convolved(layers, name, map);
  }
}

function convolved(layers: FaceLayers, name: string, { value, side }: FeatureMap): FeatureMap {
  const [channels] = layers.shapeOf(`${name}.weight`, 4) as [number];
  return { value: layers.conv(value, name), channels, side };
}

function halved(layers: FaceLayers, name: string, { value, channels, side }: FeatureMap): FeatureMap {
  if (side % 2 !== 0) throw new Error(`${name} halves a side of ${side}.`);
  const h = layers.conv3x3(value, name, channels, channels, { stride: 2, pads: [0, 0, 1, 1] });
  return { value: h, channels, side: side / 2 };
}

function doubled(layers: FaceLayers, name: string, { value, channels, side }: FeatureMap): FeatureMap {
  const h = layers.conv(layers.graph.upsampleNearest2x(value), name);
  return { value: h, channels, side: 2 * side };
}

/**
 * nn.GroupNorm(32). A group has up to half a million numbers, and one sum of them in float32 is off by as much as some of the code
 * book's entries are apart: rows are added up first, and then their means.
 */
function groupNorm(layers: FaceLayers, name: string, { value, channels, side }: FeatureMap): Value {
  if (channels % NORM_GROUPS !== 0)
    throw new Error(`${name} has ${channels} channels, which do not divide into ${NORM_GROUPS} groups.`);
  const { graph } = layers;
  const rows = (channels / NORM_GROUPS) * side;
  const groups = graph.reshape(value, [NORM_GROUPS, rows, side]);
  const meanOf = (x: Value): Value =>
    graph.reshape(graph.mean(graph.reshape(graph.mean(x), [NORM_GROUPS, rows])), [NORM_GROUPS, 1, 1]);
  const centred = graph.add(groups, graph.mul(meanOf(groups), graph.constant([-1], [])));
  const variance = graph.add(meanOf(graph.mul(centred, centred)), graph.constant([NORM_EPSILON], []));
  const normalized = graph.reshape(graph.div(centred, graph.sqrt(variance)), [1, channels, side, side]);
  const scaled = graph.mul(normalized, layers.weight(`${name}.weight`, [channels, 1, 1], [channels]));
  return graph.add(scaled, layers.weight(`${name}.bias`, [channels, 1, 1], [channels]));
}

/** ResBlock. */
function residual(layers: FaceLayers, name: string, map: FeatureMap): FeatureMap {
  const { graph } = layers;
  const activated = (norm: string, h: FeatureMap): FeatureMap => ({
    ...h,
    value: graph.silu(groupNorm(layers, `${name}.${norm}`, h)),
  });
  const inner = convolved(layers, `${name}.conv1`, activated('norm1', map));
  const h = convolved(layers, `${name}.conv2`, activated('norm2', inner));
  const shortcut = h.channels === map.channels ? map : convolved(layers, `${name}.conv_out`, map);
  return { ...h, value: graph.add(shortcut.value, h.value) };
}

/** AttnBlock: every place looks at all. */
function places(layers: FaceLayers, name: string, map: FeatureMap): FeatureMap {
  const { channels } = map;
  const tokens = toTokens(layers, { ...map, value: groupNorm(layers, `${name}.norm`, map) });
  const part = (which: string): Value => layers.linear(tokens, `${name}.${which}`, channels, channels);
  const mixed = attention(layers, [part('q'), part('k'), part('v')], channels, 1);
  const seen = layers.linear(mixed, `${name}.proj_out`, channels, channels);
  return { ...map, value: layers.graph.add(map.value, toMap(layers, seen, map)) };
}

/** softmax(q k^T / sqrt(channels / heads)) v of [tokens, channels] each, head by head. */
export function attention(
  { graph }: FaceLayers,
  [q, k, v]: readonly [Value, Value, Value],
  channels: number,
  heads: number,
): Value {
  const size = channels / heads;
  if (!Number.isInteger(size)) throw new Error(`Its ${channels} channels do not divide into ${heads} heads.`);
  const split = (x: Value, order: readonly number[]): Value =>
    graph.transpose(graph.reshape(x, [-1, heads, size]), order);
  const scaled = graph.mul(q, graph.constant([size ** -0.5], []));
  const scores = graph.matMul(split(scaled, [1, 0, 2]), split(k, [1, 2, 0]));
  const mixed = graph.matMul(graph.softmax(scores), split(v, [1, 0, 2]));
  return graph.reshape(graph.transpose(mixed, [1, 0, 2]), [-1, channels]);
}

/** [side * side, channels], row by row. */
export function toTokens({ graph }: FaceLayers, { value, channels }: FeatureMap): Value {
  return graph.reshape(graph.transpose(value, [0, 2, 3, 1]), [-1, channels]);
}

export function toMap(
  { graph }: FaceLayers,
  tokens: Value,
  { channels, side }: Pick<FeatureMap, 'channels' | 'side'>,
): Value {
  return graph.transpose(graph.reshape(tokens, [1, side, side, channels]), [0, 3, 1, 2]);
}

/** Fuse_sft_block: drawn + weight (drawn * scale + shift), scale and shift told from what was read and what is drawn. */
export function fused(
  layers: FaceLayers,
  name: string,
  { read, drawn, weight }: { readonly read: FeatureMap; readonly drawn: FeatureMap; readonly weight: Value },
): FeatureMap {
  const { graph } = layers;
  const both = {
    ...read,
    value: graph.concat([read.value, drawn.value], 1),
    channels: read.channels + drawn.channels,
  };
  const seen = residual(layers, `${name}.encode_enc`, both);
  const told = (what: string): Value => {
    const inner = graph.leakyRelu(layers.conv(seen.value, `${name}.${what}.0`), SLOPE);
    return layers.conv(inner, `${name}.${what}.2`);
  };
  const change = graph.add(graph.mul(drawn.value, told('scale')), told('shift'));
  return { ...drawn, value: graph.add(drawn.value, graph.mul(weight, change)) };
}

/**
 * Adaptive instance normalization (Huang & Belongie 2017): each channel brought to the mean and the spread that it has in another map
 * of the same size.
 */
export function likeness(
  { graph }: FaceLayers,
  content: FeatureMap,
  style: FeatureMap,
  epsilon: number,
): Value {
  const { channels, side } = content;
  const count = side * side;
  const minus = graph.constant([-1], []);
  const parts = ({ value }: FeatureMap) => {
    const rows = graph.reshape(value, [channels, count]);
    const mean = graph.mean(rows);
    const centred = graph.add(rows, graph.mul(mean, minus));
    // Of a sample: one is taken from the count.
    const square = graph.mul(
      graph.mean(graph.mul(centred, centred)),
      graph.constant([count / (count - 1)], []),
    );
    return { centred, mean, spread: graph.sqrt(graph.add(square, graph.constant([epsilon], []))) };
  };
  const [own, other] = [parts(content), parts(style)];
  const normalized = graph.div(own.centred, own.spread);
  return graph.reshape(graph.add(graph.mul(normalized, other.spread), other.mean), [1, channels, side, side]);
}
