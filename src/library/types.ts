// What the library keeps in IndexedDB: models (weights in chunks, one record each) and images.
import type { Detection, Prediction, WeightPlanEntry } from '../models/types.ts';

/** A tensor of a stored model. Weights are kept as float16. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly network: WeightPlanEntry['network'];
  /** Index into `StoredModel.chunks`. */
  readonly chunk: number;
  /** Byte offset in the chunk, a multiple of 4. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface StoredChunk {
  readonly key: string;
  readonly byteLength: number;
}

/** The metadata record of a model. It is written last: without it the chunks are an unfinished import. */
export interface StoredModel {
  /** SHA-256 of the whole file, lowercase hex: the model's identity. */
  readonly sha256: string;
  /** Size and samples of the file, hashed: recognises a file dropped again without reading all of it. */
  readonly fingerprint: string;
  /** Shown to the person; can be changed. */
  readonly name: string;
  readonly fileName: string;
  readonly fileSize: number;
  readonly fileModified: number;
  /** Bytes of all chunks. */
  readonly storedSize: number;
  /** Milliseconds since 1970. */
  readonly importedAt: number;
  readonly detection: Detection;
  /** The person's choice, over `detection.prediction`. */
  readonly predictionOverride: Prediction | null;
  /** Values beyond float16's range that were clamped to +-65504, per tensor. */
  readonly clamped: readonly { readonly tensor: string; readonly count: number }[];
  /** Non-finite values let through because the person allowed it. */
  readonly nonFinite: readonly { readonly tensor: string; readonly count: number }[];
  readonly chunks: readonly StoredChunk[];
  readonly tensors: readonly StoredTensor[];
}

/** A finished picture. The PNG holds its parameters text too; it is kept beside it for listing. */
export interface StoredImage {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  readonly modelHash: string;
  /** A1111's parameters text. */
  readonly parameters: string;
  readonly png: Blob;
}
