// YOLOv8 (Jocher et al. 2023; ultralytics 8.2, cfg/models/v8): a backbone, two ways through its last three levels, and at each of
// those a head that says of every cell where the edges of a box are and what is in it. Segmentation adds 32 pictures
// ("prototypes") of which each box's mask is a mixture. Sizes (n, s, m, l, x) are those of the file.
import type { Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import { Level, type Sizes } from '../level.ts';
import { float32Tensor, type Network } from '../network.ts';
import { YoloLayers } from './yolo-layers.ts';

/** [3, height, width], 0..1; sides are multiples of 32. */
export interface YoloInputs {
  readonly image: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** What the numbers of a cell are, in order: four edges of so many bins, classes, the mixture of its mask. */
export interface YoloSizes {
  readonly bins: number;
  readonly classes: number;
  /** 0 without masks. */
  readonly masks: number;
  /** Pixels between the cells of each level, the finest first. */
  readonly strides: readonly number[];
}

const STRIDES = [8, 16, 32] as const;
/** Number of the head in the file. */
const HEAD = 22;

/** Of tensors by their names, "model.0.conv.weight". @throws Error naming a tensor that is not there. */
export function yoloSizes(weights: WeightCatalog): YoloSizes {
  const layers = new YoloLayers(weights, 'float32');
  const outputs = (name: string): number => layers.kernelOf(`${HEAD}.${name}.weight`)[0];
  return {
    bins: Math.floor(outputs('cv2.0.2') / 4),
    classes: outputs('cv3.0.2'),
    masks: hasMasks(weights) ? outputs('cv4.0.2') : 0,
    strides: STRIDES,
  };
}

export function hasMasks(weights: WeightCatalog): boolean {
  return weights.shapeOf(`model.${HEAD}.proto.cv1.conv.weight`) !== undefined;
}

/**
 * Outputs: "cells" [1, 4 bins + classes + masks, cells], raw numbers, the finest level's cells first, row by row;
 * and with masks "prototypes" [1, masks, height / 4, width / 4].
 */
export function yoloNetwork(weights: WeightCatalog, precision: Precision): Network<YoloInputs> {
  const layers = new YoloLayers(weights, precision);
  const { graph } = layers;
  const sizes = yoloSizes(weights);
  /** Of the finest level that has a head. */
  const level = new Level(graph, 3);

  let x = graph.cast(graph.input('image', 'float32', ['n', 3, 'h0', 'w0']), precision);
  const down = (index: number): void => void (x = layers.conv(x, `${index}`, 2));
  const deepen = (index: number): Value => (x = layers.c2f(x, `${index}`, { shortcut: true }));
  down(0);
  down(1);
  deepen(2);
  down(3);
  const fine = deepen(4);
  down(5);
  const middle = deepen(6);
  down(7);
  deepen(8);
  const coarse = (x = layers.sppf(x, '9'));

  // Up to the finest of the three levels, and down again.
  const join = (a: Value, b: Value, index: number): Value =>
    layers.c2f(graph.concat([a, b], 1), `${index}`, { shortcut: false });
  const upper = join(graph.upsampleNearest2x(coarse), middle, 12);
  const p3 = join(graph.upsampleNearest2x(upper), fine, 15);
  const p4 = join(layers.conv(p3, '16', 2), upper, 18);
  const p5 = join(layers.conv(p4, '19', 2), coarse, 21);

  const perCell = 4 * sizes.bins + sizes.classes + sizes.masks;
  const cells = [p3, p4, p5].map((features, i) => {
    const branch = (name: string): Value => {
      const at = `${HEAD}.${name}.${i}`;
      return layers.plain(layers.conv(layers.conv(features, `${at}.0`), `${at}.1`), `${at}.2`);
    };
    const branches = ['cv2', 'cv3', ...(sizes.masks > 0 ? ['cv4'] : [])].map(branch);
    return graph.reshape(graph.concat(branches, 1), [0, perCell, -1], ['n', perCell, `cells${i}`]);
  });
  graph.output('cells', graph.concat(cells, 2), ['n', perCell, 'cells']);
  if (sizes.masks > 0) {
    const { value, channels } = prototypes(layers, level, p3);
    graph.output('prototypes', value, ['n', channels, 'h', 'w']);
  }
  return {
    graph,
    outputs: graph.outputs.map(({ name }) => name),
    feeds: ({ image, height, width }) => {
      if ([height, width].some((side) => side % STRIDES[2] !== 0))
        throw new RangeError(`A picture of ${width} x ${height} has sides that are no multiples of 32.`);
      const finest: Sizes = { batch: 1, height: height / STRIDES[0], width: width / STRIDES[0] };
      return { image: float32Tensor('image', image, [1, 3, height, width]), ...level.feeds(finest) };
    },
  };
}

/** At twice the size of the finest level. */
function prototypes(layers: YoloLayers, level: Level, features: Value): { value: Value; channels: number } {
  const name = `${HEAD}.proto`;
  const doubled = transposed2x(layers, level, layers.conv(features, `${name}.cv1`), `${name}.upsample`);
  const value = layers.conv(layers.conv(doubled, `${name}.cv2`), `${name}.cv3`);
  return { value, channels: layers.outputsOf(`${name}.cv3`) };
}

/** nn.ConvTranspose2d of kernel and stride 2: every pixel becomes four, each by a 1x1 convolution of its own. */
function transposed2x(layers: YoloLayers, level: Level, x: Value, name: string): Value {
  const { graph } = layers;
  const [inputs, outputs] = layers.kernelOf(`${name}.weight`);
  const stored = layers.weight(`${name}.weight`, [inputs, 4 * outputs], [inputs, outputs, 2, 2]);
  const weight = graph.reshape(graph.transpose(stored, [1, 0]), [4 * outputs, inputs, 1, 1]);
  const four = graph.conv(x, weight, null, { kernel: [1, 1] });
  const split = level.fed('split', ({ batch, height, width }) => [batch, outputs, 2, 2, height, width]);
  const joined = level.fed('joined', ({ batch, height, width }) => [batch, -1, 2 * height, 2 * width]);
  const apart = graph.reshape(four, split, ['n', outputs, 2, 2, 'h3', 'w3']);
  const together = graph.reshape(graph.transpose(apart, [0, 1, 4, 2, 5, 3]), joined, [
    'n',
    outputs,
    'h2',
    'w2',
  ]);
  return graph.add(together, layers.weight(`${name}.bias`, [outputs, 1, 1], [outputs]));
}
