// DDColor (Kang et al. 2023): a ConvNeXt (Liu et al. 2022) reads a grey picture, a U-Net enlarges what it has seen, and queries, each for
// a colour, look at three sizes of that and are then looked for in the largest. Gives the a and b of CIE Lab.
import type { Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import { attention, toTokens } from '../faces/codeformer-blocks.ts';
import { countFrom } from '../layouts/mapped.ts';
import { float32Tensor, type Network } from '../network.ts';
import { ColorLayers, type Sized } from './color-layers.ts';
import { readPicture } from './convnext.ts';
import { placeEncoding } from './place-encoding.ts';

/** Not in the files: of what a picture is normalised by, the file says it, too ("mean", "std"). */
const MEAN = [0.485, 0.456, 0.406];
const SPREAD = [0.229, 0.224, 0.225];
const HEADS = 8;
/** Pixels of a picture's sides are multiples of it. */
export const STEP = 32;
/** By how much the last feature map is enlarged. */
const LAST = 4;

export interface ColorizerInputs {
  /** A grey picture: [3, height, width], three times the same, 0..1. */
  readonly image: Float32Array;
}

export interface ColorizerSize {
  readonly height: number;
  readonly width: number;
}

export function isDdColor(weights: WeightCatalog): boolean {
  const known = ['encoder.arch.norm3.weight', 'decoder.color_decoder.query_feat.weight'];
  return known.every((name) => weights.shapeOf(name) !== undefined);
}

/** For pictures of one size. Output "ab": [1, 2, height, width], a and b of Lab. */
export function ddColorNetwork(
  weights: WeightCatalog,
  precision: Precision,
  { height, width }: ColorizerSize,
  taps: readonly string[] = [],
): Network<ColorizerInputs> {
  if (height % STEP !== 0 || width % STEP !== 0)
    throw new RangeError(`Sides of ${width}x${height} are no multiples of ${STEP}.`);
  const layers = new ColorLayers(weights, precision, taps);
  const { graph } = layers;
  const image = graph.cast(graph.input('image', 'float32', [1, 3, height, width]), precision);
  const centred = graph.add(
    image,
    graph.constant(
      MEAN.map((value) => -value),
      [3, 1, 1],
    ),
  );
  const picture = graph.mul(
    centred,
    graph.constant(
      SPREAD.map((value) => 1 / value),
      [3, 1, 1],
    ),
  );
  const seen = readPicture(layers, { value: picture, channels: 3, height, width });

  const maps: Sized[] = [];
  let h = seen.at(-1)!;
  for (const [i, skip] of seen.slice(0, -1).toReversed().entries())
    maps.push((h = enlarged(layers, h, skip, `decoder.layers.${i}`)));
  const last = shuffled(layers, h, 'decoder.last_shuf', LAST);
  layers.tapMap('decoder.last_shuf', last);

  const colours = queries(layers, maps);
  const [count, channels] = layers.shapeOf('decoder.color_decoder.query_feat.weight', 2) as [number, number];
  const looked = graph.matMul(colours, graph.reshape(last.value, [last.channels, -1]));
  const found: Sized = {
    ...last,
    value: graph.reshape(looked, [1, count, last.height, last.width]),
    channels: count,
  };
  layers.tapMap('decoder.color_decoder', found);

  const both = graph.concat([found.value, picture], 1);
  const ab = layers.spectralConv(both, 'refine_net.0.0');
  graph.output('ab', graph.cast(ab, 'float32'), [1, 2, height, width]);
  layers.finishTaps();
  return {
    graph,
    outputs: graph.outputs.map(({ name }) => name),
    feeds: ({ image }) => ({
      image: float32Tensor('image', image, [1, 3, height, width]),
      ...Object.fromEntries(
        maps.map((map, i) => {
          const dims = [map.height * map.width, channels];
          return [`places${i}`, float32Tensor('places', placeEncoding(map, channels), dims)] as const;
        }),
      ),
    }),
  };
}

/** UnetBlockWide: twice as large, beside what the encoder saw at that size. */
function enlarged(layers: ColorLayers, from: Sized, skip: Sized, name: string): Sized {
  const { graph } = layers;
  const up = shuffled(layers, from, `${name}.shuf`, 2);
  const beside = graph.concat([up.value, layers.batchNorm(skip.value, `${name}.bn`, skip.channels)], 1);
  const convolved = layers.spectralConv(graph.relu(beside), `${name}.conv.0`);
  const [channels] = layers.shapeOf(`${name}.conv.0.weight_orig`, 4) as [number];
  const value = layers.batchNorm(graph.relu(convolved), `${name}.conv.2`, channels);
  const made = { value, channels, height: up.height, width: up.width };
  layers.tapMap(name, made);
  return made;
}

/** CustomPixelShuffle_ICNR: channels become pixels, and each pixel the mean of four: it, and those left of and above it. */
function shuffled(layers: ColorLayers, from: Sized, name: string, by: number): Sized {
  const { graph } = layers;
  const [outputs] = layers.shapeOf(`${name}.conv.0.weight_orig`, 4) as [number];
  const channels = outputs / by / by;
  if (!Number.isInteger(channels)) throw new Error(`${name}: ${outputs} channels make no pixels.`);
  const convolved = layers.spectralConv(from.value, `${name}.conv.0`);
  const normed = layers.has(`${name}.conv.1.weight`)
    ? layers.batchNorm(convolved, `${name}.conv.1`, outputs)
    : convolved;
  const { height, width } = { height: by * from.height, width: by * from.width };
  const apart = graph.reshape(graph.relu(normed), [channels, by, by, from.height, from.width]);
  const pixels = graph.reshape(graph.transpose(apart, [0, 3, 1, 4, 2]), [1, channels, height, width]);
  const blurred = [2, 3].reduce((x, axis) => {
    const first = graph.slice(x, [0], [1], [axis]);
    const before = graph.concat([first, graph.slice(x, [0], [-1], [axis])], axis);
    return graph.mul(graph.add(x, before), graph.constant([0.5], []));
  }, pixels);
  return { value: blurred, channels, height, width };
}

/** MultiScaleColorDecoder without its last step: what of the largest map is a query's colour, [queries, channels]. */
function queries(layers: ColorLayers, maps: readonly Sized[]): Value {
  const { graph } = layers;
  const prefix = 'decoder.color_decoder';
  const [count, width] = layers.shapeOf(`${prefix}.query_feat.weight`, 2) as [number, number];
  const place = layers.weight(`${prefix}.query_embed.weight`, [count, width]);
  const memories = maps.map((map, i) => {
    const level = layers.weight(`${prefix}.level_embed.weight`, [1, width], [maps.length, width], i * width);
    const tokens = toTokens(layers, { ...map, side: map.height });
    const value = graph.add(layers.linear(tokens, `${prefix}.input_proj.${i}`, map.channels, width), level);
    const places = graph.input(`places${i}`, 'float32', [map.height * map.width, width]);
    return { value, key: graph.add(value, graph.cast(places, graph.precision)) };
  });

  /** nn.MultiheadAttention, and the norm after it. */
  const attended = (name: string, inner: string, own: Value, key: Value, value: Value): Value => {
    const part = (x: Value, index: number): Value =>
      layers.product(x, `${name}.${inner}.in_proj_weight`, `${name}.${inner}.in_proj_bias`, width, width, {
        first: index * width,
        of: 3 * width,
      });
    const q = part(graph.add(own, place), 0);
    const mixed = attention(layers, [q, part(key, 1), part(value, 2)], width, HEADS);
    const told = layers.linear(mixed, `${name}.${inner}.out_proj`, width, width);
    return layers.layerNorm(graph.add(own, told), `${name}.norm`, width);
  };

  let h = layers.weight(`${prefix}.query_feat.weight`, [count, width]);
  const depth = countFrom((i) => layers.has(`${prefix}.transformer_ffn_layers.${i}.linear1.weight`));
  for (let i = 0; i < depth; i++) {
    const { key, value } = memories[i % memories.length]!;
    const crossed = `${prefix}.transformer_cross_attention_layers.${i}`;
    h = attended(crossed, 'multihead_attn', h, key, value);
    const result = h;
    layers.tap(crossed, () => result, [count, width]);
    const among = `${prefix}.transformer_self_attention_layers.${i}`;
    h = attended(among, 'self_attn', h, graph.add(h, place), h);
    const forward = `${prefix}.transformer_ffn_layers.${i}`;
    const [hidden] = layers.shapeOf(`${forward}.linear1.weight`, 2) as [number];
    const wide = graph.relu(layers.linear(h, `${forward}.linear1`, width, hidden));
    const narrow = layers.linear(wide, `${forward}.linear2`, hidden, width);
    h = layers.layerNorm(graph.add(h, narrow), `${forward}.norm`, width);
  }
  h = layers.layerNorm(h, `${prefix}.decoder_norm`, width);
  const embed = `${prefix}.color_embed`;
  const steps = countFrom((i) => layers.has(`${embed}.layers.${i}.weight`));
  for (let i = 0; i < steps; i++) {
    const [outputs, inputs] = layers.shapeOf(`${embed}.layers.${i}.weight`, 2) as [number, number];
    const told = layers.linear(h, `${embed}.layers.${i}`, inputs, outputs);
    h = i < steps - 1 ? graph.relu(told) : told;
  }
  const result = h;
  layers.tap(embed, () => result, [count, width]);
  return h;
}
