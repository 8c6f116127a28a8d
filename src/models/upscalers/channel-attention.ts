// Attention over channels (Ali et al. 2021, XCiT): channels look at channels, by what they are at all tokens.
import type { Value } from '../../graph/graph.ts';
import type { PictureLayers } from './picture-layers.ts';

const LEAST = 1e-12;
const MOST = 3e38;

/**
 * softmax(q k^T temperature) v of each group, each head's channels [size, tokens], q and k of length 1 along the tokens. q, k, v
 * [groups * tokens, heads * size] and the result likewise. `temperature` names a tensor [heads, 1, 1]. `groups`: null for one of all
 * tokens. `count`: tokens of a group, [1].
 */
export function channelAttention(
  layers: PictureLayers,
  qkv: readonly [Value, Value, Value],
  temperature: string,
  channels: number,
  shape: { readonly groups: number; readonly count: Value } | { readonly tokens: number },
): Value {
  const { graph } = layers;
  const [heads] = layers.shapeOf(temperature, 3) as [number];
  const size = channels / heads;
  if (!Number.isInteger(size)) throw new Error(`Its ${channels} channels do not divide into ${heads} heads.`);
  const split = 'tokens' in shape ? [-1, shape.tokens, heads, size] : [shape.groups, -1, heads, size];
  const count = 'tokens' in shape ? graph.constant([shape.tokens], [1], 'float32') : shape.count;
  // In float32: sums over thousands of tokens lose too much in float16.
  const apart = (x: Value): Value =>
    graph.transpose(graph.reshape(graph.cast(x, 'float32'), split), [0, 2, 3, 1]);
  const [q, k, v] = qkv.map(apart) as [Value, Value, Value];
  const unit = (x: Value): Value => {
    const squares = graph.mul(graph.mean(graph.mul(x, x)), count);
    return graph.div(x, graph.clip(graph.sqrt(squares), LEAST, MOST));
  };
  const warmth = graph.cast(layers.weight(temperature, [1, heads, 1, 1], [heads, 1, 1]), 'float32');
  const scores = graph.mul(graph.matMul(unit(q), graph.transpose(unit(k), [0, 1, 3, 2])), warmth);
  const mixed = graph.matMul(graph.softmax(scores), v);
  const rows = graph.reshape(graph.transpose(mixed, [0, 3, 1, 2]), [-1, channels]);
  return graph.cast(rows, graph.precision);
}
