// How IP-Adapters bring what CLIP sees of a picture into words' place (Ye et al. 2023; tencent-ailab/IP-Adapter, ip_adapter.py and
// resampler.py): from CLIP's embedding, or from the states before its last layer, to tokens that a UNet's cross attention looks at. Names
// are those of the published files, under "image_proj.".
import { Graph, type Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import { Layers } from '../layers.ts';
import { float32Tensor, type Network } from '../network.ts';
import { PROJECTION_PREFIX, type ProjectionSizes } from './projection-sizes.ts';

/** Channels of a head of the resampler. */
const HEAD = 64;

/** What CLIP gives of a picture: [count, width]. */
export interface ProjectionInputs {
  readonly seen: Float32Array;
}

/** Output "tokens" [1, tokens, contextDim]. Throws when the file's tensors are not those of a projection. */
export function projectionNetwork(
  { kind, width, contextDim }: ProjectionSizes,
  weights: WeightCatalog,
  precision: Precision,
): Network<ProjectionInputs> {
  const graph = new Graph(precision);
  const layers = new Layers(graph, weights, PROJECTION_PREFIX);
  const seen = graph.cast(graph.input('seen', 'float32', ['p', width]), precision);
  const make = { plain, plus: resampled, 'full-face': throughMlp }[kind];
  graph.output('tokens', graph.reshape(make(layers, seen, width, contextDim), [1, -1, contextDim]), [
    1,
    't',
    contextDim,
  ]);
  return {
    graph,
    outputs: ['tokens'],
    feeds: ({ seen }) => ({ seen: float32Tensor('seen', seen, [seen.length / width, width]) }),
  };
}

function plain(layers: Layers, seen: Value, width: number, contextDim: number): Value {
  const [outputs] = layers.shapeOf('proj.weight', 2) as [number];
  if (outputs % contextDim !== 0)
    throw new Error(`Its projection to ${outputs} numbers does not divide into tokens of ${contextDim}.`);
  const tokens = layers.graph.reshape(layers.linear(seen, 'proj', width, outputs), [-1, contextDim]);
  return layers.layerNorm(tokens, 'norm', contextDim);
}

function throughMlp(layers: Layers, seen: Value, width: number, contextDim: number): Value {
  const hidden = layers.graph.gelu(layers.linear(seen, 'proj.0', width, width));
  return layers.layerNorm(layers.linear(hidden, 'proj.2', width, contextDim), 'proj.3', contextDim);
}

/** Learnt latents look at what is seen, and at themselves, layer after layer. */
function resampled(layers: Layers, seen: Value, width: number, contextDim: number): Value {
  const { graph } = layers;
  const [, count, dim] = layers.shapeOf('latents', 3) as [number, number, number];
  const x = layers.linear(seen, 'proj_in', width, dim);
  let latents = layers.weight('latents', [count, dim]);
  for (let layer = 0; layers.has(`layers.${layer}.0.to_q.weight`); layer += 1) {
    const name = `layers.${layer}`;
    latents = graph.add(perceived(layers, x, latents, `${name}.0`, dim), latents);
    const [wide] = layers.shapeOf(`${name}.1.1.weight`, 2) as [number];
    const normed = layers.layerNorm(latents, `${name}.1.0`, dim);
    const hidden = graph.gelu(layers.linear(normed, `${name}.1.1`, dim, wide, { bias: false }));
    latents = graph.add(layers.linear(hidden, `${name}.1.3`, wide, dim, { bias: false }), latents);
  }
  return layers.layerNorm(layers.linear(latents, 'proj_out', dim, contextDim), 'norm_out', contextDim);
}

function perceived(layers: Layers, x: Value, latents: Value, name: string, dim: number): Value {
  const { graph } = layers;
  const [inner] = layers.shapeOf(`${name}.to_q.weight`, 2) as [number];
  if (inner % HEAD !== 0) throw new Error(`${name} has ${inner} channels, which are no heads of ${HEAD}.`);
  const own = layers.layerNorm(latents, `${name}.norm2`, dim);
  const all = graph.concat([layers.layerNorm(x, `${name}.norm1`, dim), own], 0);
  const sequence = (tokens: Value): Value => graph.reshape(tokens, [1, -1, inner]);
  const half = (first: number): Value =>
    layers.linear(all, `${name}.to_kv`, dim, inner, { bias: false, rows: { first, of: 2 * inner } });
  const mixed = graph.multiHeadAttention(
    sequence(layers.linear(own, `${name}.to_q`, dim, inner, { bias: false })),
    sequence(half(0)),
    sequence(half(inner)),
    inner / HEAD,
  );
  return layers.linear(graph.reshape(mixed, [-1, inner]), `${name}.to_out`, inner, dim, { bias: false });
}
