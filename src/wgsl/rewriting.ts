// Rewrites operations by a table of patterns until none is found any more.
import { Value } from '../graph/graph.ts';
import type { Shape } from '../graph/shapes.ts';
import type { WeightRef } from '../graph/types.ts';
import { readsOf, type Operation, type OperationOf, type Operations } from './operations.ts';

/** What a pattern finds: operations that take the place of `operation`, which must still give its output. */
export interface Pattern {
  readonly name: string;
  /** Null where the pattern is not found at this operation. */
  apply(operation: Operation, view: RewritingView): readonly Operation[] | null;
}

/** What patterns may ask. */
export interface RewritingView {
  /** The operation of that kind that makes the value, if one does. */
  maker<K extends Operation['kind']>(value: Value, kind: K): OperationOf<K> | null;
  /** `maker`, if nothing else reads the value: then it may be swallowed. */
  only<K extends Operation['kind']>(value: Value, kind: K): OperationOf<K> | null;
  /** Who reads it, in order. */
  readers(value: Value): readonly Operation[];
  shape(value: Value): Shape;
  weight(value: Value): WeightRef | undefined;
  /** The number that all elements of a constant are. */
  constant(value: Value): number | undefined;
  /** A value of the type of another, of a shape. */
  value(like: Value, shape: Shape): Value;
}

export interface Rewritten extends Operations {
  /** How often each pattern was found. */
  readonly found: Readonly<Record<string, number>>;
}

export function rewrite(
  operations: Operations,
  outputs: readonly Value[],
  patterns: readonly Pattern[],
): Rewritten {
  const rewriting = new Rewriting(operations, new Set(outputs));
  const found: Record<string, number> = {};
  let changed = true;
  while (changed) {
    changed = false;
    for (const pattern of patterns) {
      for (let count = rewriting.sweep(pattern); count > 0; count = rewriting.sweep(pattern)) {
        found[pattern.name] = (found[pattern.name] ?? 0) + count;
        changed = true;
      }
    }
  }
  return { ...operations, list: rewriting.list, found };
}

class Rewriting implements RewritingView {
  list: readonly Operation[];
  #makers = new Map<Value, Operation>();
  #readers = new Map<Value, Operation[]>();

  constructor(
    private readonly operations: Operations,
    private readonly outputs: ReadonlySet<Value>,
  ) {
    this.list = operations.list;
    this.#index();
  }

  /** Goes over all operations once; gives how often the pattern was found. */
  sweep(pattern: Pattern): number {
    let count = 0;
    for (const operation of this.list) {
      // An operation that a find before it swallowed is not there any more.
      if (this.#makers.get(operation.output) !== operation) continue;
      const replacement = pattern.apply(operation, this);
      if (!replacement) continue;
      this.list = this.list.flatMap((one) => (one === operation ? replacement : [one]));
      this.#index();
      count++;
    }
    return count;
  }

  maker<K extends Operation['kind']>(value: Value, kind: K): OperationOf<K> | null {
    const operation = this.#makers.get(value);
    return operation?.kind === kind ? (operation as OperationOf<K>) : null;
  }

  only<K extends Operation['kind']>(value: Value, kind: K): OperationOf<K> | null {
    return this.readers(value).length === 1 && !this.outputs.has(value) ? this.maker(value, kind) : null;
  }

  readers(value: Value): readonly Operation[] {
    return this.#readers.get(value) ?? [];
  }

  shape(value: Value): Shape {
    const shape = this.operations.shapes.get(value);
    if (!shape) throw new Error('A value without a shape.');
    return shape;
  }

  weight(value: Value): WeightRef | undefined {
    return this.operations.weights.get(value);
  }

  constant(value: Value): number | undefined {
    const numbers = this.operations.constants.get(value);
    return numbers?.every((number) => number === numbers[0]) ? numbers[0] : undefined;
  }

  value(like: Value, shape: Shape): Value {
    const value = new Value(like.graph, like.type);
    this.operations.shapes.set(value, shape);
    return value;
  }

  /** Who makes and reads what; what nobody reads goes, and what is made twice is made once, where first. */
  #index(): void {
    const needed = new Set(this.outputs);
    const made = new Set<Value>();
    this.list = this.list.filter(({ output }) => !made.has(output) && made.add(output));
    this.list = this.list
      .toReversed()
      .filter((operation) => {
        if (!needed.has(operation.output)) return false;
        for (const value of readsOf(operation)) needed.add(value);
        return true;
      })
      .reverse();
    this.#makers = new Map(this.list.map((operation) => [operation.output, operation]));
    this.#readers = new Map();
    for (const operation of this.list) {
      for (const value of new Set(readsOf(operation))) {
        const readers = this.#readers.get(value);
        if (readers) readers.push(operation);
        else this.#readers.set(value, [operation]);
      }
    }
  }
}
