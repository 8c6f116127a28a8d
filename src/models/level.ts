// One resolution level of an image network. Sizes are known only when the graph runs, and shape arithmetic inside a
// graph would fall back to the CPU; so each shape that a Reshape or Slice needs is a tiny input, computed here.
import type { Dim, Graph, Value } from '../graph/graph.ts';
import type { HostTensor } from '../graph/types.ts';
import { shapeTensor } from './network.ts';

/** What a level's shapes are made of. */
interface Sizes {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
}

const SHAPES = {
  /** Back to [N, C, H, W] from [N, groups, rest]. */
  planes: (s: Sizes) => [0, -1, s.height, s.width],
  /** Tokens [N * H * W, C] to [N, H, W, C]. */
  pixels: (s: Sizes) => [s.batch, s.height, s.width, -1],
  /** Tokens [N * H * W, C] to [N, H * W, C]. */
  sequence: (s: Sizes) => [s.batch, s.height * s.width, -1],
  /** Where an upsampled tensor is cut. */
  extent: (s: Sizes) => [s.height, s.width],
};

type ShapeName = keyof typeof SHAPES;

export class Level {
  readonly #declared = new Map<ShapeName, Value>();

  /** `index`: 0 is the finest level. */
  constructor(
    readonly graph: Graph,
    readonly index: number,
  ) {}

  /** The input that carries this shape; levels declare only what they use. */
  shape(name: ShapeName): Value {
    let value = this.#declared.get(name);
    if (!value) {
      value = this.graph.input(this.#inputName(name), 'int64', [
        name === 'extent' ? 2 : name === 'sequence' ? 3 : 4,
      ]);
      this.#declared.set(name, value);
    }
    return value;
  }

  /** [N, C, H, W] in symbols. */
  planesDims(channels: number): Dim[] {
    return ['n', channels, `h${this.index}`, `w${this.index}`];
  }

  sequenceDims(channels: number): Dim[] {
    return ['n', `s${this.index}`, channels];
  }

  pixelsDims(channels: number): Dim[] {
    return ['n', `h${this.index}`, `w${this.index}`, channels];
  }

  /** The shapes this level declared, for a run of these sizes. */
  feeds(sizes: Sizes): Record<string, HostTensor> {
    const feeds: Record<string, HostTensor> = {};
    for (const name of this.#declared.keys()) feeds[this.#inputName(name)] = shapeTensor(SHAPES[name](sizes));
    return feeds;
  }

  #inputName(name: ShapeName): string {
    return `level${this.index}.${name}`;
  }
}
