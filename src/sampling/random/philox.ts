// Philox4x32-10 as CUDA's generator uses it (Salmon et al. 2011), with A1111's normal transform (modules/rng_philox.py):
// what its random source "NV" computes on the CPU and "GPU" gives on an NVIDIA card.

const TWO_POW_32_INVERSE = Math.fround(2.3283064e-10);
const TWO_POW_32_INVERSE_2PI = Math.fround(2.3283064e-10 * 6.2831855);

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** Upper 32 bits of the 64-bit product of two uint32 values; every partial sum fits in 32 bits. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const other = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (other >>> 16)) >>> 0;
}

export class PhiloxGenerator {
  private readonly keyLow: number;
  private readonly keyHigh: number;
  private offset = 0;

  /** The seed modulo 2^64 is the key. */
  constructor(seed: number | bigint) {
    const key = BigInt.asUintN(64, BigInt(seed));
    this.keyLow = Number(key & 0xffffffffn);
    this.keyHigh = Number(key >> 32n);
  }

  /** Normal values, float32. Each call, of any size, moves the counter on by one. */
  randn(count: number): Float32Array {
    const out = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      let c0 = this.offset;
      let c1 = 0;
      let c2 = i;
      let c3 = 0;
      let k0 = this.keyLow;
      let k1 = this.keyHigh;
      for (let round = 0; round < ROUNDS; round++) {
        const high0 = multiplyHigh(c0, MULTIPLIER_0);
        const low0 = Math.imul(c0, MULTIPLIER_0) >>> 0;
        const high1 = multiplyHigh(c2, MULTIPLIER_1);
        const low1 = Math.imul(c2, MULTIPLIER_1) >>> 0;
        c0 = (high1 ^ c1 ^ k0) >>> 0;
        c1 = low1;
        c2 = (high0 ^ c3 ^ k1) >>> 0;
        c3 = low0;
        k0 = (k0 + WEYL_0) >>> 0;
        k1 = (k1 + WEYL_1) >>> 0;
      }
      const u = c0 * TWO_POW_32_INVERSE + TWO_POW_32_INVERSE / 2;
      const v = c1 * TWO_POW_32_INVERSE_2PI + TWO_POW_32_INVERSE_2PI / 2;
      out[i] = Math.sqrt(-2 * Math.log(u)) * Math.sin(v);
    }
    this.offset += 1;
    return out;
  }
}
