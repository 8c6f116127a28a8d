// Layers that upscalers share, on pictures [1, C, H, W] of any size. Sizes that a Reshape or Slice needs are inputs of the graph
// (models/level.ts).
import { Graph, type Value } from '../../graph/graph.ts';
import type { HostTensor, Precision, WeightCatalog } from '../../graph/types.ts';
import { Layers } from '../layers.ts';
import { Level, type Sizes } from '../level.ts';
import { float32Tensor, int32Tensor, shapeTensor, type Network } from '../network.ts';
import type { UpscalerInputs } from './architecture.ts';
import { filledUp, type Filling } from './filling.ts';

/** What a graph is fed besides the picture, made of the sizes of a run. */
interface Fed {
  readonly value: Value;
  readonly tensor: (sizes: Sizes) => HostTensor;
}

/** Pixels of a window's side. */
const MAX_WINDOW = 64;

export class PictureLayers extends Layers {
  readonly level: Level;
  readonly #fed = new Map<string, Fed>();
  readonly #made = new Map<string, Value>();

  constructor(weights: WeightCatalog, precision: Precision, taps: readonly string[] = []) {
    const graph = new Graph(precision);
    super(graph, weights, '', taps);
    this.level = new Level(graph, 0);
  }

  /** The graph's input "image", in the graph's precision. */
  input(channels = 3): Value {
    return this.graph.cast(
      this.graph.input('image', 'float32', this.level.planesDims(channels)),
      this.graph.precision,
    );
  }

  /** nn.Conv2d of an odd kernel, padded so that the size stays. Channels and kernel are those of its weight, which is there. */
  conv(x: Value, name: string, { bias = true, groups = 1 } = {}): Value {
    const [outputs, inputs, height, width] = this.shapeOf(`${name}.weight`, 4) as [
      number,
      number,
      number,
      number,
    ];
    if (height === 3 && width === 3 && groups === 1) return this.conv3x3(x, name, inputs, outputs, { bias });
    const weight = this.weight(`${name}.weight`, [outputs, inputs, height, width]);
    const [down, right] = [Math.floor(height / 2), Math.floor(width / 2)];
    return this.graph.conv(x, weight, bias ? this.weight(`${name}.bias`, [outputs]) : null, {
      kernel: [height, width],
      pads: [down, right, down, right],
      groups,
    });
  }

  /** A convolution that sees each channel alone. */
  depthwise(x: Value, name: string, options: { readonly bias?: boolean } = {}): Value {
    return this.conv(x, name, { ...options, groups: this.shapeOf(`${name}.weight`, 4)[0]! });
  }

  /** x * (1 - s^2) / (1 + s^2), s = sigmoid(-x): x tanh(softplus(x)), nn.Mish. */
  mish(x: Value): Value {
    const { graph } = this;
    const s = graph.sigmoid(graph.mul(x, graph.constant([-1], [])));
    const square = graph.mul(s, s);
    const one = graph.constant([1], []);
    const share = graph.div(
      graph.add(one, graph.mul(square, graph.constant([-1], []))),
      graph.add(one, square),
    );
    return graph.mul(x, share);
  }

  /** [1, C, H, W] -> [1, C]: what nn.AdaptiveAvgPool2d(1) gives. */
  pooled(x: Value, channels: number): Value {
    const rows = this.graph.reshape(x, [channels, -1], [channels, 'hw']);
    return this.graph.reshape(this.graph.mean(rows), [1, channels]);
  }

  /** Channels [from, to) of [1, C, H, W]. */
  channels(x: Value, from: number, to: number): Value {
    return this.graph.slice(x, [from], [to], [1]);
  }

  /** Tokens [H * W, C], row by row. */
  tokens(x: Value, channels: number): Value {
    return this.flatten(x, channels, this.level);
  }

  /** ... and back to [1, C, H, W]. */
  planes(tokens: Value, channels: number): Value {
    return this.unflatten(tokens, channels, this.level);
  }

