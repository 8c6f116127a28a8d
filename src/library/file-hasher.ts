// The hashes of a file whose bytes come from front to back: SHA-256 of all of it, and whether stretches have their checksums.
import { createCRC32, createSHA256, type IHasher } from 'hash-wasm';
import type { Checksum } from '../checkpoint/types.ts';

export type CheckedRange = Pick<Checksum, 'start' | 'length' | 'crc'>;

export interface FileHashes {
  /** Of all of it, lowercase hex. */
  readonly sha256: string;
  /** How many of the checked ranges do not have their CRC. */
  readonly mismatched: number;
}

/** Who hashes: whoever reads, or a thread beside it (hashing-thread.ts). */
export interface Hasher {
  /** A file from its first byte on. `ranges`: to be checked on the way; of those that overlap, the first. */
  begin(ranges: readonly CheckedRange[]): Promise<void>;
  /** The bytes that come next. Resolves once more may come; they may be read, and not written to, meanwhile and afterwards. */
  update(bytes: Uint8Array): Promise<void>;
  finish(): Promise<FileHashes>;
}

export class FileHasher implements Hasher {
  /** Bytes that have been hashed. */
  #end = 0;
  /** Ranges not yet passed by, the next one last. */
  #ranges: CheckedRange[] = [];
  #mismatched = 0;

  private constructor(
    private readonly whole: IHasher,
    private readonly range: IHasher,
  ) {}

  static async create(): Promise<FileHasher> {
    return new FileHasher(await createSHA256(), await createCRC32());
  }

  async begin(ranges: readonly CheckedRange[]): Promise<void> {
    this.whole.init();
    this.range.init();
    this.#end = 0;
    this.#mismatched = 0;
    const apart: CheckedRange[] = [];
    for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
      const before = apart.at(-1);
      if (!before || before.start + before.length <= range.start) apart.push(range);
    }
    this.#ranges = apart.reverse();
  }

  async update(bytes: Uint8Array): Promise<void> {
    const start = this.#end;
    this.#end += bytes.length;
    this.whole.update(bytes);
    for (let range = this.#ranges.at(-1); range && range.start < this.#end; range = this.#ranges.at(-1)) {
      const end = range.start + range.length;
      this.range.update(bytes.subarray(Math.max(0, range.start - start), Math.max(0, end - start)));
      if (end > this.#end) return;
      if (parseInt(this.range.digest('hex'), 16) !== range.crc) this.#mismatched++;
      this.range.init();
      this.#ranges.pop();
    }
  }

  async finish(): Promise<FileHashes> {
    return { sha256: this.whole.digest('hex'), mismatched: this.#mismatched };
  }
}
