// Noise for SDE samplers: a Brownian path over sigma that is fixed by the seed alone, so its increments do not depend
// on which steps are asked for (torchsde's BrownianTree, k-diffusion's BrownianTreeNoiseSampler, A1111's generators).
//
// The path is a binary tree: each node halves its interval and draws the value at the middle by a Brownian bridge, from
// words that numpy's SeedSequence makes of the seed and the node's place. Only one way down is walked per time asked.
import { createGenerator, type RandomSource } from './generator.ts';
import { generateState } from './seed-sequence.ts';

const POOL_SIZE = 24;
/** Times kept: a step's end is the next one's start, and DPM++ SDE asks from one time to two others. */
const KEPT_TIMES = 4;

/** Python's round(time, 6): correct rounding of the binary value, ties to even. */
export function roundTime(time: number): number {
  // A tie needs an odd multiple of 5e-7 that is a binary fraction: an odd multiple of 1/128.
  const in128ths = time * 128;
  if (Number.isInteger(in128ths) && in128ths % 2 !== 0) {
    const below = Math.floor(time * 1e6);
    return (below % 2 === 0 ? below : below + 1) / 1e6;
  }
  return Number(time.toFixed(6));
}

export class BrownianTree {
  private readonly start: number;
  private readonly end: number;
  private readonly root: Float64Array;
  private readonly kept = new Map<number, Float64Array>();

  /** `size`: values of one image. The interval's ends are rounded to 6 decimals, as every time is. */
  constructor(
    private readonly source: RandomSource,
    private readonly seed: number,
    private readonly size: number,
    sigmaMin: number,
    sigmaMax: number,
  ) {
    this.start = roundTime(Math.min(sigmaMin, sigmaMax));
    this.end = roundTime(Math.max(sigmaMin, sigmaMax));
    const spread = Math.sqrt(this.end - this.start);
    const word = generateState(seed, [], POOL_SIZE, 3)[0]!;
    this.root = Float64Array.from(createGenerator(source, word).randn(size), (value) => value * spread);
  }

  /** Noise of unit variance for the step from `sigma` to `sigmaNext`; steps upwards and downwards differ in sign. */
  noise(sigma: number, sigmaNext: number): Float32Array {
    const from = this.valueAt(sigma);
    const to = this.valueAt(sigmaNext);
    // The reference holds sigmas in float32; between close ones that difference shows.
    const divisor = Math.sqrt(Math.abs(Math.fround(Math.fround(sigmaNext) - Math.fround(sigma))));
    return Float32Array.from(from, (value, i) => (to[i]! - value) / divisor);
  }

  /** The path at a time, counted from the start of the interval. Times outside it are taken to its ends. */
  private valueAt(sigma: number): Float64Array {
    const time = Math.min(Math.max(roundTime(sigma), this.start), this.end);
    let value = this.kept.get(time);
    if (value) this.kept.delete(time);
    else value = this.descend(time);
    this.kept.set(time, value);
    if (this.kept.size > KEPT_TIMES) this.kept.delete(this.kept.keys().next().value!);
    return value;
  }

  private descend(time: number): Float64Array {
    const sum = new Float64Array(this.size);
    let { start, end } = this;
    let increment: Float64Array = Float64Array.from(this.root);
    let key = 0;
    let depth = 0;
    while (time !== start) {
      const middle = roundTime(0.5 * (start + end));
      if (time === end || middle === start || middle === end) {
        for (let i = 0; i < this.size; i++) sum[i]! += increment[i]!;
        break;
      }
      const left = this.leftHalf(increment, start, middle, end, key, depth);
      depth += 1;
      if (time < middle) {
        increment = left;
        end = middle;
        key = 2 * key;
      } else {
        for (let i = 0; i < this.size; i++) {
          sum[i]! += left[i]!;
          increment[i]! -= left[i]!;
        }
        start = middle;
        key = 2 * key + 1;
      }
    }
    return sum;
  }

  /** Brownian bridge: the path's rise over the left half of a node whose whole rise is `increment`. */
  private leftHalf(
    increment: Float64Array,
    start: number,
    middle: number,
    end: number,
    key: number,
    depth: number,
  ): Float64Array {
    const word = generateState(this.seed, [key, depth], POOL_SIZE, 4)[0]!;
    const normal = createGenerator(this.source, word).randn(this.size);
    const share = (middle - start) / (end - start);
    const spread = Math.sqrt(((middle - start) * (end - middle)) / (end - start));
    return Float64Array.from(increment, (value, i) => share * value + spread * normal[i]!);
  }
}
