// What a wildcard stands for.

/** One of a list's texts. */
export interface Item {
  readonly text: string;
  /** Null where it has none of its own, which counts as 1. */
  readonly weight: number | null;
}

/** All that one name stands for. */
export class Items {
  /** The weights added up, for draws; null where all are the same, and a draw need not look at them. */
  readonly sums: readonly number[] | null;

  constructor(readonly all: readonly Item[]) {
    const varied = all.some(({ weight }) => (weight ?? 1) !== (all[0]!.weight ?? 1));
    let sum = 0;
    this.sums = varied ? all.map(({ weight }) => (sum += weight ?? 1)) : null;
  }

  /** Each as often as its weight says, rounded down. */
  *repeated(): Generator<string, void> {
    for (const { text, weight } of this.all) {
      for (let i = 1; i <= (weight ?? 1); i++) yield text;
    }
  }
}