  /** Places of rows, made of the sizes of a run: an input of the graph. Asked for again it is the same. */
  places(name: string, compute: (sizes: Sizes) => Int32Array): Value {
    return this.#given(name, 'int32', (sizes) => {
      const data = compute(sizes);
      return int32Tensor(name, data, [data.length]);
    });
  }

  /** Numbers, likewise; `dims` of what comes, one of which may be left to the length (-1). */
  numbers(name: string, dims: readonly number[], compute: (sizes: Sizes) => Float32Array): Value {
    return this.#given(
      name,
      'float32',
      (sizes) => {
        const data = compute(sizes);
        const known = dims.reduce((product, size) => (size > 0 ? product * size : product), 1);
        return float32Tensor(
          name,
          data,
          dims.map((size) => (size > 0 ? size : data.length / known)),
        );
      },
      dims,
    );
  }

  /** A matrix, likewise: [1, 1, rows, columns]. */
  matrix(
    name: string,
    compute: (sizes: Sizes) => {
      readonly data: Float32Array;
      readonly rows: number;
      readonly columns: number;
    },
  ): Value {
    const known = this.#fed.get(name);
    if (known) return known.value;
    const value = this.graph.input(name, 'float32', [1, 1, `${name}.rows`, `${name}.columns`]);
    const tensor = (sizes: Sizes): HostTensor => {
      const { data, rows, columns } = compute(sizes);
      return float32Tensor(name, data, [1, 1, rows, columns]);
    };
    this.#fed.set(name, { value, tensor });
    return value;
  }

  /** What several layers use, made once. */
  once(name: string, make: () => Value): Value {
    const value = this.#made.get(name) ?? make();
    this.#made.set(name, value);
    return value;
  }

  #given(
    name: string,
    type: 'int32' | 'float32',
    tensor: Fed['tensor'],
    dims: readonly number[] = [-1],
  ): Value {
    const known = this.#fed.get(name);
    if (known) return known.value;
    const value = this.graph.input(
      name,
      type,
      dims.map((size) => (size > 0 ? size : `${name}.length`)),
    );
    this.#fed.set(name, { value, tensor });
    return value;
  }

  /** The side of windows of which a table has all relative positions, (2 side - 1)^2. */
  windowOf(positions: number): number {
    const window = (Math.sqrt(positions) + 1) / 2;
    if (Number.isInteger(window) && window <= MAX_WINDOW) return window;
    throw new Error(`Its windows have ${positions} relative positions: they are not square, or too large.`);
  }

  /** nn.PReLU with a slope for each channel, or one for all. */
  prelu(x: Value, name: string): Value {
    const { graph } = this;
    const [slopes] = this.shapeOf(`${name}.weight`, 1) as [number];
    const slope = this.weight(`${name}.weight`, [slopes, 1, 1], [slopes]);
    // What is below 0: the rest beside the positive part.
    const negative = graph.add(x, graph.mul(graph.relu(x), graph.constant([-1], [])));
    return graph.add(graph.relu(x), graph.mul(negative, slope));
  }

  /** nn.PixelShuffle: [1, C by by, H, W] -> [1, C, by H, by W], at `at` times the picture's size. */
  pixelShuffle(x: Value, channels: number, by: number, at = 1): Value {
    if (by === 1) return x;
    const { graph, level } = this;
    const split = level.fed(`shuffle${channels}.${by}.${at}`, ({ batch, height, width }) => [
      ...[batch, channels, by, by],
      ...[at * height, at * width],
    ]);
    const joined = level.fed(`shuffled${at * by}`, ({ batch, height, width }) => [
      ...[batch, -1],
      ...[at * by * height, at * by * width],
    ]);
    const [h, w] = [`h${at}`, `w${at}`];
    const apart = graph.reshape(x, split, ['n', channels, by, by, h, w]);
    const dims = ['n', channels, `h${at * by}`, `w${at * by}`];
    return graph.reshape(graph.transpose(apart, [0, 1, 4, 2, 5, 3]), joined, dims);
  }

  /** nn.PixelUnshuffle: [1, C, by H, by W] -> [1, C by by, H, W]. `x` has `by` times the size of the level. */
  pixelUnshuffle(x: Value, channels: number, by: number): Value {
    if (by === 1) return x;
    const { graph, level } = this;
    const split = level.fed(`unshuffle${channels}.${by}`, ({ batch, height, width }) => [
      ...[batch, channels],
      ...[height, by, width, by],
    ]);
    const joined = level.fed('unshuffled', ({ batch, height, width }) => [batch, -1, height, width]);
    const apart = graph.reshape(x, split, ['n', channels, 'h1', by, 'w1', by]);
    const dims = ['n', channels * by * by, 'h1', 'w1'];
    return graph.reshape(graph.transpose(apart, [0, 1, 3, 5, 2, 4]), joined, dims);
  }

  /**
   * The network whose result is `image`, [1, 3, ...]: the last thing that is made. `sized`: how pictures are brought to sizes that it
   * takes; the result is cut to what they were.
   */
  finish(image: Value, scale: number, sized: Sized = {}): Network<UpscalerInputs> {
    const { graph, level } = this;
    const { fillings = [], fold = 1 } = sized;
    const end = fillings.length > 0 ? graph.input('end', 'int64', [2]) : null;
    const cut = end ? graph.slice(image, [0, 0], end, [2, 3]) : image;
    graph.output('enlarged', graph.cast(cut, 'float32'), ['n', 3, 'H', 'W']);
    this.finishTaps();
    return {
      graph,
      outputs: graph.outputs.map(({ name }) => name),
      feeds: ({ image, height, width }) => {
        const picture = { data: image, channels: 3, height, width };
        const { data, ...filled } = fillings.reduce(filledUp, picture);
        const sizes = { batch: 1, height: filled.height / fold, width: filled.width / fold };
        const given = [...this.#fed].map(([name, { tensor }]) => [name, tensor(sizes)] as const);
        return {
          image: float32Tensor('image', data, [1, 3, filled.height, filled.width]),
          ...Object.fromEntries(given),
          ...(end && { end: shapeTensor([scale * height, scale * width]) }),
          ...level.feeds(sizes),
        };
      },
    };
  }
}

/** What sizes a network takes. */
export interface Sized {
  /** Steps in which a picture is filled up. */
  readonly fillings?: readonly Filling[];
  /** The level is so many times smaller than the picture (a pixel unshuffle at the beginning). */
  readonly fold?: number;
}
