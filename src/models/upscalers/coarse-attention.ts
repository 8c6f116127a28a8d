// ESA (Liu et al. 2020, RFDN): each pixel counts as much as a coarse view of the picture says, which is brought back to its size.
import type { Value } from '../../graph/graph.ts';
import type { PictureLayers } from './picture-layers.ts';

const POOL = 7;
const POOL_STRIDE = 3;

export function coarselyWeighed(layers: PictureLayers, x: Value, name: string): Value {
  const { graph } = layers;
  const [narrow] = layers.shapeOf(`${name}.conv2.weight`, 4) as [number];
  const fine = layers.conv(x, `${name}.conv1`);
  const halved = layers.conv3x3(fine, `${name}.conv2`, narrow, narrow, { stride: 2, pads: [0, 0, 0, 0] });
  const pooled = graph.maxPool(halved, POOL, POOL_STRIDE);
  const coarse = graph.cast(layers.conv(pooled, `${name}.conv3`), 'float32');
  // Bilinear, as two products: what each row and column is made of depends on the picture's size alone.
  const rows = layers.matrix('coarse.rows', ({ height }) => bilinear(coarseSide(height), height, false));
  const columns = layers.matrix('coarse.columns', ({ width }) => bilinear(coarseSide(width), width, true));
  const back = graph.cast(graph.matMul(rows, graph.matMul(coarse, columns)), graph.precision);
  const told = layers.conv(graph.add(back, layers.conv(fine, `${name}.conv_f`)), `${name}.conv4`);
  return graph.mul(x, graph.sigmoid(told));
}

/** After a 3x3 convolution of stride 2 without padding, and the pooling. */
function coarseSide(side: number): number {
  const halved = Math.floor((side - 3) / 2) + 1;
  return Math.floor((halved - POOL) / POOL_STRIDE) + 1;
}

/** Weights of `from` pixels for `to` (align_corners off), [to, from]; `across`: [from, to]. */
function bilinear(from: number, to: number, across: boolean) {
  const data = new Float32Array(from * to);
  const put = (target: number, source: number, weight: number): void => {
    const at = across ? source * to + target : target * from + source;
    data[at] = data[at]! + weight;
  };
  for (let i = 0; i < to; i++) {
    const place = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const first = Math.floor(place);
    put(i, first, 1 - (place - first));
    put(i, Math.min(first + 1, from - 1), place - first);
  }
  return { data, rows: across ? from : to, columns: across ? to : from };
}
