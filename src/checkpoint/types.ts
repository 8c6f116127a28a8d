// What a checkpoint file is to the rest of Darkroom: named tensors that can be read piecewise.

/** A file, or anything like it, read by byte ranges. Nothing is held in memory between reads. */
export interface ByteSource {
  /** Length in bytes. */
  readonly size: number;
  /** Bytes `[offset, offset + length)`. Rejects when the range leaves the source. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Element kinds, named as safetensors names them. */
export type DType =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'F8_E4M3'
  | 'F8_E5M2'
  | 'I64'
  | 'I32'
  | 'I16'
  | 'I8'
  | 'U64'
  | 'U32'
  | 'U16'
  | 'U8'
  | 'BOOL';

export const BYTES_PER_ELEMENT: Readonly<Record<DType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Product of `shape` (1 for a scalar). */
  readonly elementCount: number;
  /** Offset in the file of the tensor's first byte (its storage's entry where it is compressed): visiting tensors by it reads the file front to back. */
  readonly position: number;
}

/** A tensor that is there, in a form Darkroom does not read. */
export interface UnreadableTensor {
  readonly shape: readonly number[];
  /** For a person: what it is stored as ("the number format F8_E8M0", "a sparse tensor"). */
  readonly form: string;
}

export type CheckpointFormat = 'safetensors' | 'torch-zip' | 'torch-legacy' | 'picture';

/** A stretch of a file, stored as it is, and the CRC-32 that the file itself gives its bytes. */
export interface Checksum {
  readonly start: number;
  readonly length: number;
  readonly crc: number;
  /** Names of tensors that lie in it. */
  readonly tensors: readonly string[];
}

/** An opened checkpoint: only its header or directory has been read. */
export interface Checkpoint {
  readonly format: CheckpointFormat;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The others. They do no harm unless a network needs one. */
  readonly unreadable: ReadonlyMap<string, UnreadableTensor>;
  /** safetensors' `__metadata__`; of torch files, what is told of a network that is in them whole, or stands beside the tensors. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Nobody has compared them yet: that takes reading all of the file. Absent where the format has none. */
  readonly checksums?: readonly Checksum[];
  /**
   * Elements `[start, start + count)` of a tensor in C order, little-endian, contiguous whatever the file's strides are.
   * Default: the whole tensor. Rejects with CheckpointError for an unknown name or data that is not there.
   */
  read(name: string, start?: number, count?: number): Promise<Uint8Array>;
}

export type CheckpointErrorCode =
  /** Not a checkpoint at all (a web page, a picture, noise). */
  | 'not-a-checkpoint'
  /** The file stops early. */
  | 'truncated'
  /** The file contradicts itself. */
  | 'corrupt'
  /** A pickle that wants to call something. */
  | 'forbidden'
  /** Well-formed, but a kind we do not read (sparse, quantized, complex tensors, encrypted zips). */
  | 'unsupported'
  /** The browser cannot read the file any more (moved, changed or locked since it was picked). */
  | 'unreadable';

/** Refusal of a file. The message says what is wrong and, where something helps, what to do. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  constructor(
    readonly code: CheckpointErrorCode,
    message: string,
  ) {
    super(message);
  }
}
