// torch.Generator("cpu"): rand and randn with the same bits as PyTorch on a processor with AVX2
// (ATen/native/cpu/DistributionTemplates.h, avx_mathfun.h).
//
// Large float32 draws go through single-precision Cephes polynomials with fused multiply-adds. Math.fround after
// every operation reproduces the rounding; a fused multiply-add is the float64 product and sum, rounded once.
import { MersenneTwister } from './mersenne-twister.ts';

const fround = Math.fround;
const TWO_PI = 2 * Math.PI;
const TWO_PI_32 = fround(TWO_PI);

const fma = (a: number, b: number, c: number): number => fround(a * b + c);

// Written out rather than looped over: noise is drawn a hundred thousand values at a time, in every step.
const L0 = fround(7.0376836292e-2);
const L1 = fround(-1.151461031e-1);
const L2 = fround(1.167699874e-1);
const L3 = fround(-1.2420140846e-1);
const L4 = fround(1.4249322787e-1);
const L5 = fround(-1.6668057665e-1);
const L6 = fround(2.0000714765e-1);
const L7 = fround(-2.4999993993e-1);
const L8 = fround(3.3333331174e-1);
const LN2_LOW = fround(-2.1219444e-4);
const LN2_HIGH = fround(0.693359375);
const SQRT_HALF = fround(0.70710678);

const floatBits = new Float32Array(1);
const intBits = new Int32Array(floatBits.buffer);

/** log of a positive normal float32 number. */
function log32(value: number): number {
  floatBits[0] = value;
  const bits = intBits[0]!;
  let exponent = ((bits >>> 23) & 0xff) - 126;
  intBits[0] = (bits & 0x007fffff) | 0x3f000000;
  let m = floatBits[0]!;
  if (m < SQRT_HALF) {
    exponent -= 1;
    m = fround(fround(m - 1) + m);
  } else {
    m = fround(m - 1);
  }
  const z = fround(m * m);
  let y = fma(fma(fma(fma(L0, m, L1), m, L2), m, L3), m, L4);
  y = fma(fma(fma(fma(y, m, L5), m, L6), m, L7), m, L8);
  y = fma(fround(y * m), z, fround(exponent * LN2_LOW));
  y = fma(z, -0.5, y);
  return fma(exponent, LN2_HIGH, fround(m + y));
}

const FOUR_OVER_PI = fround(1.27323954473516);
const REDUCE_0 = fround(-0.78515625);
const REDUCE_1 = fround(-2.4187564849853516e-4);
const REDUCE_2 = fround(-3.774894977445941e-8);
const C0 = fround(2.443315711809948e-5);
const C1 = fround(-1.388731625493765e-3);
const C2 = fround(4.166664568298827e-2);
const S0 = fround(-1.9515295891e-4);
const S1 = fround(8.3321608736e-3);
const S2 = fround(-1.6666654611e-1);

/** torch switches from one value at a time to blocks of 16 here. */
const BLOCK = 16;

export class TorchGenerator {
  private readonly engine: MersenneTwister;
  /** The sine half of a small draw, kept for the next one. */
  private kept: number | null = null;

  constructor(seed: number | bigint) {
    this.engine = new MersenneTwister(seed);
  }

  private uniform32(): number {
    return (this.engine.nextUint32() & 0xffffff) / 2 ** 24;
  }

  private uniform64(): number {
    const high = this.engine.nextUint32() & 0x1fffff;
    return (high * 2 ** 32 + this.engine.nextUint32()) / 2 ** 53;
  }

  /** torch.rand, float32: `count` values in [0, 1). */
  rand(count: number): Float32Array {
    const out = new Float32Array(count);
    for (let i = 0; i < count; i++) out[i] = this.uniform32();
    return out;
  }

  /** torch.randn, float32, bit for bit. */
  randn(count: number): Float32Array {
    const out = new Float32Array(count);
    if (count < BLOCK) {
      for (let i = 0; i < count; i++) out[i] = this.oneNormal();
      return out;
    }
    for (let i = 0; i < count; i++) out[i] = this.uniform32();
    for (let start = 0; start + BLOCK <= count; start += BLOCK) transformBlock32(out, start);
    if (count % BLOCK !== 0) {
      // The tail is drawn anew as a whole block, over values that were already transformed.
      for (let i = count - BLOCK; i < count; i++) out[i] = this.uniform32();
      transformBlock32(out, count - BLOCK);
    }
    return out;
  }

  /** torch.randn with dtype float64. */
  randn64(count: number): Float64Array {
    const out = new Float64Array(count);
    if (count < BLOCK) {
      for (let i = 0; i < count; i++) out[i] = this.oneNormal();
      return out;
    }
    for (let i = 0; i < count; i++) out[i] = this.uniform64();
    for (let start = 0; start + BLOCK <= count; start += BLOCK) transformBlock64(out, start);
    if (count % BLOCK !== 0) {
      for (let i = count - BLOCK; i < count; i++) out[i] = this.uniform64();
      transformBlock64(out, count - BLOCK);
    }
    return out;
  }

  private oneNormal(): number {
    if (this.kept !== null) {
      const value = this.kept;
      this.kept = null;
      return value;
    }
    const angle = TWO_PI * this.uniform64();
    const radius = Math.sqrt(-2 * Math.log1p(-this.uniform64()));
    this.kept = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

/** Box-Muller over 16 uniforms in place: the first eight are radii, the last eight angles. */
function transformBlock32(data: Float32Array, start: number): void {
  for (let j = start; j < start + BLOCK / 2; j++) {
    const radius = fround(Math.sqrt(fround(-2 * log32(fround(1 - data[j]!)))));
    const angle = fround(TWO_PI_32 * data[j + BLOCK / 2]!);

    // Octant, and what is left of the angle within it.
    const octant = (Math.trunc(fround(angle * FOUR_OVER_PI)) + 1) & ~1;
    const x = fma(octant, REDUCE_2, fma(octant, REDUCE_1, fma(octant, REDUCE_0, angle)));
    const z = fround(x * x);
    let cos = fround(fma(fma(C0, z, C1), z, C2) * z);
    cos = fround(fma(cos, z, -fround(z * 0.5)) + 1);
    let sin = fround(fma(fma(S0, z, S1), z, S2) * z);
    sin = fma(sin, x, x);
    if (octant & 2) {
      const swap = sin;
      sin = cos;
      cos = swap;
    }
    data[j] = radius * ((octant - 2) & 4 ? cos : -cos);
    data[j + BLOCK / 2] = radius * (octant & 4 ? -sin : sin);
  }
}

function transformBlock64(data: Float64Array, start: number): void {
  for (let j = start; j < start + BLOCK / 2; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - data[j]!));
    const angle = TWO_PI * data[j + BLOCK / 2]!;
    data[j] = radius * Math.cos(angle);
    data[j + BLOCK / 2] = radius * Math.sin(angle);
  }
}
