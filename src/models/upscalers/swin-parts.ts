// What SwinIR and those that come after it (HAT, DAT) have in common around their attention.
import type { Value } from '../../graph/graph.ts';
import type { WeightCatalog } from '../../graph/types.ts';
import { countFrom } from '../layouts/mapped.ts';
import type { PictureLayers } from './picture-layers.ts';

/** Of the pictures they were trained with, red, green, blue; not in the files. */
const MEAN = [0.4488, 0.4371, 0.404];
const SLOPE = 0.2;

export function normalised({ graph }: PictureLayers, x: Value, range: number): Value {
  const centred = graph.add(
    x,
    graph.constant(
      MEAN.map((value) => -value),
      [3, 1, 1],
    ),
  );
  return range === 1 ? centred : graph.mul(centred, graph.constant([range], []));
}

export function denormalised({ graph }: PictureLayers, x: Value, range: number): Value {
  const scaled = range === 1 ? x : graph.mul(x, graph.constant([1 / range], []));
  return graph.add(scaled, graph.constant(MEAN, [3, 1, 1]));
}

/** What comes after the blocks of a group, or of all: one convolution ("1conv"), or three ("3conv"). */
export function after(layers: PictureLayers, x: Value, name: string): Value {
  if (layers.has(`${name}.weight`)) return layers.conv(x, name);
  const { graph } = layers;
  const h = graph.leakyRelu(layers.conv(x, `${name}.0`), SLOPE);
  return layers.conv(graph.leakyRelu(layers.conv(h, `${name}.2`), SLOPE), `${name}.4`);
}

/** x + fc2(gelu(fc1(norm2(x)))). */
export function attentionMlp(layers: PictureLayers, tokens: Value, name: string, channels: number): Value {
  const { graph } = layers;
  const [hidden] = layers.shapeOf(`${name}.mlp.fc1.weight`, 2) as [number];
  const normed = layers.layerNorm(tokens, `${name}.norm2`, channels);
  const wide = graph.gelu(layers.linear(normed, `${name}.mlp.fc1`, channels, hidden));
  return graph.add(tokens, layers.linear(wide, `${name}.mlp.fc2`, hidden, channels));
}

/** Factors of the stages of "upsample": convolutions with even numbers, a pixel shuffle after each. */
function shuffleFactors(weights: WeightCatalog): number[] {
  const stages = countFrom((i) => weights.shapeOf(`upsample.${2 * i}.weight`) !== undefined);
  return Array.from({ length: stages }, (_, i) => {
    const [outputs = 0, inputs = 1] = weights.shapeOf(`upsample.${2 * i}.weight`) ?? [];
    return Math.sqrt(outputs / inputs);
  });
}

export function shuffledScale(weights: WeightCatalog): number {
  return shuffleFactors(weights).reduce((scale, factor) => scale * factor, 1);
}

export function pixelShuffles(layers: PictureLayers, x: Value): Value {
  const factors = shuffleFactors(layers.catalog);
  let at = 1;
  return factors.reduce((h, factor, i) => {
    const [, channels] = layers.shapeOf(`upsample.${2 * i}.weight`, 4) as [number, number];
    const shuffled = layers.pixelShuffle(layers.conv(h, `upsample.${2 * i}`), channels, factor, at);
    at *= factor;
    return shuffled;
  }, x);
}
