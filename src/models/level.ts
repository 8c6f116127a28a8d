// One resolution level of an image network. Sizes are known only when the graph runs, and shape arithmetic inside a
// graph would fall back to the CPU; so each shape that a Reshape or Slice needs is a tiny input, computed here.
import type { Dim, Graph, Value } from '../graph/graph.ts';
import type { HostTensor } from '../graph/types.ts';
import { shapeTensor } from './network.ts';

export interface Sizes {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
}

type Compute = (sizes: Sizes) => readonly number[];

export class Level {
  readonly #fed = new Map<string, { readonly value: Value; readonly compute: Compute }>();

  /** `index`: 0 is the finest level. `label`: what no other level of the network is called by. */
  constructor(
    readonly graph: Graph,
    readonly index: number,
    readonly label = String(index),
  ) {}

  /** Shape from [N, groups, rest] back to [N, C, H, W]. */
  get planes(): Value {
    return this.fed('planes', ({ height, width }) => [0, -1, height, width]);
  }

  /** Shape from tokens [N * H * W, C] to [N, H, W, C]. */
  get pixels(): Value {
    return this.fed('pixels', ({ batch, height, width }) => [batch, height, width, -1]);
  }

  /** Shape from tokens [N * H * W, C] to [N, H * W, C]. */
  get sequence(): Value {
    return this.fed('sequence', ({ batch, height, width }) => [batch, height * width, -1]);
  }

  /** [H, W], where an upsampled tensor is cut. */
  get extent(): Value {
    return this.fed('extent', ({ height, width }) => [height, width]);
  }

  /** An input that carries integers made of the level's sizes; asked for again it is the same input. */
  fed(name: string, compute: Compute): Value {
    let entry = this.#fed.get(name);
    if (!entry) {
      const { length } = compute({ batch: 1, height: 1, width: 1 });
      entry = { value: this.graph.input(this.#inputName(name), 'int64', [length]), compute };
      this.#fed.set(name, entry);
    }
    return entry.value;
  }

  /** What the level's inputs carry in a run of these sizes. */
  feeds(sizes: Sizes): Record<string, HostTensor> {
    return Object.fromEntries(
      [...this.#fed].map(([name, { compute }]) => [this.#inputName(name), shapeTensor(compute(sizes))]),
    );
  }

  // Shapes in symbols, as the runtime is told. It takes equal symbols for equal sizes when it plans memory, so they
  // carry the level's label.

  /** [N, C, H, W]. */
  planesDims(channels: number): Dim[] {
    return ['n', channels, `h${this.label}`, `w${this.label}`];
  }

  tokensDims(channels: number): Dim[] {
    return [`m${this.label}`, channels];
  }

  pixelsDims(channels: number): Dim[] {
    return ['n', `h${this.label}`, `w${this.label}`, channels];
  }

  sequenceDims(channels: number): Dim[] {
    return ['n', `s${this.label}`, channels];
  }

  #inputName(name: string): string {
    return `level${this.label}.${name}`;
  }
}
