// How far a request has come, for a run that goes on where another was cut short.

/** One call of the UNet. */
export interface Evaluation {
  /** Digest of what was asked: an answer counts only for the same question. */
  readonly input: number;
  /** [items, latentChannels, height, width]. */
  readonly output: Float32Array;
}

/** Lets a request go on where it was cut short, to the same pictures. Without a past it records what a later one needs. */
export interface Continuation {
  /** Picture i is kept as `<id>-<i>`, so that one that is made twice is kept once. */
  readonly id: string;
  /** Pictures that are done. */
  readonly pictures: number;
  /** Those of the batch that was under way, in order. */
  readonly evaluations: readonly Evaluation[];
}
