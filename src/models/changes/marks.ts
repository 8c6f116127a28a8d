// What a network with changes is told with each call: numbers by name, for each of the batch. It reads 0 where nothing is told, which
// changes nothing.
import type { ElementType, Graph, Value } from '../../graph/graph.ts';
import type { HostTensor } from '../../graph/types.ts';
import { float32Tensor } from '../network.ts';

/** For each of the batch, by name. */
export type Marks = Readonly<Record<string, ArrayLike<number>>>;

export class MarkInputs {
  readonly #inputs = new Map<string, Value>();

  constructor(private readonly graph: Graph) {}

  /** A number for each of the batch, [N]. */
  input(name: string): Value {
    const known = this.#inputs.get(name) ?? this.graph.input(inputName(name), 'float32', ['n']);
    this.#inputs.set(name, known);
    return known;
  }

  /** ... as [N, 1, 1, 1]. */
  perItem(name: string, type: ElementType): Value {
    return this.graph.cast(this.graph.reshape(this.input(name), [-1, 1, 1, 1]), type);
  }

  feeds(batch: number, marks: Marks): Record<string, HostTensor> {
    const fed = [...this.#inputs.keys()].map((name) => {
      const told = Float32Array.from(marks[name] ?? new Float32Array(batch));
      return [inputName(name), float32Tensor(inputName(name), told, [batch])] as const;
    });
    return Object.fromEntries(fed);
  }
}

function inputName(mark: string): string {
  return `mark.${mark}`;
}
