// A Checkpoint over torch tensors, whichever container their storages lie in.
import { readStrided, type RangeReader } from './strided.ts';
import { elementRange, quote, requireReadable } from './tensor.ts';
import type { TorchState } from './torch-state.ts';
import type { TorchTensor } from './torch-tensor.ts';
import {
  BYTES_PER_ELEMENT,
  CheckpointError,
  type Checkpoint,
  type CheckpointFormat,
  type TensorInfo,
} from './types.ts';

/** Where the bytes of one storage are. */
export interface StorageBytes {
  /** Offset in the file of the storage's first byte, or of its compressed data. */
  readonly position: number;
  readonly compressed: boolean;
  /** Bytes that can be read (after unpacking). */
  readonly length: number;
  readonly read: RangeReader;
}

interface Stored extends TensorInfo {
  readonly tensor: TorchTensor;
  readonly bytes: StorageBytes;
}

/** Throws CheckpointError when a tensor's storage is not there or shorter than the pickle says. */
export function torchCheckpoint(
  format: CheckpointFormat,
  { tensors, unreadable, metadata }: TorchState,
  storages: ReadonlyMap<string, StorageBytes>,
): Checkpoint {
  const stored = new Map<string, Stored>();
  for (const tensor of tensors) {
    const { key, kind, count, embedded } = tensor.storage;
    const bytes = embedded === undefined ? storages.get(key) : inMemory(embedded);
    if (bytes === undefined) {
      throw new CheckpointError(
        'corrupt',
        `The data of tensor ${quote(tensor.name)} (storage ${key}) is missing.`,
      );
    }
    if (bytes.length < count * kind.size) {
      throw new CheckpointError(
        'truncated',
        `The data of tensor ${quote(tensor.name)} (storage ${key}) has ${bytes.length} bytes instead of ${count * kind.size}. The file is incomplete or damaged: download it again.`,
      );
    }
    stored.set(tensor.name, {
      name: tensor.name,
      dtype: tensor.dtype,
      shape: tensor.shape,
      elementCount: tensor.elementCount,
      position: bytes.position + (bytes.compressed ? 0 : tensor.offset * BYTES_PER_ELEMENT[tensor.dtype]),
      tensor,
      bytes,
    });
  }

  const infos = new Map<string, TensorInfo>();
  for (const [name, { dtype, shape, elementCount, position }] of stored) {
    infos.set(name, { name, dtype, shape, elementCount, position });
  }
  requireReadable(infos, unreadable);
  return {
    format,
    tensors: infos,
    unreadable,
    metadata,
    async read(name, start, count) {
      const range = elementRange(stored, name, start, count);
      const { tensor, bytes, dtype } = range.info;
      return readStrided(bytes.read, tensor, BYTES_PER_ELEMENT[dtype], range.start, range.count);
    },
  };
}

/** Has no place of its own in the file. */
function inMemory(bytes: Uint8Array): StorageBytes {
  const read: RangeReader = async (offset, length) => bytes.slice(offset, offset + length);
  return { position: 0, compressed: true, length: bytes.length, read };
}
