// Networks in ncnn's format (https://github.com/Tencent/ncnn/wiki/param-and-model-file-structure): a text that lists layers, and a
// file of their weights, one after another in that order.
import { readFileSync } from 'node:fs';

export interface NcnnLayer {
  readonly kind: string;
  /** Numbers by their numbers: what each means, its kind tells. */
  readonly parameters: ReadonlyMap<number, number>;
}

/** The first line of the text. */
const MAGIC = '7767517';
/** Before weights that are float16; they fill up to 4 bytes. */
const FLOAT16 = 0x01306b47;

/** @throws Error for any other text. */
export function readLayers(path: string): NcnnLayer[] {
  const [magic, , ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  if (magic?.trim() !== MAGIC) throw new Error(`${path} describes no network of ncnn.`);
  return lines.map((line) => {
    const [kind = '', , inputs, outputs, ...rest] = line.trim().split(/\s+/);
    const parameters = rest.slice(Number(inputs) + Number(outputs)).map((pair) => {
      const [key, value] = pair.split('=');
      return [Number(key), Number(value)] as const;
    });
    return { kind, parameters: new Map(parameters) };
  });
}

/** Reads a network's weights from front to back. */
export class NcnnWeights {
  #at = 0;
  readonly #file: Buffer;

  constructor(private readonly path: string) {
    this.#file = readFileSync(path);
  }

  /** Bytes of `count` float16. @throws Error where weights of another type lie. */
  halves(count: number): Uint8Array {
    const flag = this.#take(4).readUInt32LE();
    if (flag !== FLOAT16) throw new Error(`${this.path} holds weights that are no float16.`);
    return this.#take(4 * Math.ceil(count / 2)).subarray(0, 2 * count);
  }

  /** Bytes of `count` float32. */
  floats(count: number): Uint8Array {
    return this.#take(4 * count);
  }

  /** @throws Error where something is left. */
  end(): void {
    if (this.#at !== this.#file.length) throw new Error(`${this.path} holds more than its layers say.`);
  }

  #take(bytes: number): Buffer {
    const taken = this.#file.subarray(this.#at, (this.#at += bytes));
    if (taken.length < bytes) throw new Error(`${this.path} ends too early.`);
    return taken;
  }
}
