// Lays float16 tensors out in chunks and writes them to IndexedDB: one chunk is filled while the one before is written.
import { putChunk } from './models.ts';
import { explainStorageFailure, sizeText } from './storage.ts';
import type { StoredChunk, StoredTensor } from './types.ts';

/** Chunks are about this large; a larger tensor gets a chunk of its own. onnxruntime wants files far below 4 GiB. */
const CHUNK_BYTES = 32 << 20;
/** Offsets stay on whole 32-bit words. */
const ALIGNMENT = 4;

export class ChunkWriter {
  readonly tensors: StoredTensor[] = [];
  readonly chunks: StoredChunk[] = [];
  #buffer: Uint16Array<ArrayBuffer>;
  #used = 0;
  #writing: Promise<void> = Promise.resolve();
  #written = 0;

  /** `importId` prefixes the chunks' keys. `total`: bytes of all tensors. `chunkBytes`: a multiple of 4. */
  constructor(
    private readonly importId: string,
    private readonly total: number,
    private readonly chunkBytes = CHUNK_BYTES,
  ) {
    this.#buffer = new Uint16Array(chunkBytes / 2);
  }

  /**
   * Room for one tensor. `fill` fills elements [first, first + out.length) before the next call: all of them in one call,
   * save those of a tensor larger than a chunk, unless it wants them `inOne`.
   * Rejects with StorageFullError when a chunk could not be written.
   */
  async add(
    tensor: Pick<StoredTensor, 'name' | 'shape' | 'network'>,
    elements: number,
    fill: (out: Uint16Array, first: number) => Promise<void>,
    inOne = false,
  ): Promise<void> {
    const byteLength = elements * 2;
    if (this.#used > 0 && this.#used + byteLength > this.chunkBytes) await this.#flush();
    this.tensors.push({ ...tensor, chunk: this.chunks.length, offset: this.#used, byteLength });
    if (byteLength > this.chunkBytes && !inOne) {
      await this.#writeInParts(elements, fill);
      return;
    }
    if (byteLength > this.#buffer.byteLength) this.#buffer = new Uint16Array(elements);
    const offset = this.#used;
    await fill(this.#buffer.subarray(offset / 2, offset / 2 + elements), 0);
    this.#used = Math.ceil((offset + byteLength) / ALIGNMENT) * ALIGNMENT;
  }

  /** Writes what is left and waits for all of it. */
  async finish(): Promise<void> {
    if (this.#used > 0) await this.#flush();
    await this.#writing;
  }

  /** Resolves once nothing is being written any more, whether it worked or not. */
  async settled(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  async #flush(): Promise<void> {
    const length = Math.min(this.#used, this.#buffer.byteLength);
    await this.#writing;
    // The Blob copies the bytes, so the buffer is free again at once.
    this.#write(new Blob([new Uint8Array(this.#buffer.buffer, 0, length)]));
    if (this.#buffer.byteLength > this.chunkBytes) this.#buffer = new Uint16Array(this.chunkBytes / 2);
    this.#used = 0;
  }

  /** A chunk of one large tensor, of which no more than a part is held here. */
  async #writeInParts(
    elements: number,
    fill: (out: Uint16Array, first: number) => Promise<void>,
  ): Promise<void> {
    await this.#writing;
    const parts: Blob[] = [];
    for (let first = 0; first < elements; first += this.#buffer.length) {
      const part = this.#buffer.subarray(0, elements - first);
      await fill(part, first);
      parts.push(new Blob([part]));
    }
    this.#write(new Blob(parts));
  }

  /** When the one before is written: Chromium fails when many large Blobs wait at the same time. */
  #write(blob: Blob): void {
    const key = `${this.importId}/${String(this.chunks.length).padStart(5, '0')}`;
    this.chunks.push({ key, byteLength: blob.size });
    this.#writing = this.#put(key, blob);
    // A failure is reported by whoever awaits next; it must not count as unhandled until then.
    this.#writing.catch(() => undefined);
  }

  async #put(key: string, blob: Blob): Promise<void> {
    try {
      await putChunk(key, blob);
      this.#written += blob.size;
    } catch (error) {
      const [written, total] = [sizeText(this.#written), sizeText(this.total)];
      throw explainStorageFailure(error, `${written} of the ${total} of this model were stored`);
    }
  }
}
