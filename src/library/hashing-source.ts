// Hashes a file while it is read for another purpose, so that one pass over the disk does both.
//
// Reads that go forward push a frontier along: what lies between the frontier and the end of a read is hashed, bytes
// already read for the caller are not read again. A read before the frontier (a tensor stored twice, a directory at the
// file's end) is served but not hashed again.
import { createSHA256 } from 'hash-wasm';
import type { ByteSource } from '../checkpoint/types.ts';

/** Bytes hashed at a time where nobody asked for them. */
const GAP_PIECE = 8 << 20;

export class HashingSource implements ByteSource {
  readonly size: number;
  #frontier = 0;
  #hashing = false;

  private constructor(
    private readonly source: ByteSource,
    private readonly hasher: Awaited<ReturnType<typeof createSHA256>>,
    private readonly onFrontier: (frontier: number) => void,
  ) {
    this.size = source.size;
  }

  /** `onFrontier` is told how many bytes have been hashed, after every piece; it may throw to stop. */
  static async create(source: ByteSource, onFrontier: (frontier: number) => void): Promise<HashingSource> {
    const hasher = await createSHA256();
    hasher.init();
    return new HashingSource(source, hasher, onFrontier);
  }

  /** From here on reads are hashed. Before, headers and directories can be read in any order for free. */
  startHashing(): void {
    this.#hashing = true;
  }

  /** Reads must not overlap in time: await each before the next. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (!this.#hashing) return this.source.read(offset, length);
    await this.#advanceTo(offset);
    const bytes = await this.source.read(offset, length);
    const end = offset + length;
    if (end > this.#frontier) {
      this.hasher.update(bytes.subarray(this.#frontier - offset));
      this.#frontier = end;
      this.onFrontier(end);
    }
    return bytes;
  }

  /** Hashes what is left of the file and gives the SHA-256 of all of it, lowercase hex. */
  async finish(): Promise<string> {
    await this.#advanceTo(this.size);
    return this.hasher.digest('hex');
  }

  async #advanceTo(offset: number): Promise<void> {
    while (this.#frontier < offset) {
      const length = Math.min(GAP_PIECE, offset - this.#frontier);
      this.hasher.update(await this.source.read(this.#frontier, length));
      this.#frontier += length;
      this.onFrontier(this.#frontier);
    }
  }
}
