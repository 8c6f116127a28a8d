// Lays float16 tensors out in chunks and writes them to IndexedDB: one chunk is filled while the one before is written.
import { deleteChunks, putChunk } from './models.ts';
import { explainStorageFailure } from './storage.ts';
import type { StoredChunk, StoredTensor } from './types.ts';

/** Chunks are about this large; a larger tensor gets a chunk of its own. onnxruntime wants files far below 4 GiB. */
export const CHUNK_BYTES = 32 << 20;
/** Offsets stay on whole 32-bit words. */
const ALIGNMENT = 4;

export class ChunkWriter {
  readonly tensors: StoredTensor[] = [];
  readonly chunks: StoredChunk[] = [];
  #buffer = new Uint16Array(CHUNK_BYTES / 2);
  #used = 0;
  #writing: Promise<void> = Promise.resolve();

  /** `importId` prefixes the chunks' keys. */
  constructor(private readonly importId: string) {}

  /**
   * Room for one tensor, to be filled by `fill` before the next call.
   * Rejects with StorageFullError when a chunk could not be written.
   */
  async add(
    tensor: Pick<StoredTensor, 'name' | 'shape' | 'network'>,
    elements: number,
    fill: (out: Uint16Array) => Promise<void>,
  ): Promise<void> {
    const byteLength = elements * 2;
    if (this.#used > 0 && this.#used + byteLength > CHUNK_BYTES) await this.#flush();
    if (this.#used + byteLength > this.#buffer.byteLength) this.#buffer = new Uint16Array(elements);
    const offset = this.#used;
    await fill(this.#buffer.subarray(offset / 2, offset / 2 + elements));
    this.tensors.push({ ...tensor, chunk: this.chunks.length, offset, byteLength });
    this.#used = Math.ceil((offset + byteLength) / ALIGNMENT) * ALIGNMENT;
  }

  /** Writes what is left and waits for all of it. */
  async finish(): Promise<void> {
    if (this.#used > 0) await this.#flush();
    await this.#writing;
  }

  /** Deletes every chunk written so far. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await deleteChunks(this.chunks.map((chunk) => chunk.key));
  }

  async #flush(): Promise<void> {
    const length = Math.min(this.#used, this.#buffer.byteLength);
    const key = `${this.importId}/${String(this.chunks.length).padStart(5, '0')}`;
    this.chunks.push({ key, byteLength: length });
    // The Blob copies the bytes, so the buffer is free again at once. At most one chunk is in flight: Chromium fails
    // when many large Blobs wait at the same time.
    await this.#writing;
    const blob = new Blob([new Uint8Array(this.#buffer.buffer, 0, length)]);
    this.#writing = putChunk(key, blob).catch(async (error: unknown) => {
      throw await explainStorageFailure(error, length);
    });
    // A failure is reported by whoever awaits next; it must not count as unhandled until then.
    this.#writing.catch(() => undefined);
    if (this.#buffer.byteLength > CHUNK_BYTES) this.#buffer = new Uint16Array(CHUNK_BYTES / 2);
    this.#used = 0;
  }
}
