// Python's random.Random seeded with an integer: the numbers that extensions of webui draw with (CPython, Lib/random.py and
// Modules/_randommodule.c).
import { MersenneTwister } from './mersenne-twister.ts';

export class PythonRandom {
  private twister: MersenneTwister;

  constructor(seed: number | bigint) {
    this.twister = twisterOf(seed);
  }

  /** Begins anew, as random.seed(). */
  seed(seed: number | bigint): void {
    this.twister = twisterOf(seed);
  }

  /** In [0, 1), with 53 bits. */
  random(): number {
    const high = this.twister.nextUint32() >>> 5;
    const low = this.twister.nextUint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** `count` bits, 1 to 32, as a number. */
  bits(count: number): number {
    return this.twister.nextUint32() >>> (32 - count);
  }

  /** A whole number in [0, count); count up to 2^32 - 1. Draws for one choice, too, as Python does. */
  below(count: number): number {
    if (count < 1) throw new RangeError('There is no number below 1 to draw.');
    const length = 32 - Math.clz32(count);
    for (;;) {
      const drawn = this.bits(length);
      if (drawn < count) return drawn;
    }
  }

  /** A whole number from `low` to `high`, both included. */
  randint(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  choice<T>(options: readonly T[]): T {
    return options[this.below(options.length)]!;
  }

  /** One index by weights that have been added up, as choices(cum_weights=sums, k=1). The last sum must be above 0. */
  weighted(sums: readonly number[]): number {
    const drawn = this.random() * sums.at(-1)!;
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (drawn < sums[middle]!) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** The seed's size in words of 32 bits is the key; its sign does not count. */
function twisterOf(seed: number | bigint): MersenneTwister {
  let left = BigInt(seed);
  if (left < 0n) left = -left;
  const words: number[] = [];
  do {
    words.push(Number(left & 0xffffffffn));
    left >>= 32n;
  } while (left > 0n);
  return MersenneTwister.fromWords(words);
}
