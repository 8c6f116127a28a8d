// numpy.random.default_rng(seed).random(): PCG64 (XSL-RR, 128 bits of state), seeded by a SeedSequence.
import { generateState } from './seed-sequence.ts';

const MULTIPLIER = [0x2360ed05, 0x1fc65da4, 0x4385df64, 0x9fccf645].reverse();
const POOL_SIZE = 4;

/** Numbers in [0, 1), of 53 bits each. */
export class Pcg64 {
  /** 32-bit words, the lowest first, as all numbers of 128 bits here. */
  #state: number[];
  readonly #increment: number[];

  constructor(seed: number) {
    const words = [...generateState(seed, [], POOL_SIZE, 8)];
    // Of its four words of 64 bits, each lower half first, the first two are the state and the others the stream, high words first.
    const [state, stream] = [words.slice(0, 4), words.slice(4)].map(([a, b, c, d]) => [c!, d!, a!, b!]);
    this.#increment = stream!.map((word, i) => ((word << 1) | (i > 0 ? stream![i - 1]! >>> 31 : 1)) >>> 0);
    this.#state = [0, 0, 0, 0];
    this.#step();
    this.#state = sum(this.#state, state!);
    this.#step();
  }

  next(): number {
    this.#step();
    const [s0, s1, s2, s3] = this.#state as [number, number, number, number];
    const turn = s3 >>> 26;
    const [low, high] = [s0 ^ s2, s1 ^ s3];
    // Rotated right by `turn`, as one number of 64 bits.
    const [a, b] = turn & 32 ? [high, low] : [low, high];
    const by = turn & 31;
    const right = by === 0 ? a >>> 0 : ((a >>> by) | (b << (32 - by))) >>> 0;
    const left = by === 0 ? b >>> 0 : ((b >>> by) | (a << (32 - by))) >>> 0;
    return (left * 2 ** 21 + (right >>> 11)) / 2 ** 53;
  }

  #step(): void {
    this.#state = sum(product(this.#state, MULTIPLIER), this.#increment);
  }
}

/** Modulo 2^128. */
function sum(a: readonly number[], b: readonly number[]): number[] {
  let carry = 0;
  return a.map((word, i) => {
    const whole = word + b[i]! + carry;
    carry = whole > 0xffffffff ? 1 : 0;
    return whole >>> 0;
  });
}

/** Modulo 2^128, in digits of 16 bits: sums of their products are exact. */
function product(a: readonly number[], b: readonly number[]): number[] {
  const [x, y] = [a, b].map((words) => words.flatMap((word) => [word & 0xffff, word >>> 16]));
  const digits: number[] = [];
  let carry = 0;
  for (let place = 0; place < 8; place++) {
    let whole = carry;
    for (let i = 0; i <= place; i++) whole += x![i]! * y![place - i]!;
    digits.push(whole % 0x10000);
    carry = Math.floor(whole / 0x10000);
  }
  return [0, 2, 4, 6].map((i) => digits[i]! + digits[i + 1]! * 0x10000);
}
