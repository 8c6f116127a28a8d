// Layers that the networks share: PyTorch modules by their names in a checkpoint, written as graph calls.
// Tokens travel as [N * S, C], so that a linear layer is one Gemm on the weight as the checkpoint stores it.
import type { Dim, Graph, Value } from '../graph/graph.ts';
import type { WeightCatalog } from '../graph/types.ts';
import type { Level } from './level.ts';

export const NORM_GROUPS = 32;

/** Of any axis of a tensor: shapes of a hostile file are believed up to this. */
const MAX_SIZE = 1 << 16;

/** The layer uses rows [first, first + out) of a weight that has `of` rows. */
export interface Rows {
  readonly first: number;
  readonly of: number;
}

export class Layers {
  readonly #untapped: Set<string>;

  /**
   * `prefix`: put before every name, as in "model.diffusion_model.".
   * `taps`: names of layers whose results come out too, as "act.NAME".
   * `circular`: 3x3 convolutions look across the edges at the opposite side, so that pictures continue there (A1111's "Tiling").
   */
  constructor(
    readonly graph: Graph,
    readonly catalog: WeightCatalog,
    readonly prefix: string,
    taps: readonly string[] = [],
    private readonly circular = false,
  ) {
    this.#untapped = new Set(taps);
  }

  /** nn.Linear on [M, inputs] -> [M, outputs]. A 1x1 convolution's weight [O, I, 1, 1] serves as well as [O, I]. */
  linear(
    x: Value,
    name: string,
    inputs: number,
    outputs: number,
    options: { readonly bias?: boolean; readonly rows?: Rows } = {},
  ): Value {
    const { bias = true, rows } = options;
    return this.product(x, `${name}.weight`, bias ? `${name}.bias` : null, inputs, outputs, rows);
  }

  /** `linear` for weights that are not called `.weight` and `.bias`. */
  product(
    x: Value,
    weightName: string,
    biasName: string | null,
    inputs: number,
    outputs: number,
    rows: Rows = { first: 0, of: outputs },
  ): Value {
    const weight = this.weight(weightName, [outputs, inputs], [rows.of, inputs], rows.first * inputs);
    const bias = biasName === null ? null : this.weight(biasName, [outputs], [rows.of], rows.first);
    return this.graph.gemm(x, weight, bias, { transposed: true });
  }

  /**
   * nn.Conv2d, 3x3, padded by one on every side; or by zeros as `pads` say (top, left, bottom, right), which A1111's "Tiling" leaves
   * as they are.
   */
  conv3x3(
    x: Value,
    name: string,
    inputs: number,
    outputs: number,
    options: {
      readonly stride?: number;
      readonly pads?: readonly [number, number, number, number];
      readonly bias?: boolean;
    } = {},
  ): Value {
    const { stride = 1, pads, bias = true } = options;
    const wraps = this.circular && !pads;
    const fill = convolutionFill(inputs);
    const fillUp = (value: Value) => (fill > 0 ? this.graph.padAxis1(value, fill) : value);
    const filled = fillUp(x);
    return this.graph.conv(
      wraps ? this.graph.wrap(filled, 1) : filled,
      fillUp(this.weight(`${name}.weight`, [outputs, inputs, 3, 3])),
      bias ? this.weight(`${name}.bias`, [outputs]) : null,
      { kernel: [3, 3], strides: [stride, stride], pads: pads ?? (wraps ? [0, 0, 0, 0] : [1, 1, 1, 1]) },
    );
  }

  /** nn.Conv2d, 1x1. */
  conv1x1(x: Value, name: string, inputs: number, outputs: number): Value {
    return this.graph.conv(
      x,
      this.weight(`${name}.weight`, [outputs, inputs, 1, 1]),
      this.weight(`${name}.bias`, [outputs]),
      { kernel: [1, 1] },
    );
  }

