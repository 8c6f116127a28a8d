// Reads a file that is made while it is read, for another thread: what that one will ask for next is made while it is busy.
import type { SafetensorsFile } from '../checkpoint/safetensors-file.ts';

/** How many reads are made before they are asked for. */
const DEPTH = 2;

interface Made {
  readonly offset: number;
  readonly bytes: Promise<Uint8Array<ArrayBuffer>>;
}

export class AheadReader {
  readonly #file: SafetensorsFile;
  /** In the order of the file, each beginning where the one before ends. */
  #ahead: Made[] = [];
  /** Where those end. */
  #end = 0;
  /** The last of what is being made: reads of the file do not overlap. */
  #last: Promise<unknown> = Promise.resolve();
  /** Memory of bytes that have been given away and come back. Fresh memory takes the system longer than the sums do. */
  readonly #spent: Uint8Array<ArrayBuffer>[] = [];

  constructor(file: SafetensorsFile) {
    this.#file = file;
  }

  /** Bytes that nobody else holds. `spent`: to be used again. */
  async read(
    offset: number,
    length: number,
    spent: Uint8Array<ArrayBuffer> | null,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (spent) this.#spent.push(spent);
    const first = this.#ahead.shift();
    let made = first?.offset === offset ? first : null;
    if (!made || (await made.bytes).length !== length) {
      await this.#giveUp();
      made = this.#make(offset, length);
      this.#end = offset + length;
    }
    while (this.#ahead.length < DEPTH && this.#end < this.#file.size) {
      const next = this.#make(this.#end, Math.min(length, this.#file.size - this.#end));
      this.#end += Math.min(length, this.#file.size - this.#end);
      this.#ahead.push(next);
    }
    return made.bytes;
  }

  /** What was made ahead is of no use. */
  async #giveUp(): Promise<void> {
    this.#ahead = [];
    await this.#last.catch(() => undefined);
  }

  #make(offset: number, length: number): Made {
    const bytes = this.#last.then(async () => {
      // What has been answered leaves first.
      await new Promise((resolve) => setTimeout(resolve));
      const fit = this.#spent.findIndex((bytes) => bytes.length === length);
      const out = fit < 0 ? new Uint8Array(length) : this.#spent.splice(fit, 1)[0]!;
      await this.#file.readInto(offset, out);
      return out;
    });
    this.#last = bytes.catch(() => undefined);
    return { offset, bytes };
  }
}
