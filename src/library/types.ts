// What the library keeps in IndexedDB: models (weights in chunks, one record each) and images.
import type { Seed } from '../generation/request/seeds.ts';
import type { FileBuffers } from '../models/buffers.ts';
import type { Prediction } from '../sampling/types.ts';
import type { Detection, WeightPlanEntry } from '../models/types.ts';

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
  /** Absent in records of before there were versions; see record-version.ts. */
  readonly version?: number;
  /** SHA-256 of the whole file, lowercase hex: the model's identity. */
  readonly sha256: string;
  /** Size and samples of the file, hashed: a hint that a file dropped again may be this one (file-identity.ts). */
  readonly fingerprint: string;
  /** Of LoRAs: SHA-256 of what follows the header, which A1111 tells them apart by. */
  readonly dataSha256?: string;
  /** A1111's model hash of before 2023, 8 digits. Absent in models imported before it was kept. */
  readonly oldHash?: string;
  /** Shown to the person; can be changed. */
  readonly name: string;
  /** The file as it was when it was read last. */
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
  /** What the file has of its own besides weights. Absent: stored by a version that did not look. */
  readonly buffers?: FileBuffers;
  /** The person's choice: positions 0 to 76 in place of the file's odd ones, which A1111 draws with. */
  readonly soundPositions?: boolean;
  /** Its VAE has been seen to leave the range of float16, and is computed in float32. */
  readonly vaeOverflows?: boolean;
  /** Values beyond float16's range that were clamped to +-65504, per tensor. */
  readonly clamped: readonly { readonly tensor: string; readonly count: number }[];
  /** Non-finite values let through because the person allowed it. */
  readonly nonFinite: readonly { readonly tensor: string; readonly count: number }[];
  /** Stretches of the file that did not have their checksum, let through because the person allowed it. Absent: none. */
  readonly mismatched?: number;
  /** Those of add-ons are the bytes of the file as they were, one after another: see kept-file.ts. */
  readonly chunks: readonly StoredChunk[];
  /** None of add-ons. */
  readonly tensors: readonly StoredTensor[];
}

/** A finished picture. The PNG holds its parameters text too; it is kept beside it for listing. */
export interface StoredImage {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly width: number;
  readonly height: number;
  readonly seed: Seed;
  readonly modelHash: string;
  /** A1111's parameters text. */
  readonly parameters: string;
  readonly png: Blob;
}
