// Layers of networks that colour pictures, on pictures [1, C, H, W] of one size.
import type { Value } from '../../graph/graph.ts';
import { convolutionFill } from '../layers.ts';
import { FaceLayers } from '../faces/face-layers.ts';

const PICTURE_NORM_EPSILON = 1e-6;

/** [1, channels, height, width]. */
export interface Sized {
  readonly value: Value;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export class ColorLayers extends FaceLayers {
  /**
   * A convolution of an odd kernel under nn.utils.spectral_norm: its weight over its largest singular value, told from the vectors that
   * training has left (u . W v). With a bias where there is one.
   */
  spectralConv(x: Value, name: string): Value {
    const { graph } = this;
    const shape = this.shapeOf(`${name}.weight_orig`, 4) as readonly [number, number, number, number];
    const [outputs, inputs, height, width] = shape;
    const row = inputs * height * width;
    const exact = (part: string, dims: readonly number[]): Value =>
      graph.cast(
        this.weight(`${name}.${part}`, dims, dims.length === 4 ? dims : [Math.max(...dims)]),
        'float32',
      );
    const weight = exact('weight_orig', shape);
    const through = graph.matMul(graph.reshape(weight, [outputs, row]), exact('weight_v', [row, 1]));
    const norm = graph.matMul(exact('weight_u', [1, outputs]), through);
    const kernel = graph.div(weight, graph.reshape(norm, [1, 1, 1, 1]));
    const bias = this.has(`${name}.bias`) ? this.weight(`${name}.bias`, [outputs]) : null;
    const [down, right] = [(height - 1) / 2, (width - 1) / 2];
    const fill = height === 3 ? convolutionFill(inputs) : 0;
    const filled = (value: Value): Value => (fill > 0 ? graph.padAxis1(value, fill) : value);
    return graph.conv(filled(x), filled(graph.cast(kernel, graph.precision)), bias, {
      kernel: [height, width],
      pads: [down, right, down, right],
    });
  }

  /** nn.BatchNorm2d that no convolution comes before. */
  batchNorm(x: Value, name: string, channels: number): Value {
    const { graph } = this;
    const { scale, bias } = this.normOf(name, channels);
    const scaled = graph.mul(x, graph.cast(graph.reshape(scale, [channels, 1, 1]), graph.precision));
    return graph.add(scaled, graph.cast(graph.reshape(bias, [channels, 1, 1]), graph.precision));
  }

  /** LayerNorm over the channels of [..., C], ConvNeXt's. */
  channelNorm(x: Value, name: string, channels: number): Value {
    return this.graph.layerNormalization(
      x,
      this.weight(`${name}.weight`, [channels]),
      this.weight(`${name}.bias`, [channels]),
      PICTURE_NORM_EPSILON,
    );
  }

  tapMap(name: string, { value, channels, height, width }: Sized): void {
    this.tap(name, () => value, [1, channels, height, width]);
  }
}
