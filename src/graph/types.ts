// What a graph takes in and gives out, whatever runs it.

/** A tensor on the CPU side. int64 carries shapes, which ONNX wants in that type. */
export type HostTensor =
  | { readonly type: 'float32'; readonly data: Float32Array; readonly dims: readonly number[] }
  | { readonly type: 'int32'; readonly data: Int32Array; readonly dims: readonly number[] }
  | { readonly type: 'int64'; readonly data: BigInt64Array; readonly dims: readonly number[] };

/** Arithmetic inside a graph. Inputs and outputs are float32 either way. */
export type Precision = 'float32' | 'float16';

/** Contiguous rows `[row, row + rows)` along axis 0 of a stored weight (all of it by default). */
export interface WeightRef {
  readonly name: string;
  /** Shape of what is used. */
  readonly shape: readonly number[];
  /** First element used, counted in elements from the weight's start. */
  readonly start: number;
}

/** Where onnxruntime finds a weight's bytes: an `externalData` path and a byte range in it. */
export interface WeightPlace {
  readonly location: string;
  readonly offset: number;
}

/** What is added to a weight, seen as a matrix of rows, as a product: `up` turned around times `down`. */
export interface Factors {
  readonly rank: number;
  /** [rank, rows]. */
  readonly up: Float32Array<ArrayBuffer>;
  /** [rank, columns]. */
  readonly down: Float32Array<ArrayBuffer>;
}

/** A weight that is yet to be changed by whoever reads it. */
export interface FactoredWeight {
  /** The bytes to add to. */
  readonly stored: Uint8Array;
  readonly factors: Factors;
}

/** Looks weights up by name (ldm layout). */
export interface WeightCatalog {
  shapeOf(name: string): readonly number[] | undefined;
}
