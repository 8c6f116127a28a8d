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
  readonly #makers = new Map<Value, Operation>();
  readonly #readers = new Map<Value, Set<Operation>>();
  /** Operations are in the order of these numbers. */
  readonly #position = new Map<Operation, number>();

  constructor(
    private readonly operations: Operations,
    private readonly outputs: ReadonlySet<Value>,
  ) {
    this.list = operations.list;
    for (const [position, operation] of this.list.entries()) this.#enter(operation, position);
  }

  /** Goes over all operations once; gives how often the pattern was found. */
  sweep(pattern: Pattern): number {
    const replaced = new Map<Operation, readonly Operation[]>();
    for (const operation of this.list) {
      // What a find before swallowed is not there any more.
      if (!this.#isThere(operation)) continue;
      const replacement = pattern.apply(operation, this);
      if (!replacement) continue;
      replaced.set(operation, replacement);
      const position = this.#position.get(operation)!;
      for (const [i, one] of replacement.entries()) this.#enter(one, position + i / replacement.length);
      this.#retire(operation);
    }
    if (replaced.size === 0) return 0;
    this.list = this.list
      .flatMap((one) => replaced.get(one) ?? [one])
      .filter((operation) => this.#isThere(operation));
    for (const [position, operation] of this.list.entries()) this.#position.set(operation, position);
    return replaced.size;
  }

  maker<K extends Operation['kind']>(value: Value, kind: K): OperationOf<K> | null {
    const operation = this.#makers.get(value);
    return operation?.kind === kind ? (operation as OperationOf<K>) : null;
  }

  only<K extends Operation['kind']>(value: Value, kind: K): OperationOf<K> | null {
    return this.#readers.get(value)?.size === 1 && !this.outputs.has(value) ? this.maker(value, kind) : null;
  }

  readers(value: Value): readonly Operation[] {
    const position = (operation: Operation) => this.#position.get(operation)!;
    return [...(this.#readers.get(value) ?? [])].sort((a, b) => position(a) - position(b));
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

  #isThere(operation: Operation): boolean {
    return this.#makers.get(operation.output) === operation;
  }

  /** In the place of what made the same value before. */
  #enter(operation: Operation, position: number): void {
    const before = this.#makers.get(operation.output);
    this.#makers.set(operation.output, operation);
    this.#position.set(operation, position);
    for (const value of readsOf(operation)) {
      const readers = this.#readers.get(value);
      if (readers) readers.add(operation);
      else this.#readers.set(value, new Set([operation]));
    }
    if (before) this.#retire(before);
  }

  /** It does not read any more; what nobody else reads is not made any more. */
  #retire(operation: Operation): void {
    for (const value of readsOf(operation)) {
      const readers = this.#readers.get(value);
      if (!readers?.delete(operation) || readers.size > 0 || this.outputs.has(value)) continue;
      const maker = this.#makers.get(value);
      this.#makers.delete(value);
      if (maker) this.#retire(maker);
    }
  }
}
