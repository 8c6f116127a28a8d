// Holistically-nested edges (Xie & Tu 2015) as ControlNet's own training of it has them (sd-webui-controlnet 1.1.455,
// annotator/hed): five blocks, each at half the size of the one before, and of each a picture of edges.
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import type { Network } from '../network.ts';
import { AnnotatorLayers, checkSides, type AnnotatorInputs, type AnnotatorSize } from './annotator-layers.ts';

const BLOCKS = 5;

export function isHed(weights: WeightCatalog): boolean {
  return ['norm', 'block1.projection.weight', `block${BLOCKS}.convs.2.weight`].every(
    (name) => weights.shapeOf(name) !== undefined,
  );
}

/** Of RGB, 0..255; sides are multiples of 16. Outputs: "edges1" to "edges5", before the sigmoid, each half as large. */
export function hedNetwork(
  weights: WeightCatalog,
  precision: Precision,
  size: AnnotatorSize,
): Network<AnnotatorInputs> {
  checkSides(size, 2 ** (BLOCKS - 1));
  const layers = new AnnotatorLayers(weights, precision);
  const { graph } = layers;
  const mean = graph.mul(layers.weight('norm', [1, 3, 1, 1]), graph.constant([-1], []));
  const picture = layers.picture(size);
  let x = { ...picture, value: graph.add(picture.value, mean) };
  for (let block = 1; block <= BLOCKS; block += 1) {
    if (block > 1) x = layers.halve(x);
    for (let i = 0; layers.has(`block${block}.convs.${i}.weight`); i += 1)
      x = layers.relu(layers.conv(x, `block${block}.convs.${i}`));
    layers.output(`edges${block}`, layers.conv(x, `block${block}.projection`));
  }
  return layers.network(size);
}
