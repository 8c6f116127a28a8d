// IEEE 754 half precision for the few constants a graph carries inside itself.

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** The float16 bits nearest to `value` (ties to even; beyond 65504 becomes infinity). */
export function float16Bits(value: number): number {
  single[0] = value;
  const word = bits[0]!;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 is where rounding leaves the finite numbers.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Normal halves: re-bias the exponent, round off 13 bits; a carry runs into the exponent as it should.
  if (magnitude >= 0x38800000) {
    const rebased = magnitude - (112 << 23);
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  // Subnormal halves are multiples of 2^-24.
  const scaled = Math.abs(single[0]!) * 2 ** 24;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  return sign | (floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0));
}
