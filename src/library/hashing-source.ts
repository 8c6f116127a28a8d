// Hashes a file while it is read for another purpose, so that one pass over the disk does both.
//
// The file passes through a window that only moves forward: everything it passes over is hashed, and small reads inside
// it cost nothing (a checkpoint has a thousand tensors, many of a few hundred bytes). A read behind the window (a tensor
// stored twice) is served from the file but not hashed again.
import { createCRC32, createSHA256, type IHasher } from 'hash-wasm';
import type { ByteSource, Checksum } from '../checkpoint/types.ts';

/** Bytes read from the file at a time. */
const WINDOW = 8 << 20;

type CheckedRange = Pick<Checksum, 'start' | 'length' | 'crc'>;

export interface FileHashes {
  /** Of all of it, lowercase hex. */
  readonly sha256: string;
  /** How many of the checked ranges do not have their CRC. */
  readonly mismatched: number;
}

export class HashingSource implements ByteSource {
  readonly size: number;
  #hashing = false;
  /** The window and its place in the file. What lies before its end has been hashed. */
  #window: Uint8Array = new Uint8Array(0);
  #start = 0;
  /** The window after this one, being read while this one is hashed and converted. */
  #ahead: Promise<Uint8Array> | null = null;
  /** Those not yet passed by, by their places. */
  #ranges: CheckedRange[] = [];
  #mismatched = 0;

  private constructor(
    private readonly source: ByteSource,
    private readonly hashers: { readonly whole: IHasher; readonly range: IHasher },
    private readonly onHashed: (bytes: number) => void,
    private readonly windowSize: number,
  ) {
    this.size = source.size;
  }

  /** `onHashed` is told how many bytes have been hashed, after every window; it may throw to stop. */
  static async create(
    source: ByteSource,
    onHashed: (bytes: number) => void,
    windowSize = WINDOW,
  ): Promise<HashingSource> {
    const [whole, range] = await Promise.all([createSHA256(), createCRC32()]);
    whole.init();
    range.init();
    return new HashingSource(source, { whole, range }, onHashed, windowSize);
  }

  /**
   * From here on reads are hashed. Before, headers and directories can be read in any order for free. `ranges`: to be checked
   * on the way; of those that overlap, the first.
   */
  startHashing(ranges: readonly CheckedRange[] = []): void {
    this.#hashing = true;
    for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
      const before = this.#ranges.at(-1);
      if (!before || before.start + before.length <= range.start) this.#ranges.push(range);
    }
    // The next one last.
    this.#ranges.reverse();
  }

  /** Reads must not overlap in time: await each before the next. The bytes must not be written to. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const inFile = offset >= 0 && offset + length <= this.size;
    if (!this.#hashing || offset < this.#start || !inFile) return this.source.read(offset, length);
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
    return { sha256: this.hashers.whole.digest('hex'), mismatched: this.#mismatched };
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
    this.hashers.whole.update(window);
    this.#checkRanges();
    this.onHashed(this.#end);
  }

  #checkRanges(): void {
    const { range: hasher } = this.hashers;
    for (let range = this.#ranges.at(-1); range && range.start < this.#end; range = this.#ranges.at(-1)) {
      const end = range.start + range.length;
      hasher.update(this.#within(range.start, end));
      if (end > this.#end) return;
      if (parseInt(hasher.digest('hex'), 16) !== range.crc) this.#mismatched++;
      hasher.init();
      this.#ranges.pop();
    }
  }

  /** What the window holds of the bytes [start, end) of the file. */
  #within(start: number, end: number): Uint8Array {
    const clamp = (offset: number) => Math.min(Math.max(offset - this.#start, 0), this.#window.length);
    return this.#window.subarray(clamp(start), clamp(end));
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
