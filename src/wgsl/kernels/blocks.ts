// How large a piece of an attention one workgroup computes at a time. The default is from arithmetic and what one card liked
// (docs/performance); the tuner finds others.

export interface Block {
  /** Queries of a workgroup. */
  readonly queries: number;
  /** Keys that are looked at together; a thread computes the scores of four. */
  readonly keys: number;
  /** Queries of a thread. */
  readonly threadRows: number;
  /**
   * Whether all channels of the queries and of a block of keys are in workgroup memory at once: they are read once and need fewer
   * barriers. Else so many fours at a time.
   */
  readonly whole: boolean;
}

/** Fours of a head's channels that are in workgroup memory at once where not all are. */
export const CHANNELS = 4;
/** Heads that are wider leave a thread one query only: results are kept in registers. */
const WIDE = 160;

export function chooseBlock(headSize: number): Block {
  return headSize > WIDE
    ? { queries: 16, keys: 32, threadRows: 1, whole: false }
    : { queries: 64, keys: 32, threadRows: 4, whole: false };
}
