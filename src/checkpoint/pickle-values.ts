// What the pickle reader makes of a pickle: plain records. Nothing here can act; a "call" in the pickle becomes a
// record that says what would have been called with what.

export type PickleValue =
  | null
  | boolean
  | number
  /** Integers that a number cannot hold exactly. */
  | bigint
  | string
  | Uint8Array
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleSet
  | PickleGlobal
  | PickleObject
  | PicklePersistent;

export class PickleList {
  readonly items: PickleValue[] = [];
}

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** Keys that Python compares by value but JavaScript by identity (tuples) stay apart; names and numbers behave. */
export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();
}

export class PickleSet {
  readonly items: PickleValue[] = [];
}

/** A name of something importable. The reader has asked its allow-list about it. */
export class PickleGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}

  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** What a pickle would have built by calling `callee` with `args`, and what it then put into the result. */
export class PickleObject {
  /** Set by BUILD: the object's attributes. */
  state: PickleValue = null;
  private dict: PickleDict | null = null;
  private list: PickleList | null = null;

  constructor(
    readonly callee: PickleGlobal,
    readonly args: readonly PickleValue[],
  ) {}

  /** Items set on it as on a dictionary; made when first asked for, since most objects have none. */
  get entries(): Map<PickleValue, PickleValue> {
    return (this.dict ??= new PickleDict()).entries;
  }

  /** Items appended to it as to a list. */
  get items(): PickleValue[] {
    return (this.list ??= new PickleList()).items;
  }
}

/** A reference to data outside the pickle (torch: a storage). */
export class PicklePersistent {
  constructor(readonly id: PickleValue) {}
}
