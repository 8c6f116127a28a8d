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

const LOG_POLYNOMIAL = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(fround);
const LOG_LOW = fround(-2.1219444e-4);
const LOG_HIGH = fround(0.693359375);
const SQRT_HALF = fround(0.70710678);

const FOUR_OVER_PI = fround(1.27323954473516);
const REDUCTION = [-0.78515625, -2.4187564849853516e-4, -3.774894977445941e-8].map(fround);
const COS_POLYNOMIAL = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(fround);
const SIN_POLYNOMIAL = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(fround);

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
  let y = LOG_POLYNOMIAL[0]!;
  for (let i = 1; i < LOG_POLYNOMIAL.length; i++) y = fma(y, m, LOG_POLYNOMIAL[i]!);
  y = fma(fround(y * m), z, fround(exponent * LOG_LOW));
  y = fma(z, -0.5, y);
  return fma(exponent, LOG_HIGH, fround(m + y));
}

/** [sin, cos] of a float32 angle that is not negative. */
function sinCos32(angle: number): [number, number] {
  const j = (Math.trunc(fround(angle * FOUR_OVER_PI)) + 1) & ~1;
  let x = angle;
  for (const c of REDUCTION) x = fma(j, c, x);
  const z = fround(x * x);
  let cos = fround(fma(fma(COS_POLYNOMIAL[0]!, z, COS_POLYNOMIAL[1]!), z, COS_POLYNOMIAL[2]!) * z);
  cos = fround(fma(cos, z, -fround(z * 0.5)) + 1);
  let sin = fround(fma(fma(SIN_POLYNOMIAL[0]!, z, SIN_POLYNOMIAL[1]!), z, SIN_POLYNOMIAL[2]!) * z);
  sin = fma(sin, x, x);
  if (j & 2) [sin, cos] = [cos, sin];
  return [j & 4 ? -sin : sin, (j - 2) & 4 ? cos : -cos];
}

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
    return Float32Array.from({ length: count }, () => this.uniform32());
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
    const [sin, cos] = sinCos32(fround(TWO_PI_32 * data[j + BLOCK / 2]!));
    data[j] = radius * cos;
    data[j + BLOCK / 2] = radius * sin;
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
