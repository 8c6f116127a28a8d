// Hashes a file while it is read for another purpose, so that one pass over the disk does both.
//
// The file passes through a window that only moves forward: everything it passes over is hashed, and small reads inside
// it cost nothing (a checkpoint has a thousand tensors, many of a few hundred bytes). A read behind the window (a tensor
// stored twice) is served from the file but not hashed again.
import type { ByteSource } from '../checkpoint/types.ts';
import { FileHasher, type CheckedRange, type FileHashes, type Hasher } from './file-hasher.ts';

/** Bytes read from the file at a time. */
const WINDOW = 8 << 20;

export class HashingSource implements ByteSource {
  readonly size: number;
  /** Resolves once the hasher has begun; null until then nothing is hashed. */
  #begun: Promise<void> | null = null;
  /** The window and its place in the file. What lies before its end has been hashed. */
  #window: Uint8Array = new Uint8Array(0);
  #start = 0;
  /** The window after this one, being read while this one is hashed and converted. */
  #ahead: Promise<Uint8Array> | null = null;

  private constructor(
    private readonly source: ByteSource,
    private readonly hasher: Hasher,
    private readonly onHashed: (bytes: number) => void,
    private readonly windowSize: number,
  ) {
    this.size = source.size;
  }

  /**
   * `onHashed` is told how many bytes have been handed over to be hashed, after every window; it may throw to stop. `hasher`: one
   * of another thread, or nobody but this one.
   */
  static async create(
    source: ByteSource,
    onHashed: (bytes: number) => void,
    { hasher, windowSize = WINDOW }: { readonly hasher?: Hasher; readonly windowSize?: number } = {},
  ): Promise<HashingSource> {
    return new HashingSource(source, hasher ?? (await FileHasher.create()), onHashed, windowSize);
  }

  /**
   * From here on reads are hashed. Before, headers and directories can be read in any order for free. `ranges`: to be checked
   * on the way; of those that overlap, the first.
   */
  startHashing(ranges: readonly CheckedRange[] = []): void {
    this.#begun = this.hasher.begin(ranges);
    // Whoever reads first hears of a failure.
    this.#begun.catch(() => undefined);
  }

  /** Reads must not overlap in time: await each before the next. The bytes must not be written to. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const inFile = offset >= 0 && offset + length <= this.size;
    if (!this.#begun || offset < this.#start || !inFile) return this.source.read(offset, length);
    const first = await this.#windowAt(offset, length);
    if (first.length === length) return first;
    const bytes = new Uint8Array(length);
    bytes.set(first);
    for (let filled = first.length; filled < length;) {
      const part = await this.#windowAt(offset + filled, length - filled);
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  }

  /** Hashes what is left of the file. */
  async finish(): Promise<FileHashes> {
    while (this.#end < this.size) await this.#advance();
    await this.#begun;
    return this.hasher.finish();
  }

  get #end(): number {
    return this.#start + this.#window.length;
  }

  /** Up to `length` bytes from `offset` on, at least one if any is asked for: what the window holds of them. */
  async #windowAt(offset: number, length: number): Promise<Uint8Array> {
    while (this.#end <= offset && this.#end < this.size) await this.#advance();
    return this.#window.subarray(offset - this.#start, offset - this.#start + length);
  }

  async #advance(): Promise<void> {
    const start = this.#end;
    const window = await (this.#ahead ?? this.#readWindow(start));
    this.#window = window;
    this.#start = start;
    this.#ahead = null;
    if (this.#end < this.size) {
      this.#ahead = this.#readWindow(this.#end);
      // Whoever needs the window hears of the failure.
      this.#ahead.catch(() => undefined);
    }
    await this.#begun;
    await this.hasher.update(window);
    this.onHashed(this.#end);
  }

  #readWindow(start: number): Promise<Uint8Array> {
    return this.source.read(start, Math.min(this.windowSize, this.size - start));
  }
}

/** Hashes of a file, without any other use of its bytes. */
export async function hashFile(
  source: ByteSource,
  onHashed: (bytes: number) => void = () => undefined,
): Promise<FileHashes> {
  const hashing = await HashingSource.create(source, onHashed);
  hashing.startHashing();
  return hashing.finish();
}
