// Line drawings of photographs (Chan et al. 2022; sd-webui-controlnet 1.1.455, annotator/lineart): two steps down, residual blocks,
// two steps up, instance norms.
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import type { Network } from '../network.ts';
import { AnnotatorLayers, checkSides, type AnnotatorInputs, type AnnotatorSize } from './annotator-layers.ts';

export function isLineart(weights: WeightCatalog): boolean {
  return ['model0.1.weight', 'model2.0.conv_block.5.weight', 'model4.1.weight'].every(
    (name) => weights.shapeOf(name) !== undefined,
  );
}

/** Of RGB, 0..1; sides are multiples of 4. Output: "lines" [1, 1, height, width], 0..1, black on white. */
export function lineartNetwork(
  weights: WeightCatalog,
  precision: Precision,
  size: AnnotatorSize,
): Network<AnnotatorInputs> {
  checkSides(size, 4);
  const layers = new AnnotatorLayers(weights, precision);
  const mirrored = (name: string, pad: number) => layers.conv(layers.mirror(x, pad), name, { pad: 0 });

  let x = layers.picture(size);
  x = layers.relu(layers.instanceNorm(mirrored('model0.1', 3)));
  for (const name of ['model1.0', 'model1.3'])
    x = layers.relu(layers.instanceNorm(layers.conv(x, name, { stride: 2 })));
  for (let i = 0; layers.has(`model2.${i}.conv_block.1.weight`); i += 1) {
    const before = x;
    x = layers.relu(layers.instanceNorm(mirrored(`model2.${i}.conv_block.1`, 1)));
    x = layers.add(before, layers.instanceNorm(mirrored(`model2.${i}.conv_block.5`, 1)));
  }
  for (const name of ['model3.0', 'model3.3']) {
    const grown = layers.convTranspose(x, name, { stride: 2, pad: 1, extra: 1 });
    x = layers.relu(layers.instanceNorm(grown));
  }
  const last = mirrored('model4.1', 3);
  layers.output('lines', { ...last, value: layers.graph.sigmoid(last.value) });
  return layers.network(size);
}
