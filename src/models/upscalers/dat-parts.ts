// What DAT's blocks have around their attention.
import type { Value } from '../../graph/graph.ts';
import type { PictureLayers } from './picture-layers.ts';

const EPSILON = 1e-5;

/** nn.BatchNorm with the statistics of training, over the last axis. */
export function batchNorm(layers: PictureLayers, x: Value, name: string, channels: number): Value {
  const { graph } = layers;
  const stored = (part: string): Value => layers.weight(`${name}.${part}`, [channels]);
  const deviation = graph.sqrt(graph.add(stored('running_var'), graph.constant([EPSILON], [])));
  const scale = graph.div(stored('weight'), deviation);
  const drift = graph.mul(graph.mul(stored('running_mean'), scale), graph.constant([-1], []));
  return graph.add(graph.mul(x, scale), graph.add(stored('bias'), drift));
}

type Told = (tokens: Value) => Value;

/** How much counts, 0..1, of each channel [1, channels] and of each token [tokens, 1], by what one branch says of the other. */
export function toldApart(layers: PictureLayers, name: string, channels: number): readonly [Told, Told] {
  const { graph } = layers;
  const narrow = (part: string): number => layers.shapeOf(`${name}.${part}.weight`, 4)[0]!;
  const ofChannels: Told = (tokens) => {
    const inner = `${name}.channel_interaction`;
    const width = narrow('channel_interaction.1');
    const pooled = layers.pooled(layers.planes(tokens, channels), channels);
    const h = batchNorm(layers, layers.linear(pooled, `${inner}.1`, channels, width), `${inner}.2`, width);
    return graph.sigmoid(layers.linear(graph.gelu(h), `${inner}.4`, width, channels));
  };
  const ofPlaces: Told = (tokens) => {
    const inner = `${name}.spatial_interaction`;
    const width = narrow('spatial_interaction.0');
    const h = batchNorm(layers, layers.linear(tokens, `${inner}.0`, channels, width), `${inner}.1`, width);
    return graph.sigmoid(layers.linear(graph.gelu(h), `${inner}.3`, width, 1));
  };
  return [ofChannels, ofPlaces];
}

/** SGFN: half of the channels, seen in their surroundings, gates the other. */
export function spatialGate(layers: PictureLayers, tokens: Value, name: string, channels: number): Value {
  const { graph } = layers;
  const [hidden] = layers.shapeOf(`${name}.fc1.weight`, 2) as [number];
  const half = hidden / 2;
  const wide = graph.gelu(layers.linear(tokens, `${name}.fc1`, channels, hidden));
  const normed = layers.layerNorm(graph.slice(wide, [half], [hidden], [1]), `${name}.sg.norm`, half);
  const seen = layers.tokens(layers.depthwise(layers.planes(normed, half), `${name}.sg.conv`), half);
  return layers.linear(graph.mul(graph.slice(wide, [0], [half], [1]), seen), `${name}.fc2`, half, channels);
}
