// How large a piece of an attention one workgroup computes at a time. The default is from arithmetic, not from measurements.

export interface Block {
  /** Queries of a workgroup. */
  readonly queries: number;
  /** Keys that are looked at together; a thread computes the scores of four. */
  readonly keys: number;
  /** Queries of a thread. */
  readonly threadRows: number;
}

/** Heads that are wider leave a thread one query only: results are kept in registers. */
const WIDE = 160;

export function chooseBlock(headSize: number): Block {
  return headSize > WIDE
    ? { queries: 16, keys: 32, threadRows: 1 }
    : { queries: 64, keys: 32, threadRows: 4 };
}
