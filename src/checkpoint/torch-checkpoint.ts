// A Checkpoint over torch tensors, whichever container their storages lie in.
import { readStrided, type RangeReader } from './strided.ts';
import { elementRange, quote } from './tensor.ts';
import type { TorchTensor } from './torch-state.ts';
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
  tensors: readonly TorchTensor[],
  storages: ReadonlyMap<string, StorageBytes>,
): Checkpoint {
  const stored = new Map<string, Stored>();
  for (const tensor of tensors) {
    const { key, dtype, count } = tensor.storage;
    const { embedded } = tensor.storage;
    const bytes = embedded === undefined ? storages.get(key) : inMemory(embedded);
    if (bytes === undefined) {
      throw new CheckpointError(
        'corrupt',
        `The data of tensor ${quote(tensor.name)} (storage ${key}) is missing.`,
      );
    }
    const size = BYTES_PER_ELEMENT[dtype];
    if (bytes.length < count * size) {
      throw new CheckpointError(
        'truncated',
        `The data of tensor ${quote(tensor.name)} (storage ${key}) has ${bytes.length} bytes instead of ${count * size}. The file is incomplete or damaged: download it again.`,
      );
    }
    stored.set(tensor.name, {
      name: tensor.name,
      dtype,
      shape: tensor.shape,
      elementCount: tensor.elementCount,
      position: bytes.position + (bytes.compressed ? 0 : tensor.offset * size),
      tensor,
      bytes,
    });
  }

  const infos = new Map<string, TensorInfo>();
  for (const [name, { dtype, shape, elementCount, position }] of stored) {
    infos.set(name, { name, dtype, shape, elementCount, position });
  }
  return {
    format,
    tensors: infos,
    metadata: new Map(),
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
