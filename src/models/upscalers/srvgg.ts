// SRVGGNetCompact, "Real-ESRGAN compact" (Wang et al. 2021; BasicSR's srvgg_arch.py): plain convolutions at the picture's size, and
// one pixel shuffle; what they make is added to the enlarged picture.
import { countFrom } from '../layouts/mapped.ts';
import type { WeightCatalog } from '../../graph/types.ts';
import type { Architecture } from './architecture.ts';
import { PictureLayers } from './picture-layers.ts';

/** Convolutions have even numbers, PReLUs odd ones. */
function layersIn(weights: WeightCatalog): number {
  return countFrom((i) => weights.shapeOf(`body.${i}.weight`) !== undefined);
}

/** The last convolution makes 3 scale^2 channels. */
function scaleOf(weights: WeightCatalog): number {
  const out = weights.shapeOf(`body.${layersIn(weights) - 1}.weight`)?.[0] ?? 0;
  return Math.sqrt(out / 3);
}

export const SRVGG: Architecture = {
  kind: 'srvgg',
  half: true,
  tiles: 'blended',

  recognise(weights) {
    const [conv, prelu] = [weights.shapeOf('body.0.weight'), weights.shapeOf('body.1.weight')];
    if (conv?.length !== 4 || prelu?.length !== 1) return null;
    return { name: 'Real-ESRGAN compact', scale: scaleOf(weights) };
  },

  network(weights, precision) {
    const layers = new PictureLayers(weights, precision);
    const { graph } = layers;
    const [count, scale] = [layersIn(weights), scaleOf(weights)];
    if (!Number.isInteger(scale) || scale < 1)
      throw new Error('Its last layer does not make pictures in colour.');
    const picture = layers.input();
    let h = picture;
    for (let i = 0; i < count; i++)
      h = i % 2 === 0 ? layers.conv(h, `body.${i}`) : layers.prelu(h, `body.${i}`);
    const enlarged = scale === 1 ? picture : graph.upsampleNearest(picture, scale);
    return layers.finish(graph.add(layers.pixelShuffle(h, 3, scale), enlarged), scale);
  },
};
