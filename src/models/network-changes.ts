// What extensions change of a UNet's graph, as data. The list is part of what a network is told apart by, so that what differs from call
// to call is no part of it: that is told with each call, a number for each of the batch ("marks"), and reads 0 where nothing is told.
import type { Graph, Value } from '../graph/graph.ts';
import type { HostTensor } from '../graph/types.ts';
import { AttentionChanges, type AttentionChange } from './attention-changes.ts';
import { float32Tensor } from './network.ts';

export type NetworkChange = AttentionChange;

/** For each of the batch, by name. */
export type Marks = Readonly<Record<string, ArrayLike<number>>>;

/** The changes of one graph: blocks ask at each place that may be another. */
export class GraphChanges {
  readonly #marks = new Map<string, Value>();

  /** Of self-attention. */
  readonly attention: AttentionChanges;

  constructor(
    private readonly graph: Graph,
    changes: readonly NetworkChange[],
  ) {
    this.attention = new AttentionChanges(graph, changes, (name) => this.#mark(name));
  }

  /** What the marks' inputs carry in a run. */
  feeds(batch: number, marks: Marks = {}): Record<string, HostTensor> {
    const fed = [...this.#marks.keys()].map((name) => {
      const told = Float32Array.from(marks[name] ?? new Float32Array(batch));
      return [inputName(name), float32Tensor(inputName(name), told, [batch])] as const;
    });
    return Object.fromEntries(fed);
  }

  #mark(name: string): Value {
    const known = this.#marks.get(name) ?? this.graph.input(inputName(name), 'float32', ['n']);
    this.#marks.set(name, known);
    return known;
  }
}

function inputName(mark: string): string {
  return `mark.${mark}`;
}
