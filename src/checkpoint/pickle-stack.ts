// The memory of the pickle machine: its stack with marks, its memo, and the bound on both.
import type { PickleValue } from './pickle-values.ts';
import { CheckpointError } from './types.ts';

/** Containers, dictionary entries, stack and memo are each bounded by this; a model has some ten thousand of them. */
const MAX_OBJECTS = 1_000_000;

/** Throws CheckpointError when a pickle makes more objects than any model has. */
export function boundObjects(count: number): void {
  if (count > MAX_OBJECTS) {
    throw new CheckpointError(
      'unsupported',
      `The file describes more than ${MAX_OBJECTS} objects; a model has some thousands.`,
    );
  }
}

export class PickleStack {
  private readonly stack: PickleValue[] = [];
  /** Stack heights at the open MARKs; nothing below the last one can be popped. */
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, PickleValue>();

  /** `fail` refuses the pickle. */
  constructor(private readonly fail: (what: string) => never) {}

  push(value: PickleValue): void {
    boundObjects(this.stack.length);
    this.stack.push(value);
  }

  mark(): void {
    boundObjects(this.marks.length);
    this.marks.push(this.stack.length);
  }

  /** Drops the last value, or the last mark where nothing lies above it. */
  drop(): void {
    if (this.marks.at(-1) === this.stack.length) this.marks.pop();
    else this.pop();
  }

  pop(): PickleValue {
    return this.popMany(1)[0]!;
  }

  /** The last values, in the order they were pushed. */
  popMany(count: number): PickleValue[] {
    const from = this.stack.length - count;
    if (from < (this.marks.at(-1) ?? 0)) this.fail('takes more from its stack than is there');
    return this.stack.splice(from);
  }

  /** Everything above the last mark, and the mark. */
  popMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) return this.fail('closes something it never opened');
    return this.stack.splice(mark);
  }

  top(): PickleValue {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) this.fail('takes more from its stack than is there');
    return this.stack[this.stack.length - 1]!;
  }

  /** Stores the last value under the next free index. */
  memoize(): void {
    this.remember(this.memo.size);
  }

  /** Stores the last value in the memo. */
  remember(index: number): void {
    boundObjects(this.memo.size);
    this.memo.set(index, this.top());
  }

  recall(index: number): PickleValue {
    const value = this.memo.get(index);
    return value === undefined ? this.fail(`refers to object ${index}, which it never stored`) : value;
  }
}
