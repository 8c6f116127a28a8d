// Layers that the networks for faces share, on pictures [1, C, H, W].
import { Graph, type Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import { convolutionFill, Layers } from '../layers.ts';
import { DEVIATIONS } from '../layouts/deviations.ts';

/** nn.BatchNorm2d's. */
const BATCH_NORM_EPSILON = 1e-5;

export interface FaceConvOptions {
  readonly stride?: number;
  readonly bias?: boolean;
  /** What lies beyond the edges: zeros, or the picture mirrored (nn.ReflectionPad2d). */
  readonly edges?: 'zeros' | 'mirrored';
}

export class FaceLayers extends Layers {
  constructor(weights: WeightCatalog, precision: Precision, taps: readonly string[] = []) {
    super(new Graph(precision), weights, '', taps);
  }

  /** nn.Conv2d of an odd square kernel, padded by half of it. Channels and kernel are those of its weight, which is there. */
  conv(x: Value, name: string, options: FaceConvOptions = {}): Value {
    const shape = this.#kernelOf(name);
    const bias = options.bias === false ? null : this.weight(`${name}.bias`, [shape[0]]);
    return this.#convolved(x, this.weight(`${name}.weight`, shape), bias, shape, options);
  }

  /**
   * A convolution without a bias, and the nn.BatchNorm2d `norm` after it: one convolution, whose weights are scaled in float32 where
   * the network is loaded.
   */
  normedConv(x: Value, name: string, norm: string, options: FaceConvOptions = {}): Value {
    const { graph } = this;
    const shape = this.#kernelOf(name);
    const [channels] = shape;
    const { scale, bias } = this.normOf(norm, channels);
    const kernel = graph.mul(
      graph.cast(this.weight(`${name}.weight`, shape), 'float32'),
      graph.reshape(scale, [channels, 1, 1, 1]),
    );
    const { precision } = graph;
    return this.#convolved(x, graph.cast(kernel, precision), graph.cast(bias, precision), shape, options);
  }

  /** nn.BatchNorm2d as what is multiplied and what is added, both [channels], in float32. */
  normOf(norm: string, channels: number): { readonly scale: Value; readonly bias: Value } {
    const { graph } = this;
    const stored = (part: string, row = 0, rows = 1): Value =>
      graph.cast(
        this.weight(
          `${norm}.${part}`,
          [channels],
          rows === 1 ? [channels] : [rows, channels],
          row * channels,
        ),
        'float32',
      );
    const deviation = graph.add(stored(DEVIATIONS, 0, 2), stored(DEVIATIONS, 1, 2));
    const variance = graph.mul(deviation, deviation);
    const epsilon = graph.constant([BATCH_NORM_EPSILON], [], 'float32');
    const scale = graph.div(stored('weight'), graph.sqrt(graph.add(variance, epsilon)));
    const centre = graph.mul(stored('running_mean'), graph.constant([-1], [], 'float32'));
    const bias = graph.add(stored('bias'), graph.mul(centre, scale));
    return { scale, bias };
  }

  #convolved(
    x: Value,
    kernel: Value,
    bias: Value | null,
    [, inputs, side]: Kernel,
    { stride = 1, edges = 'zeros' }: FaceConvOptions,
  ): Value {
    const { graph } = this;
    const pad = (side - 1) / 2;
    const mirrors = edges === 'mirrored' && pad > 0;
    const fill = convolutionFill(inputs);
    const filled = (value: Value): Value => (fill > 0 ? graph.padAxis1(value, fill) : value);
    const around = mirrors ? 0 : pad;
    return graph.conv(filled(mirrors ? graph.mirror(x, pad) : x), filled(kernel), bias, {
      kernel: [side, side],
      strides: [stride, stride],
      pads: [around, around, around, around],
    });
  }

  #kernelOf(name: string): Kernel {
    const shape = this.shapeOf(`${name}.weight`, 4) as Kernel;
    const [, , height, width] = shape;
    if (height !== width || height % 2 === 0)
      throw new Error(
        `Tensor ${name}.weight has kernels of ${height}x${width}, which no network of its kind has.`,
      );
    return shape;
  }
}

type Kernel = readonly [outputs: number, inputs: number, height: number, width: number];
