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
    private readonly seed: number | bigint,
    private readonly size: number,
    sigmaMin: number,
    sigmaMax: number,
  ) {
    this.start = roundTime(Math.min(sigmaMin, sigmaMax));
    this.end = roundTime(Math.max(sigmaMin, sigmaMax));
    const spread = Math.sqrt(this.end - this.start);
    const word = generateState(seed, [], POOL_SIZE, 3)[0]!;
    this.root = scaled(createGenerator(source, word).randn(size), spread);
  }

  /** Noise of unit variance for the step from `sigma` to `sigmaNext`; steps upwards and downwards differ in sign. */
  noise(sigma: number, sigmaNext: number): Float32Array {
    const from = this.valueAt(sigma);
    const to = this.valueAt(sigmaNext);
    // The reference holds sigmas in float32; between close ones that difference shows.
    const divisor = Math.sqrt(Math.abs(Math.fround(Math.fround(sigmaNext) - Math.fround(sigma))));
    const out = new Float32Array(this.size);
    for (let i = 0; i < this.size; i++) out[i] = (to[i]! - from[i]!) / divisor;
    return out;
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
    const increment = this.root.slice();
    let key = 0;
    let depth = 0;
    while (time !== start) {
      const middle = roundTime(0.5 * (start + end));
      if (time === end || middle === start || middle === end) {
        for (let i = 0; i < this.size; i++) sum[i]! += increment[i]!;
        break;
      }
      const goesLeft = time < middle;
      this.halve(increment, goesLeft ? null : sum, start, middle, end, key, depth);
      if (goesLeft) end = middle;
      else start = middle;
      key = 2 * key + (goesLeft ? 0 : 1);
      depth += 1;
    }
    return sum;
  }

  /**
   * Brownian bridge: turns a node's rise into its left half's, or, given the sum of what lies before the node, into its
   * right half's, the left one added to the sum.
   */
  private halve(
    increment: Float64Array,
    sum: Float64Array | null,
    start: number,
    middle: number,
    end: number,
    key: number,
    depth: number,
  ): void {
    const word = generateState(this.seed, [key, depth], POOL_SIZE, 4)[0]!;
    const normal = createGenerator(this.source, word).randn(this.size);
    const share = (middle - start) / (end - start);
    const spread = Math.sqrt(((middle - start) * (end - middle)) / (end - start));
    for (let i = 0; i < this.size; i++) {
      const left = share * increment[i]! + spread * normal[i]!;
      if (sum) {
        sum[i]! += left;
        increment[i]! -= left;
      } else {
        increment[i] = left;
      }
    }
  }
}

function scaled(values: Float32Array, factor: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = values[i]! * factor;
  return out;
}
