// Layers of YOLOv8 by their names in its files (Jocher et al. 2023; ultralytics 8.2, nn/modules), on pictures [1, C, H, W] whose
// sides are multiples of 32.
import { Graph, type Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import { convolutionFill, Layers } from '../layers.ts';

/** Of its batch norms, which ultralytics sets anew. */
const EPSILON = 1e-3;

export class YoloLayers extends Layers {
  constructor(weights: WeightCatalog, precision: Precision) {
    super(new Graph(precision), weights, 'model.');
  }

  /** Convolution, batch norm, SiLU. Channels and kernel are those of its weight, which is there. */
  conv(x: Value, name: string, stride = 1): Value {
    const { graph } = this;
    const [outputs, inputs, height, width] = this.kernelOf(`${name}.conv.weight`);
    // Computed in float32: squares of what has been halved are not.
    const norm = (part: string): Value => graph.cast(this.weight(`${name}.bn.${part}`, [outputs]), 'float32');
    const spread = graph.sqrt(graph.add(norm('running_var'), graph.constant([EPSILON], [], 'float32')));
    const scale = graph.div(norm('weight'), spread);
    const mean = graph.mul(norm('running_mean'), graph.constant([-1], [], 'float32'));
    const bias = graph.add(norm('bias'), graph.mul(mean, scale));
    const stored = this.weight(`${name}.conv.weight`, [outputs, inputs, height, width]);
    const weight = graph.mul(graph.cast(stored, 'float32'), graph.reshape(scale, [outputs, 1, 1, 1]));

    const fill = height === 3 ? convolutionFill(inputs) : 0;
    const filled = (value: Value): Value => (fill > 0 ? graph.padAxis1(value, fill) : value);
    const [down, right] = [Math.floor(height / 2), Math.floor(width / 2)];
    const result = graph.conv(
      filled(x),
      filled(graph.cast(weight, graph.precision)),
      graph.cast(bias, graph.precision),
      { kernel: [height, width], strides: [stride, stride], pads: [down, right, down, right] },
    );
    return graph.silu(result);
  }

  /** nn.Conv2d, 1x1 with a bias. */
  plain(x: Value, name: string): Value {
    const [outputs, inputs] = this.kernelOf(`${name}.weight`);
    return this.conv1x1(x, name, inputs, outputs);
  }

  /** C2f: half of the channels go through a row of bottlenecks, and all that is made on the way is put together. */
  c2f(x: Value, name: string, { shortcut }: { readonly shortcut: boolean }): Value {
    const { graph } = this;
    const first = this.conv(x, `${name}.cv1`);
    const half = Math.floor(this.outputsOf(`${name}.cv1`) / 2);
    const parts = [graph.slice(first, [0], [half], [1]), graph.slice(first, [half], [2 * half], [1])];
    for (let i = 0; this.has(`${name}.m.${i}.cv1.conv.weight`); i++) {
      const before = parts.at(-1)!;
      const made = this.conv(this.conv(before, `${name}.m.${i}.cv1`), `${name}.m.${i}.cv2`);
      parts.push(shortcut ? graph.add(before, made) : made);
    }
    return this.conv(graph.concat(parts, 1), `${name}.cv2`);
  }

  /** SPPF: the largest of ever wider surroundings, beside each other. */
  sppf(x: Value, name: string): Value {
    const { graph } = this;
    const parts = [this.conv(x, `${name}.cv1`)];
    for (let i = 0; i < 3; i++) parts.push(graph.maxPool(parts.at(-1)!, 5, 1, 2));
    return this.conv(graph.concat(parts, 1), `${name}.cv2`);
  }

  /** Channels that a convolution gives. */
  outputsOf(name: string): number {
    return this.kernelOf(`${name}.conv.weight`)[0];
  }

  /** The shape of a convolution's weight, which must be there. */
  kernelOf(name: string): readonly [number, number, number, number] {
    return this.shapeOf(name, 4) as readonly number[] as readonly [number, number, number, number];
  }
}
