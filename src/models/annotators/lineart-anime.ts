// Line drawings as of cartoons (sd-webui-controlnet 1.1.455, annotator/lineart_anime): pix2pix' U-Net (Isola et al. 2017), each level
// inside of the one above, instance norms.
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import type { Network } from '../network.ts';
import {
  AnnotatorLayers,
  checkSides,
  type AnnotatorInputs,
  type AnnotatorSize,
  type Sized,
} from './annotator-layers.ts';

const SLOPE = 0.2;

export function isLineartAnime(weights: WeightCatalog): boolean {
  return ['model.model.0.weight', 'model.model.1.model.3.model.1.weight', 'model.model.3.weight'].every(
    (name) => weights.shapeOf(name) !== undefined,
  );
}

/** Of RGB, -1..1; sides are multiples of 256. Output: "lines" [1, 1, height, width], -1..1, black on white. */
export function lineartAnimeNetwork(
  weights: WeightCatalog,
  precision: Precision,
  size: AnnotatorSize,
): Network<AnnotatorInputs> {
  const layers = new AnnotatorLayers(weights, precision);
  const { graph } = layers;
  const down = (x: Sized, name: string) => layers.conv(x, name, { stride: 2, pad: 1 });
  const up = (x: Sized, name: string) => layers.convTranspose(layers.relu(x), name, { stride: 2, pad: 1 });
  /** What a level makes of its input, beside that. */
  const level = (x: Sized, name: string): Sized => {
    const leaky = { ...x, value: graph.leakyRelu(x.value, SLOPE) };
    const small = down(leaky, `${name}.1`);
    const isInnermost = !layers.has(`${name}.5.weight`);
    const made = isInnermost
      ? up(small, `${name}.3`)
      : up(level(layers.instanceNorm(small), `${name}.3.model`), `${name}.5`);
    const { value } = layers.instanceNorm(made);
    return { ...x, value: graph.concat([x.value, value], 1), channels: x.channels + made.channels };
  };

  let levels = 1;
  for (let name = 'model.model.1.model'; layers.has(`${name}.1.weight`); name += '.3.model') levels += 1;
  checkSides(size, 2 ** levels);
  const outermost = down(layers.picture(size), 'model.model.0');
  const last = up(level(outermost, 'model.model.1.model'), 'model.model.3');
  layers.output('lines', { ...last, value: graph.tanh(last.value) });
  return layers.network(size);
}
