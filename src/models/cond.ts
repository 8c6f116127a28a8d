// What a UNet is told of one text.

export interface Cond {
  /** [tokens, contextDim]. */
  readonly context: Float32Array;
  readonly tokens: number;
  /** [vectorDim]; null for models without one. */
  readonly vector: Float32Array | null;
  /** What it is told of parts of the picture instead, by their number. */
  readonly regions?: readonly Cond[];
  /** How many of the last tokens count against what they say. */
  readonly negated?: number;
}
