// MT19937, the engine behind torch's CPU generator (Matsumoto and Nishimura 1998; ATen/core/MT19937RNGEngine.h).

const SIZE = 624;
const SHIFT = 397;

export class MersenneTwister {
  private readonly state = new Uint32Array(SIZE);
  private position = SIZE;

  /** Only the seed modulo 2^32 counts: -1 and 2^32 - 1 give the same numbers. */
  constructor(seed: number | bigint) {
    let word = Number(BigInt.asUintN(32, BigInt(seed)));
    this.state[0] = word;
    for (let i = 1; i < SIZE; i++) {
      word = (Math.imul(word ^ (word >>> 30), 1812433253) + i) >>> 0;
      this.state[i] = word;
    }
  }

  /** From words of a longer seed (init_by_array of Matsumoto and Nishimura 2002), as Python and NumPy take one. */
  static fromWords(words: readonly number[]): MersenneTwister {
    const twister = new MersenneTwister(19650218);
    const { state } = twister;
    let [i, j] = [1, 0];
    const next = () => {
      if (++i < SIZE) return;
      state[0] = state[SIZE - 1]!;
      i = 1;
    };
    const before = () => state[i - 1]! ^ (state[i - 1]! >>> 30);
    for (let k = Math.max(SIZE, words.length); k > 0; k--) {
      state[i] = (state[i]! ^ Math.imul(before(), 1664525)) + words[j]! + j;
      j = (j + 1) % words.length;
      next();
    }
    for (let k = SIZE - 1; k > 0; k--) {
      state[i] = (state[i]! ^ Math.imul(before(), 1566083941)) - i;
      next();
    }
    state[0] = 0x80000000;
    return twister;
  }

  nextUint32(): number {
    if (this.position === SIZE) this.refill();
    let y = this.state[this.position++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  private refill(): void {
    const state = this.state;
    for (let i = 0; i < SIZE; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % SIZE]! & 0x7fffffff);
      state[i] = state[(i + SHIFT) % SIZE]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.position = 0;
  }
}
