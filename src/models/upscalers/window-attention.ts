// Multi-head attention inside windows, as SwinIR, HAT, DAT and OmniSR have it.
import type { Value } from '../../graph/graph.ts';
import type { PictureLayers } from './picture-layers.ts';

/** What a token of another region counts for: as good as nothing. */
const HIDDEN = -100;

export interface Heads {
  readonly heads: number;
  /** Channels of all heads. */
  readonly channels: number;
  /** Tokens of a window that ask, and that are looked at. */
  readonly queries: number;
  readonly keys: number;
}

/**
 * softmax(q k^T / sqrt(channels / heads) + bias + mask) v, of q [windows * queries, channels] and k, v [windows * keys, channels], in
 * the order of the windows. `bias` [1, heads, queries, keys]; `mask` [windows, 1, queries, keys]. Gives [windows * queries, channels].
 */
export function windowAttention(
  { graph }: PictureLayers,
  [q, k, v]: readonly [Value, Value, Value],
  { heads, channels, queries, keys }: Heads,
  bias: Value | null,
  mask: Value | null = null,
): Value {
  const size = channels / heads;
  if (!Number.isInteger(size)) throw new Error(`Its ${channels} channels do not divide into ${heads} heads.`);
  // In float32, whatever computes the rest.
  const split = (x: Value, tokens: number): Value =>
    graph.reshape(graph.cast(x, 'float32'), [-1, tokens, heads, size]);
  const scaled = graph.mul(graph.cast(q, 'float32'), graph.constant([size ** -0.5], [], 'float32'));
  const asking = graph.transpose(split(scaled, queries), [0, 2, 1, 3]);
  const asked = graph.transpose(split(k, keys), [0, 2, 3, 1]);
  const values = graph.transpose(split(v, keys), [0, 2, 1, 3]);
  let scores = graph.matMul(asking, asked);
  if (bias) scores = graph.add(scores, graph.cast(bias, 'float32'));
  if (mask) scores = graph.add(scores, graph.cast(mask, 'float32'));
  const mixed = graph.matMul(graph.softmax(scores), values);
  const rows = graph.reshape(graph.transpose(mixed, [0, 2, 1, 3]), [-1, channels]);
  return graph.cast(rows, graph.precision);
}

/** Which tokens of a window do not see each other: those of different regions (`regions`: one number a token). */
export function regionMask({ graph }: PictureLayers, regions: Value, tokens: number): Value {
  const asking = graph.reshape(regions, [-1, 1, tokens, 1]);
  const asked = graph.mul(graph.reshape(regions, [-1, 1, 1, tokens]), graph.constant([-1], []));
  const apart = graph.add(asking, asked);
  // Numbers of regions are whole: what differs, differs by 1 or more.
  return graph.mul(graph.clip(graph.mul(apart, apart), 0, 1), graph.constant([HIDDEN], []));
}

/** Rows of a table [positions, heads] for each pair of tokens, as [1, heads, queries, keys]. `pairs`: queries * keys int64 indices. */
export function positionBias(
  { graph }: PictureLayers,
  table: Value,
  pairs: Value,
  { heads, queries, keys }: Pick<Heads, 'heads' | 'queries' | 'keys'>,
): Value {
  const rows = graph.reshape(graph.gather(table, pairs), [1, queries, keys, heads]);
  return graph.transpose(rows, [0, 3, 1, 2]);
}
