// Where eyes, nose and mouth lie in a face: face-api's network of 68 points, separable convolutions in blocks that add up what came
// before. It looks at a square of 112 pixels.
import type { Graph, Value } from '../../graph/graph.ts';
import type { WeightCatalog } from '../../graph/types.ts';
import { Layers } from '../layers.ts';
import { countFrom } from '../layouts/mapped.ts';
import { float32Tensor, type Network } from '../network.ts';
import { samePads, type SquareInputs } from './ssd-mobilenet.ts';

/** Pixels of a side of what it looks at. */
export const LANDMARKS_SIDE = 112;
/** Of red, green and blue, in bytes; what is over them is divided by 255. */
export const LANDMARKS_MEANS = [122.782, 117.001, 104.298] as const;
/** Convolutions of a block. */
const CONVOLUTIONS = 4;

/** Image: (byte - mean) / 255. Output "points" [1, 136]: x and y of each, in parts of the sides. @throws Error naming what is missing. */
export function landmarkNetwork(weights: WeightCatalog, graph: Graph): Network<SquareInputs> {
  const layers = new SeparableLayers(graph, weights, 'landmarks.');
  const side = LANDMARKS_SIDE;
  let h = graph.cast(graph.input('face', 'float32', [1, 3, side, side]), graph.precision);
  const blocks = countFrom((i) => layers.has(`block${i}.conv1.pointwise.weight`));
  for (let block = 0; block < blocks; block += 1) h = denseBlock(layers, h, `block${block}`, block === 0);
  const [points = 0, channels = 0] = layers.shapeOf('fc.weight', 2);
  const pooled = graph.mean(graph.reshape(h, [channels, -1], [channels, 'hw']));
  const flat = graph.reshape(pooled, [1, channels]);
  graph.output('points', graph.cast(layers.linear(flat, 'fc', channels, points), 'float32'), [1, points]);
  return {
    graph,
    outputs: ['points'],
    feeds: ({ image }) => ({ face: float32Tensor('face', image, [1, 3, side, side]) }),
  };
}

/** Sides are halved. */
function denseBlock(layers: SeparableLayers, x: Value, name: string, first: boolean): Value {
  const { graph } = layers;
  let sum = graph.relu(first ? layers.full(x, `${name}.conv0`, 2) : layers.separable(x, `${name}.conv0`, 2));
  let h = sum;
  for (let i = 1; i < CONVOLUTIONS; i += 1) {
    sum = graph.add(sum, layers.separable(h, `${name}.conv${i}`, 1));
    h = graph.relu(sum);
  }
  return h;
}

class SeparableLayers extends Layers {
  full(x: Value, name: string, stride: number): Value {
    const [outputs, inputs] = this.shapeOf(`${name}.weight`, 4) as [number, number];
    const weight = this.weight(`${name}.weight`, [outputs, inputs, 3, 3]);
    const pads = samePads(3, stride);
    return this.graph.conv(x, weight, this.weight(`${name}.bias`, [outputs]), {
      kernel: [3, 3],
      strides: [stride, stride],
      pads,
    });
  }

  /** Each channel alone, then all of each pixel. */
  separable(x: Value, name: string, stride: number): Value {
    const [outputs, inputs] = this.shapeOf(`${name}.pointwise.weight`, 4) as [number, number];
    const alone = this.graph.conv(x, this.weight(`${name}.depthwise.weight`, [inputs, 1, 3, 3]), null, {
      kernel: [3, 3],
      strides: [stride, stride],
      pads: samePads(3, stride),
      groups: inputs,
    });
    const weight = this.weight(`${name}.pointwise.weight`, [outputs, inputs, 1, 1]);
    return this.graph.conv(alone, weight, this.weight(`${name}.bias`, [outputs]), { kernel: [1, 1] });
  }
}
