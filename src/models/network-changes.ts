// What extensions change of a UNet's graph, as data. The list is part of what a network is told apart by, so that what differs from call
// to call is no part of it: that is told with each call, a number for each of the batch ("marks"), and reads 0 where nothing is told.
import type { Graph, Value } from '../graph/graph.ts';
import type { HostTensor } from '../graph/types.ts';
import { float32Tensor } from './network.ts';

/**
 * Perturbed-Attention Guidance (Ahn et al. 2024, section 4.2): for items that are marked, self-attention gives its values as they are,
 * as if every token attended to itself alone.
 */
export interface PerturbedAttention {
  readonly kind: 'perturbed-attention';
  /** Of the layers whose names begin so: "middle_block". */
  readonly layers: string;
}

/** Name of its mark: 1 perturbs, 0 does not. */
export const PERTURBED = 'perturbed';

export type NetworkChange = PerturbedAttention;

/** For each of the batch, by name. */
export type Marks = Readonly<Record<string, ArrayLike<number>>>;

/** The changes of one graph: blocks ask at each place that may be another. */
export class GraphChanges {
  readonly #marks = new Map<string, Value>();

  constructor(
    private readonly graph: Graph,
    private readonly changes: readonly NetworkChange[],
  ) {}

  /** Of self-attention, before its last projection: `mixed` and `values`, both [N, tokens, C]. */
  attended(name: string, mixed: Value, values: Value): Value {
    const { graph } = this;
    const perturbs = this.changes.some(
      (change) => change.kind === 'perturbed-attention' && name.startsWith(`${change.layers}.`),
    );
    if (!perturbs) return mixed;
    const number = (value: number) => graph.constant([value], [], 'float32');
    const mark = graph.reshape(this.#mark(PERTURBED), [-1, 1, 1]);
    const rest = graph.add(graph.mul(mark, number(-1)), number(1));
    const share = (of: Value, part: Value) => graph.mul(of, graph.cast(part, of.type));
    return graph.add(share(mixed, rest), share(values, mark));
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