  /**
   * nn.GroupNorm(32, channels) on [N, C, H, W] (Wu & He 2018): instance norm over groups, then a scale and a shift for
   * each channel. onnxruntime's own GroupNorm has no WebGPU kernel.
   */
  groupNorm(x: Value, name: string, channels: number, level: Level, epsilon: number): Value {
    if (channels % NORM_GROUPS !== 0) {
      throw new Error(
        `${this.prefix}${name} has ${channels} channels, which do not divide into ${NORM_GROUPS} groups.`,
      );
    }
    const { graph } = this;
    const ones = graph.constant(new Array<number>(NORM_GROUPS).fill(1), [NORM_GROUPS]);
    const zeros = graph.constant(new Array<number>(NORM_GROUPS).fill(0), [NORM_GROUPS]);
    const grouped = graph.reshape(x, [0, NORM_GROUPS, -1], ['n', NORM_GROUPS, `g${level.label}.${channels}`]);
    const normalized = graph.reshape(
      graph.instanceNormalization(grouped, ones, zeros, epsilon),
      level.planes,
      level.planesDims(channels),
    );
    const scale = this.weight(`${name}.weight`, [channels, 1, 1], [channels]);
    const shift = this.weight(`${name}.bias`, [channels, 1, 1], [channels]);
    return graph.add(graph.mul(normalized, scale), shift);
  }

  /** nn.LayerNorm over channels of [M, C]. */
  layerNorm(x: Value, name: string, channels: number): Value {
    return this.graph.layerNormalization(
      x,
      this.weight(`${name}.weight`, [channels]),
      this.weight(`${name}.bias`, [channels]),
      1e-5,
    );
  }

  /** [N, C, H, W] -> tokens [N * H * W, C]. */
  flatten(x: Value, channels: number, level: Level): Value {
    return this.graph.reshape(
      this.graph.transpose(x, [0, 2, 3, 1]),
      [-1, channels],
      level.tokensDims(channels),
    );
  }

  /** Tokens [N * H * W, C] -> [N, C, H, W]. */
  unflatten(tokens: Value, channels: number, level: Level): Value {
    const pixels = this.graph.reshape(tokens, level.pixels, level.pixelsDims(channels));
    return this.graph.transpose(pixels, [0, 3, 1, 2]);
  }

  /** Lets a layer's result out if it was asked for. `value` is called only then. */
  tap(name: string, value: () => Value, dims: readonly Dim[]): void {
    if (this.#untapped.delete(name)) this.graph.output(`act.${name}`, value(), dims);
  }

  /** Throws when a layer was asked for that the network does not have. */
  finishTaps(): void {
    if (this.#untapped.size > 0)
      throw new Error(`The network has no layer ${[...this.#untapped].join(', ')}.`);
  }

  /** Whether there is a tensor of this name. */
  has(name: string): boolean {
    return this.catalog.shapeOf(this.prefix + name) !== undefined;
  }

  /** The shape of a tensor that must be there with so many axes. */
  shapeOf(name: string, axes: number): readonly number[] {
    const shape = this.catalog.shapeOf(this.prefix + name);
    if (!shape) throw new Error(`The file has no tensor ${this.prefix}${name}, which the network needs.`);
    if (shape.length !== axes)
      throw new Error(`Tensor ${this.prefix}${name} has ${shape.length} axes; the network needs ${axes}.`);
    if (!shape.every((size) => size > 0 && size <= MAX_SIZE))
      throw new Error(`Tensor ${this.prefix}${name} has a size that no network has: [${shape.join(', ')}].`);
    return shape;
  }

  /**
   * A stored weight as a tensor of `shape`, from element `start` on; `stored` is the shape it must have in the
   * checkpoint (axes of size 1 do not count). Throws when the checkpoint says otherwise.
   */
  weight(name: string, shape: readonly number[], stored: readonly number[] = shape, start = 0): Value {
    const full = this.prefix + name;
    const found = this.catalog.shapeOf(full);
    if (!found) throw new Error(`The checkpoint has no tensor ${full}, which the network needs.`);
    const proper = (sizes: readonly number[]) => sizes.filter((size) => size !== 1).join(', ');
    if (proper(found) !== proper(stored)) {
      throw new Error(
        `Tensor ${full} has shape [${found.join(', ')}]; the network needs [${stored.join(', ')}].`,
      );
    }
    return this.graph.weight({ name: full, shape, start });
  }
}

/**
 * Channels of zeros to add before a 3x3 convolution. onnxruntime-web 1.30 computes it wrongly on WebGPU where the channels
 * divide by three but not by four (6, 9: inpainting models); 3 itself comes out right.
 */
export function convolutionFill(channels: number): number {
  return channels !== 3 && channels % 3 === 0 && channels % 4 !== 0 ? 4 - (channels % 4) : 0;
}
