// numpy.random.default_rng(seed).random(): PCG64 (XSL-RR, 128 bits of state), seeded by a SeedSequence.
import { generateState } from './seed-sequence.ts';

/** In digits of 16 bits, the lowest first. */
const FACTOR = digitsOf([0x9fccf645, 0x4385df64, 0x1fc65da4, 0x2360ed05]);
const POOL_SIZE = 4;

/** Numbers in [0, 1), of 53 bits each. */
export class Pcg64 {
  /** 32-bit words, the lowest first. */
  #state: Uint32Array = new Uint32Array(4);
  readonly #digits = new Float64Array(8);
  /** The stream, in digits of 16 bits. */
  readonly #addend: readonly number[];

  constructor(seed: number) {
    const words = [...generateState(seed, [], POOL_SIZE, 8)];
    // Of its four words of 64 bits, each lower half first, the first two are the state and the others the stream, high words first.
    const [state, stream] = [words.slice(0, 4), words.slice(4)].map(([a, b, c, d]) => [c!, d!, a!, b!]);
    this.#addend = digitsOf(
      stream!.map((word, i) => ((word << 1) | (i > 0 ? stream![i - 1]! >>> 31 : 1)) >>> 0),
    );
    this.#step();
    this.#state = sum(this.#state, state!);
    this.#step();
  }

  next(): number {
    this.#step();
    const [s0, s1, s2, s3] = this.#state as unknown as readonly [number, number, number, number];
    const turn = s3 >>> 26;
    const [low, high] = [s0 ^ s2, s1 ^ s3];
    // Rotated right by `turn`, as one number of 64 bits.
    const [a, b] = turn & 32 ? [high, low] : [low, high];
    const by = turn & 31;
    const right = by === 0 ? a >>> 0 : ((a >>> by) | (b << (32 - by))) >>> 0;
    const left = by === 0 ? b >>> 0 : ((b >>> by) | (a << (32 - by))) >>> 0;
    return (left * 2 ** 21 + (right >>> 11)) / 2 ** 53;
  }

  /** state * MULTIPLIER + increment, modulo 2^128, in digits of 16 bits: sums of their products are exact. */
  #step(): void {
    const [state, digits] = [this.#state, this.#digits];
    for (let i = 0; i < 4; i++) {
      digits[2 * i] = state[i]! & 0xffff;
      digits[2 * i + 1] = state[i]! >>> 16;
    }
    let carry = 0;
    for (let word = 0; word < 4; word++) {
      let value = 0;
      for (let half = 0; half < 2; half++) {
        const place = 2 * word + half;
        let whole = carry + this.#addend[place]!;
        for (let i = 0; i <= place; i++) whole += digits[i]! * FACTOR[place - i]!;
        carry = Math.floor(whole / 0x10000);
        value += (whole - carry * 0x10000) * (half === 0 ? 1 : 0x10000);
      }
      state[word] = value;
    }
  }
}

function digitsOf(words: readonly number[]): number[] {
  return words.flatMap((word) => [word & 0xffff, word >>> 16]);
}

/** Modulo 2^128. */
function sum(a: Uint32Array, b: readonly number[]): Uint32Array {
  let carry = 0;
  return a.map((word, i) => {
    const whole = word + b[i]! + carry;
    carry = whole > 0xffffffff ? 1 : 0;
    return whole;
  });
}
