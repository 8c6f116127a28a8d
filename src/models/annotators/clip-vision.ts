// CLIP's vision transformer (Radford et al. 2021), which IP-Adapters look at pictures through: as transformers stores it
// (CLIPVisionModelWithProjection) and as open_clip does (VisionTransformer), in files of its own or beside the text encoder.
import type { Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import { Layers } from '../layers.ts';
import type { Network } from '../network.ts';
import type { TextLayout } from '../text-layout.ts';
import { AnnotatorLayers, type AnnotatorInputs, type AnnotatorSize } from './annotator-layers.ts';
import { formOf, type Form } from './clip-vision-forms.ts';

/** Side of the pictures that it sees. */
export const CLIP_SIDE = 224;
/** Heads of the published sizes have 64 channels and more, and there are 16 at most. */
const [HEAD, MOST_HEADS] = [64, 16];
/** Channels of OpenAI's ViT-L, whose activation is another. */
const VIT_L = 1024;

export function isClipVision(weights: WeightCatalog): boolean {
  return formOf(weights) !== undefined;
}

/**
 * Of a picture of 224 x 224 with CLIP's means and deviations. Outputs: "embedding" [1, projection]; "states" before the last layer [1,
 * patches + 1, width]. `heads`: where the file is none of the published sizes.
 */
export function clipVisionNetwork(
  weights: WeightCatalog,
  precision: Precision,
  size: AnnotatorSize,
  heads?: number,
): Network<AnnotatorInputs> {
  const form = formOf(weights)!;
  const layers = new AnnotatorLayers(weights, precision, form.prefix);
  const { graph } = layers;
  const [width] = layers.shapeOf(form.first, 1) as [number];
  if (width === VIT_L)
    throw new Error('It is a ViT-L, which no IP-Adapter reads: they read ViT-H or ViT-bigG.');
  const count = heads ?? Math.min(MOST_HEADS, Math.max(1, Math.floor(width / HEAD)));
  if (width % count !== 0) throw new Error(`Its ${width} channels do not divide into ${count} heads.`);

  let x = layers.layerNorm(placed(layers, form, size, width), form.normBefore, width);
  let blocks = 0;
  while (layers.has(`${form.blocks(blocks).norm1}.weight`)) blocks += 1;
  if (blocks < 2) throw new Error(`It has ${blocks} layers, which are too few.`);
  for (let index = 0; index < blocks - 1; index += 1) x = block(layers, x, form.blocks(index), width, count);
  const states = x;
  x = block(layers, x, form.blocks(blocks - 1), width, count);
  const first = layers.layerNorm(graph.slice(x, [0], [1], [0]), form.normAfter, width);
  graph.output('embedding', embedded(layers, form, first, width), [1, 'e']);
  graph.output('states', graph.reshape(states, [1, -1, width]), [1, 'p', width]);
  return layers.network(size);
}

/** The token of the whole and those of the patches, each with its place: [patches + 1, width]. */
function placed(layers: AnnotatorLayers, form: Form, size: AnnotatorSize, width: number): Value {
  const { graph } = layers;
  const [, , side] = layers.kernelOf(form.patches);
  const grid = layers.conv(layers.picture(size), form.patches, { stride: side, pad: 0 });
  const count = grid.height * grid.width;
  const patches = graph.reshape(graph.transpose(grid.value, [0, 2, 3, 1]), [count, width]);
  const whole = layers.weight(form.first, [1, width], [width]);
  return graph.add(graph.concat([whole, patches], 0), layers.weight(form.places, [count + 1, width]));
}

function block(
  layers: AnnotatorLayers,
  x: Value,
  names: ReturnType<TextLayout['block']>,
  width: number,
  heads: number,
): Value {
  const { graph } = layers;
  const sequence = (tokens: Value): Value => graph.reshape(tokens, [1, -1, width]);
  const [q, k, v] = names.queryKeyValue(layers, layers.layerNorm(x, names.norm1, width), width);
  const mixed = graph.multiHeadAttention(sequence(q), sequence(k), sequence(v), heads);
  const told = layers.linear(graph.reshape(mixed, [-1, width]), names.attentionOut, width, width);
  const h = graph.add(x, told);
  const [wide] = layers.shapeOf(`${names.mlpIn}.weight`, 2) as [number];
  const normed = layers.layerNorm(h, names.norm2, width);
  const hidden = graph.gelu(layers.linear(normed, names.mlpIn, width, wide));
  return graph.add(h, layers.linear(hidden, names.mlpOut, wide, width));
}

function embedded({ graph, catalog }: Layers, form: Form, whole: Value, width: number): Value {
  const all = new Layers(graph, catalog, '');
  const { projection, transposed } = form;
  const shape = all.shapeOf(projection, 2);
  const outputs = shape[transposed ? 0 : 1]!;
  const weight = all.weight(projection, transposed ? [outputs, width] : [width, outputs]);
  return graph.gemm(whole, weight, null, { transposed });
}
