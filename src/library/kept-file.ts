// Files that are kept as they are, byte for byte: add-ons are small beside checkpoints, come in many layouts, and their numbers are
// not to be rounded.
import type { ByteSource } from '../checkpoint/types.ts';
import { CheckpointError } from '../checkpoint/types.ts';
import { blobSource } from '../checkpoint/source.ts';
import type { Detection } from '../models/types.ts';
import { getChunks, putChunk } from './models.ts';
import { explainStorageFailure } from './storage.ts';
import type { StoredChunk, StoredModel } from './types.ts';

const CHUNK_BYTES = 32 << 20;

export function isKeptAsFile({ embedding, lora, hypernetwork }: Detection): boolean {
  return (embedding ?? lora ?? hypernetwork) !== undefined;
}

/**
 * Writes all of a file, front to back. `importId` prefixes the chunks' keys; `onBytes` is given what is written. Rejects with
 * StorageFullError.
 */
export async function keepFile(
  importId: string,
  source: ByteSource,
  onBytes: (bytes: Uint8Array, start: number) => void = () => undefined,
): Promise<readonly StoredChunk[]> {
  const chunks: StoredChunk[] = [];
  for (let start = 0; start < source.size; start += CHUNK_BYTES) {
    const bytes = await source.read(start, Math.min(CHUNK_BYTES, source.size - start));
    onBytes(bytes, start);
    const blob = new Blob([bytes as Uint8Array<ArrayBuffer>]);
    const key = `${importId}/${String(chunks.length).padStart(5, '0')}`;
    try {
      await putChunk(key, blob);
    } catch (error) {
      throw explainStorageFailure(error, 'not all of the file was stored');
    }
    chunks.push({ key, byteLength: blob.size });
  }
  return chunks;
}

/** The file of a model that was kept so. Rejects with MissingWeightsError. */
export async function keptFile(model: Pick<StoredModel, 'chunks' | 'name'>): Promise<ByteSource> {
  return joinedSource((await getChunks(model)).map(blobSource));
}

/** One after another, as if they were one. */
function joinedSource(parts: readonly ByteSource[]): ByteSource {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  return {
    size,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > size) {
        throw new CheckpointError('truncated', 'The file ends before what is asked of it.');
      }
      const bytes = new Uint8Array(length);
      let start = 0;
      for (const part of parts) {
        const from = Math.max(offset, start);
        const to = Math.min(offset + length, start + part.size);
        if (from < to) bytes.set(await part.read(from - start, to - from), from - offset);
        start += part.size;
      }
      return bytes;
    },
  };
}
