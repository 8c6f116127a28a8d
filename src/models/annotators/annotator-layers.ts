// Layers that networks for control maps share, on pictures [1, C, H, W] of one size.
import { Graph, type Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import { Layers } from '../layers.ts';
import { float32Tensor, type Network } from '../network.ts';

/** [3, height, width], as the network wants its numbers. */
export interface AnnotatorInputs {
  readonly image: Float32Array;
}

/** Of the pictures that a graph is built for. */
export interface AnnotatorSize {
  readonly height: number;
  readonly width: number;
}

/** [1, channels, height, width]. */
export interface Sized {
  readonly value: Value;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

interface ConvOptions {
  readonly stride?: number;
  /** On each side; half of the kernel unless told. */
  readonly pad?: number;
  readonly dilation?: number;
}

/** torch's for instance norms. */
const INSTANCE_NORM_EPSILON = 1e-5;

export class AnnotatorLayers extends Layers {
  constructor(weights: WeightCatalog, precision: Precision, prefix = '') {
    super(new Graph(precision), weights, prefix);
  }

  picture({ height, width }: AnnotatorSize): Sized {
    const image = this.graph.input('image', 'float32', [1, 3, height, width]);
    return { value: this.graph.cast(image, this.graph.precision), channels: 3, height, width };
  }

  /** nn.Conv2d; channels and kernel are those of its weight. With a bias where there is one. */
  conv(x: Sized, name: string, { stride = 1, dilation = 1, ...rest }: ConvOptions = {}): Sized {
    const shape = this.kernelOf(name);
    const [channels, , side] = shape;
    const pad = rest.pad ?? ((side - 1) / 2) * dilation;
    const value = this.graph.conv(
      x.value,
      this.weight(`${name}.weight`, shape),
      this.has(`${name}.bias`) ? this.weight(`${name}.bias`, [channels]) : null,
      { kernel: [side, side], strides: [stride, stride], pads: [pad, pad, pad, pad], dilation },
    );
    const along = (length: number): number =>
      Math.floor((length + 2 * pad - (side - 1) * dilation - 1) / stride) + 1;
    return { value, channels, height: along(x.height), width: along(x.width) };
  }

  /** nn.ConvTranspose2d with a bias. */
  convTranspose(x: Sized, name: string, options: { stride: number; pad?: number; extra?: number }): Sized {
    const [inputs, channels, side] = this.kernelOf(name);
    const value = this.graph.convTranspose(
      x.value,
      this.weight(`${name}.weight`, [inputs, channels, side, side]),
      this.weight(`${name}.bias`, [channels]),
      { kernel: side, ...options },
    );
    const { stride, pad = 0, extra = 0 } = options;
    const along = (length: number): number => (length - 1) * stride - 2 * pad + side + extra;
    return { value, channels, height: along(x.height), width: along(x.width) };
  }

  /** nn.InstanceNorm2d without weights. */
  instanceNorm(x: Sized): Sized {
    const all = (value: number): Value =>
      this.graph.constant(new Array<number>(x.channels).fill(value), [x.channels]);
    return { ...x, value: this.graph.instanceNormalization(x.value, all(1), all(0), INSTANCE_NORM_EPSILON) };
  }

  relu(x: Sized): Sized {
    return { ...x, value: this.graph.relu(x.value) };
  }

  add(a: Sized, b: Sized): Sized {
    return { ...a, value: this.graph.add(a.value, b.value) };
  }

  mirror(x: Sized, count: number): Sized {
    const value = this.graph.mirror(x.value, count);
    return { ...x, value, height: x.height + 2 * count, width: x.width + 2 * count };
  }

  /** The largest of each four. */
  halve(x: Sized): Sized {
    const value = this.graph.maxPool(x.value, 2, 2);
    return { ...x, value, height: Math.floor(x.height / 2), width: Math.floor(x.width / 2) };
  }

  output(name: string, { value, channels, height, width }: Sized): void {
    this.graph.output(name, value, [1, channels, height, width]);
  }

  /** The shape of a convolution's weight, which must be there with a square kernel. */
  kernelOf(name: string): readonly [number, number, number, number] {
    const shape = this.shapeOf(`${name}.weight`, 4) as readonly number[] as readonly [
      number,
      number,
      number,
      number,
    ];
    if (shape[2] !== shape[3])
      throw new Error(`Tensor ${name}.weight has kernels of ${shape[2]}x${shape[3]}, which are not square.`);
    return shape;
  }

  /** The whole of it, for pictures of the size it was built for. */
  network({ height, width }: AnnotatorSize): Network<AnnotatorInputs> {
    return {
      graph: this.graph,
      outputs: this.graph.outputs.map(({ name }) => name),
      feeds: ({ image }) => ({ image: float32Tensor('image', image, [1, 3, height, width]) }),
    };
  }
}

/** Both sides are multiples of `multiple`. @throws RangeError where they are not. */
export function checkSides({ height, width }: AnnotatorSize, multiple: number): void {
  if (height % multiple !== 0 || width % multiple !== 0)
    throw new RangeError(`A picture of ${width} x ${height} has sides that are no multiples of ${multiple}.`);
}
