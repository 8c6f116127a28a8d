// CodeFormer (Zhou et al. 2022): an encoder reads a face, a transformer says which entry of a code book each of its places is like, and
// a generator draws a face of those entries; how much of what was read it takes with it, a person says ("CodeFormer weight").
import type { Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import { countFrom } from '../layouts/mapped.ts';
import { float32Tensor, type Network } from '../network.ts';
import type { FaceArchitecture, RestorerInputs } from './architecture.ts';
import {
  attention,
  block,
  blockKind,
  fused,
  likeness,
  toMap,
  toTokens,
  type FeatureMap,
} from './codeformer-blocks.ts';
import { FaceLayers } from './face-layers.ts';

/** Not in the files. */
const HEADS = 8;
const ADAIN_EPSILON = 1e-5;
/** Faces are halved so often at most, to so many places along a side. */
const MOST_STAGES = 8;
const MOST_PLACES = 64;
/** Pixels of a face's side: no network has more, and none is tried. */
const MOST_PIXELS = 1024;

export interface CodeFormerOptions {
  /** Whether the generator takes something of what was read with it: for weights above 0. */
  readonly fuses?: boolean;
  /** Whether the code book's entries are brought to the mean and spread of what was read, as A1111 has it. */
  readonly adain?: boolean;
  readonly taps?: readonly string[];
}

export const CODEFORMER: FaceArchitecture = {
  kind: 'codeformer',
  name: 'CodeFormer',
  half: false,
  layers: /^(ft_layers|encoder\.blocks|generator\.blocks|fuse_convs_dict)\.\d+\./,

  recognise(weights) {
    const known = ['position_emb', 'quantize.embedding.weight', 'encoder.blocks.0.weight'];
    if (known.some((name) => weights.shapeOf(name) === undefined)) return null;
    return { kind: 'codeformer', side: sidesOf(weights).face };
  },

  trial(weights, precision) {
    const { graph, feeds } = codeFormerNetwork(weights, precision);
    const side = sidesOf(weights).face;
    const image = new Float32Array(3 * side * side);
    return { graph, feeds: feeds({ image, normal: (count) => new Float32Array(count), weight: 1 }) };
  },
};

/** Pixels of a face, and places of what the encoder makes of it, along a side. */
function sidesOf(weights: WeightCatalog): { face: number; places: number } {
  const places = Math.min(MOST_PLACES, Math.floor(Math.sqrt(weights.shapeOf('position_emb')?.[0] ?? 0)));
  const stages = kindsOf(weights, 'encoder').filter((kind) => kind === 'resampling').length;
  return { face: places * 2 ** Math.min(stages, MOST_STAGES), places };
}

function kindsOf(weights: WeightCatalog, part: 'encoder' | 'generator') {
  const count = countFrom((i) => blockKind(weights, `${part}.blocks.${i}`) !== null);
  return Array.from({ length: count }, (_, i) => blockKind(weights, `${part}.blocks.${i}`)!);
}

/** Output "restored": [1, 3, side, side], about -1..1. */
export function codeFormerNetwork(
  weights: WeightCatalog,
  precision: Precision,
  { fuses = true, adain = true, taps = [] }: CodeFormerOptions = {},
): Network<RestorerInputs> {
  const layers = new FaceLayers(weights, precision, taps);
  const { graph } = layers;
  const { face, places } = sidesOf(weights);
  if (face === 0 || face > MOST_PIXELS) throw new Error(`Its faces have ${face}x${face} pixels.`);
  const image = graph.cast(graph.input('image', 'float32', [1, 3, face, face]), precision);
  const { read, seen } = encoded(layers, { value: image, channels: 3, side: face });
  if (read.side !== places)
    throw new Error(
      `Its encoder makes ${read.side}x${read.side} places of a face, and knows ${places}x${places}.`,
    );
  const codes = codesOf(layers, read);
  const start = adain ? { ...codes, value: likeness(layers, codes, read, ADAIN_EPSILON) } : codes;
  const weight = fuses ? graph.cast(graph.input('weight', 'float32', [1]), precision) : null;
  const drawn = generated(layers, start, seen, weight);
  if (drawn.channels !== 3 || drawn.side !== face)
    throw new Error(`It draws ${drawn.channels} channels of ${drawn.side}x${drawn.side} pixels.`);
  graph.output('restored', graph.cast(drawn.value, 'float32'), [1, 3, face, face]);
  layers.finishTaps();
  return {
    graph,
    outputs: graph.outputs.map(({ name }) => name),
    feeds: ({ image, weight }) => ({
      image: float32Tensor('image', image, [1, 3, face, face]),
      ...(fuses && { weight: float32Tensor('weight', Float32Array.of(weight), [1]) }),
    }),
  };
}

/** What the encoder makes of a face, and what it has seen at each size before it halves it. */
function encoded(
  layers: FaceLayers,
  face: FeatureMap,
): { read: FeatureMap; seen: ReadonlyMap<number, FeatureMap> } {
  const seen = new Map<number, FeatureMap>();
  let map = face;
  for (const [i, kind] of kindsOf(layers.catalog, 'encoder').entries()) {
    if (kind === 'resampling') seen.set(map.side, map);
    map = tapped(layers, `encoder.blocks.${i}`, block(layers, kind, `encoder.blocks.${i}`, map, true));
  }
  return { read: map, seen };
}

/** The face that is drawn. Where `weight` is given, what was seen at a size counts after the first block of that size. */
function generated(
  layers: FaceLayers,
  start: FeatureMap,
  seen: ReadonlyMap<number, FeatureMap>,
  weight: Value | null,
): FeatureMap {
  let map = start;
  const fusions = new Set(weight ? [...seen.keys()].filter((side) => hasFusion(layers, side)) : []);
  for (const [i, kind] of kindsOf(layers.catalog, 'generator').entries()) {
    const name = `generator.blocks.${i}`;
    map = tapped(layers, name, block(layers, kind, name, map, false));
    const read = seen.get(map.side);
    if (kind !== 'residual' || !weight || !read || !fusions.delete(map.side)) continue;
    const fusion = `fuse_convs_dict.${map.side}`;
    map = tapped(layers, fusion, fused(layers, fusion, { read, drawn: map, weight }));
  }
  return map;
}

function hasFusion(layers: FaceLayers, side: number): boolean {
  return layers.has(`fuse_convs_dict.${side}.scale.0.weight`);
}

/** The entries of the code book that the places of a face are like. */
function codesOf(layers: FaceLayers, read: FeatureMap): FeatureMap {
  const { graph } = layers;
  const [places, width] = layers.shapeOf('position_emb', 2) as [number, number];
  const [entries, channels] = layers.shapeOf('quantize.embedding.weight', 2) as [number, number];
  const positions = layers.weight('position_emb', [places, width]);
  let tokens = layers.linear(toTokens(layers, read), 'feat_emb', read.channels, width);
  const depth = countFrom((i) => layers.has(`ft_layers.${i}.norm1.weight`));
  for (let i = 0; i < depth; i++) {
    tokens = transformed(layers, tokens, `ft_layers.${i}`, width, positions);
    const result = tokens;
    layers.tap(`ft_layers.${i}`, () => result, [places, width]);
  }
  const normed = layers.layerNorm(tokens, 'idx_pred_layer.0', width);
  const logits = layers.linear(normed, 'idx_pred_layer.1', width, entries, { bias: false });
  layers.tap('idx_pred_layer', () => logits, [places, entries]);
  const likest = graph.argMax(logits, 1);
  const numbers = () =>
    graph.constant(
      Array.from({ length: entries }, (_, i) => i),
      [entries],
      'float32',
    );
  layers.tap('indices', () => graph.gather(numbers(), likest), [places, 1]);
  const book = layers.weight('quantize.embedding.weight', [entries, channels]);
  const { side } = read;
  if (channels !== read.channels)
    throw new Error(`Its code book has ${channels} channels, and its encoder makes ${read.channels}.`);
  const chosen = graph.reshape(graph.gather(book, likest), [places, channels]);
  return { value: toMap(layers, chosen, { channels, side }), channels, side };
}

/** TransformerSALayer: where a token lies counts for what it asks and is asked, not for what it says. */
function transformed(
  layers: FaceLayers,
  tokens: Value,
  name: string,
  width: number,
  positions: Value,
): Value {
  const { graph } = layers;
  const normed = layers.layerNorm(tokens, `${name}.norm1`, width);
  const placed = graph.add(normed, positions);
  const attended = `${name}.self_attn`;
  const part = (x: Value, index: number): Value =>
    layers.product(x, `${attended}.in_proj_weight`, `${attended}.in_proj_bias`, width, width, {
      first: index * width,
      of: 3 * width,
    });
  const mixed = attention(layers, [part(placed, 0), part(placed, 1), part(normed, 2)], width, HEADS);
  const h = graph.add(tokens, layers.linear(mixed, `${attended}.out_proj`, width, width));
  const [hidden] = layers.shapeOf(`${name}.linear1.weight`, 2) as [number];
  const second = layers.layerNorm(h, `${name}.norm2`, width);
  const wide = graph.gelu(layers.linear(second, `${name}.linear1`, width, hidden));
  return graph.add(h, layers.linear(wide, `${name}.linear2`, hidden, width));
}

function tapped(layers: FaceLayers, name: string, map: FeatureMap): FeatureMap {
  layers.tap(name, () => map.value, [1, map.channels, map.side, map.side]);
  return map;
}
