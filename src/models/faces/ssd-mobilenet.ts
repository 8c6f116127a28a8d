// A face detector of the box: SSD (Liu et al. 2016) on MobileNet v1 (Howard et al. 2017), trained on WIDER FACE, as face-api has it.
// It looks at a square of 512 pixels. Weights of its dense convolutions are bytes; what stands beside each says which numbers they
// mean: (byte - zero) * scale.
import type { Graph, Value } from '../../graph/graph.ts';
import type { WeightCatalog } from '../../graph/types.ts';
import { countFrom } from '../layouts/mapped.ts';
import { Layers } from '../layers.ts';
import { float32Tensor, type Network } from '../network.ts';

/** Pixels of a side of what it looks at. */
export const DETECTOR_SIDE = 512;
/** What it says of an anchor: two classes that stand for no face or are not used, around that of a face; a box. */
const CLASSES = 3;
const FACE_CLASS = 1;
const BOX = 4;
/** Blocks of the backbone that halve the sides, and the one that the first head looks at. */
const HALVING = [2, 4, 6, 12];
const FINE_BLOCK = 11;
/** Activations are 0..6. */
const MOST = 6;

export interface SquareInputs {
  /** [3, side, side], red, green, blue. */
  readonly image: Float32Array;
}

/** Image: -1..1. Outputs "boxes" [1, anchors, 4], encoded (ssd-boxes.ts), and "scores" [1, anchors, 1], 0..1. @throws Error naming what is missing. */
export function ssdMobilenetNetwork(weights: WeightCatalog, graph: Graph): Network<SquareInputs> {
  const layers = new ByteLayers(graph, weights, 'detector.');
  const side = DETECTOR_SIDE;
  const input = graph.input('image', 'float32', [1, 3, side, side]);

  let h = layers.dense(graph.cast(input, graph.precision), 'conv0', 2);
  const features: Value[] = [];
  const blocks = countFrom((i) => layers.has(`block${i + 1}.depthwise.weight`));
  for (let block = 1; block <= blocks; block += 1) {
    h = layers.depthwise(h, `block${block}.depthwise`, HALVING.includes(block) ? 2 : 1);
    h = layers.dense(h, `block${block}.pointwise`, 1);
    if (block === FINE_BLOCK || block === blocks) features.push(h);
  }
  const extras = countFrom((i) => layers.has(`extra${i}.weight`));
  for (let i = 0; i < extras; i += 1) {
    // Narrowed, then halved.
    h = layers.dense(h, `extra${i}`, i % 2 === 0 ? 1 : 2);
    if (i % 2 === 1) features.push(h);
  }
  const heads = (what: 'box' | 'class', size: number): Value =>
    graph.concat(
      features.map((feature, i) => {
        const places = graph.transpose(layers.head(feature, `head${i}.${what}`), [0, 2, 3, 1]);
        return graph.reshape(places, [1, -1, size], [1, `anchors${i}`, size]);
      }),
      1,
    );
  const scores = graph.sigmoid(heads('class', CLASSES));
  const face = graph.slice(scores, [FACE_CLASS], [FACE_CLASS + 1], [2]);
  graph.output('boxes', graph.cast(heads('box', BOX), 'float32'), [1, 'anchors', BOX]);
  graph.output('scores', graph.cast(face, 'float32'), [1, 'anchors', 1]);
  return {
    graph,
    outputs: ['boxes', 'scores'],
    feeds: ({ image }) => ({ image: float32Tensor('image', image, [1, 3, side, side]) }),
  };
}

/** TensorFlow's "same": where sides are even and halved, what a kernel of 3 lacks is put at the end. */
export function samePads(kernel: number, stride: number): [number, number, number, number] {
  if (kernel === 1) return [0, 0, 0, 0];
  return stride === 2 ? [0, 0, 1, 1] : [1, 1, 1, 1];
}

class ByteLayers extends Layers {
  /** A convolution of all channels, and what is activated of it. */
  dense(x: Value, name: string, stride: number): Value {
    return this.graph.clip(this.#conv(x, name, stride), 0, MOST);
  }

  head(x: Value, name: string): Value {
    return this.#conv(x, name, 1);
  }

  /** A 3x3 convolution of each channel alone. */
  depthwise(x: Value, name: string, stride: number): Value {
    const [channels = 0] = this.shapeOf(`${name}.weight`, 4);
    const result = this.graph.conv(
      x,
      this.weight(`${name}.weight`, [channels, 1, 3, 3]),
      this.weight(`${name}.bias`, [channels]),
      { kernel: [3, 3], strides: [stride, stride], pads: samePads(3, stride), groups: channels },
    );
    return this.graph.clip(result, 0, MOST);
  }

  #conv(x: Value, name: string, stride: number): Value {
    const { graph } = this;
    const [outputs, inputs, kernel] = this.shapeOf(`${name}.weight`, 4) as [number, number, number];
    const bytes = this.weight(`${name}.weight`, [outputs, inputs, kernel, kernel]);
    const minusZero = graph.add(bytes, this.weight(`${name}.minus_zero`, [1]));
    const weight = graph.mul(minusZero, this.weight(`${name}.scale`, [1]));
    return graph.conv(x, weight, this.weight(`${name}.bias`, [outputs]), {
      kernel: [kernel, kernel],
      strides: [stride, stride],
      pads: samePads(kernel, stride),
    });
  }
}
