import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float16ToFloat32, toFloat16, toFloat32 } from './convert.ts';
import { BYTES_PER_ELEMENT, type DType } from './types.ts';

/** Value of a half's bit pattern, from the definition (IEEE 754 binary16), in float64. */
function halfValue(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >> 10) & 31;
  const mantissa = pattern & 1023;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}

/** All finite non-negative halves in order: pattern = index. */
const FINITE = Array.from({ length: 0x7c00 }, (_, pattern) => halfValue(pattern));

/** Nearest half by search, ties to even, saturating: no bit tricks. */
function nearestHalf(value: number): { pattern: number; clamped: boolean; nonFinite: boolean } {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return { pattern: 0, clamped: false, nonFinite: true };
  if (size === Infinity) return { pattern: sign | 0x7bff, clamped: false, nonFinite: true };
  if (size >= 65520) return { pattern: sign | 0x7bff, clamped: true, nonFinite: false };
  let low = 0;
  let high = FINITE.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (FINITE[middle]! <= size) low = middle;
    else high = middle;
  }
  const below = size - FINITE[low]!;
  const above = FINITE[high]! - size;
  const pattern = below < above || (below === above && low % 2 === 0) ? low : high;
  return { pattern: sign | pattern, clamped: false, nonFinite: false };
}

function bytesOf(array: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Rounds through the code under test and through the search, from numbers of the array's own kind. */
function compareHalves(array: ArrayLike<number> & ArrayBufferView, dtype: DType): void {
  const out = new Uint16Array(array.length);
  const report = toFloat16(bytesOf(array), dtype, out);
  let clamped = 0;
  let nonFinite = 0;
  for (let i = 0; i < array.length; i++) {
    const wanted = nearestHalf(array[i]!);
    if (out[i] !== wanted.pattern) expect.fail(`${array[i]} became ${out[i]}, not ${wanted.pattern}`);
    if (wanted.clamped) clamped++;
    if (wanted.nonFinite) nonFinite++;
  }
  expect(report).toEqual({ clamped, nonFinite });
}

/** Doubles on and around everything interesting to a half: each half, the ties, and their neighbours. */
function aroundHalves(): number[] {
  const values: number[] = [];
  for (let pattern = 0; pattern < FINITE.length; pattern++) {
    const here = FINITE[pattern]!;
    const tie = (here + (FINITE[pattern + 1] ?? 65536)) / 2;
    for (const v of [here, tie, tie * (1 + 2 ** -52), tie * (1 - 2 ** -53), tie * (1 + 2 ** -23)]) {
      values.push(v, -v);
    }
  }
  return values;
}

describe('to half precision', () => {
  it('rounds every half, every tie and their neighbours, from float64 and float32', () => {
    const values = aroundHalves();
    compareHalves(Float64Array.from(values), 'F64');
    compareHalves(Float32Array.from(values), 'F32');
  });

  it('rounds any float32 pattern', () => {
    fc.assert(
      fc.property(fc.uint32Array({ minLength: 1, maxLength: 200 }), (bits) => {
        compareHalves(new Float32Array(bits.slice().buffer), 'F32');
      }),
    );
  });

  it('rounds any float64 only once', () => {
    fc.assert(
      fc.property(fc.float64Array({ minLength: 1, maxLength: 200 }), (values) => {
        compareHalves(values, 'F64');
      }),
    );
    // Just above a tie by less than float32 can tell: through float32 it would round down.
    compareHalves(Float64Array.of(1 + 2 ** -11 + 2 ** -40, 1e300, -1e300, 5e-324, -5e-324, -0), 'F64');
  });

  it('rounds integers of every width', () => {
    const ints = [0, 1, -1, 2047, 2048, 2049, 2051, -2051, 32767, -32768, 65503, 65504, 65519, 65520, -65520];
    compareHalves(Int32Array.from([...ints, 2 ** 31 - 1, -(2 ** 31)]), 'I32');
    compareHalves(Uint32Array.from([0, 4097, 4098, 4099, 65519, 65520, 2 ** 32 - 1]), 'U32');
    compareHalves(Int16Array.from(ints), 'I16');
    compareHalves(Uint16Array.from(ints), 'U16');
    compareHalves(Int8Array.from([-128, -1, 0, 127]), 'I8');
    compareHalves(Uint8Array.from([0, 1, 255]), 'U8');
    const out = new Uint16Array(ints.length);
    toFloat16(bytesOf(BigInt64Array.from(ints.map(BigInt))), 'I64', out);
    expect([...out]).toEqual(ints.map((n) => nearestHalf(n).pattern));
  });

  it('rounds every bfloat16', () => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const wide = new Float32Array(Uint32Array.from(patterns, (p) => p << 16).buffer);
    const fromBf16 = new Uint16Array(65536);
    const fromFloat = new Uint16Array(65536);
    const report = toFloat16(bytesOf(patterns), 'BF16', fromBf16);
    expect(report).toEqual(toFloat16(bytesOf(wide), 'F32', fromFloat));
    expect(fromBf16).toEqual(fromFloat);
  });

  it('keeps every finite half and replaces the others', () => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const out = new Uint16Array(65536);
    expect(toFloat16(bytesOf(patterns), 'F16', out)).toEqual({ clamped: 0, nonFinite: 2048 });
    for (let i = 0; i < 65536; i++) {
      const value = halfValue(i);
      const wanted = Number.isFinite(value) ? i : Number.isNaN(value) ? 0 : (i & 0x8000) | 0x7bff;
      if (out[i] !== wanted) expect.fail(`half ${i} became ${out[i]}`);
    }
  });

  it('goes through float32 with the 8-bit formats', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (const dtype of ['F8_E4M3', 'F8_E5M2'] as const) {
      const out = new Uint16Array(256);
      const viaFloat = new Uint16Array(256);
      const report = toFloat16(all, dtype, out);
      expect(report).toEqual(toFloat16(bytesOf(toFloat32(all, dtype)), 'F32', viaFloat));
      expect(out).toEqual(viaFloat);
      expect(report.nonFinite).toBe(dtype === 'F8_E4M3' ? 2 : 8);
    }
  });
});

describe('to float32', () => {
  it('widens every half, NaN payloads included', () => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const wide = toFloat32(bytesOf(patterns), 'F16');
    const bits = new Uint32Array(wide.buffer);
    for (let i = 0; i < 65536; i++) {
      if (!Object.is(wide[i], halfValue(i))) expect.fail(`half ${i} became ${wide[i]}`);
      if (Number.isNaN(wide[i])) expect(bits[i]! & 0x7fffff).toBe((i & 1023) << 13);
    }
    expect(float16ToFloat32(patterns)).toEqual(wide);
    const out = new Float32Array(65540);
    expect(float16ToFloat32(patterns, out)).toBe(out);
    expect(out[1]).toBe(2 ** -24);
  });

  it('reads F8 E4M3 and E5M2 as the OCP specification defines them', () => {
    const e4m3 = toFloat32(
      Uint8Array.of(0x00, 0x80, 0x01, 0x07, 0x08, 0x38, 0x7e, 0xfe, 0x7f, 0xff),
      'F8_E4M3',
    );
    expect([...e4m3]).toEqual([0, -0, 2 ** -9, 7 * 2 ** -9, 2 ** -6, 1, 448, -448, NaN, NaN]);
    // E5M2 is the upper byte of a half.
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect([...toFloat32(all, 'F8_E5M2')]).toEqual([...all].map((b) => halfValue(b << 8)));
  });

  it('reads integers and booleans', () => {
    expect([...toFloat32(bytesOf(Int32Array.of(-5, 7)), 'I32')]).toEqual([-5, 7]);
    expect([...toFloat32(bytesOf(Uint32Array.of(2 ** 32 - 1)), 'U32')]).toEqual([2 ** 32]);
    expect([...toFloat32(bytesOf(Int16Array.of(-300)), 'I16')]).toEqual([-300]);
    expect([...toFloat32(bytesOf(Uint16Array.of(65535)), 'U16')]).toEqual([65535]);
    expect([...toFloat32(Uint8Array.of(255, 1), 'I8')]).toEqual([-1, 1]);
    expect([...toFloat32(Uint8Array.of(255, 1), 'U8')]).toEqual([255, 1]);
    expect([...toFloat32(Uint8Array.of(0, 1, 2), 'BOOL')]).toEqual([0, 1, 1]);
  });

  it('rounds 64-bit integers once', () => {
    const nearest = (v: bigint): number => {
      const size = v < 0n ? -v : v;
      const shift = BigInt(Math.max(0, size.toString(2).length - 24));
      const kept = size >> shift;
      const twice = (size - (kept << shift)) * 2n;
      const unit = 1n << shift;
      const up = shift > 0n && (twice > unit || (twice === unit && (kept & 1n) === 1n));
      const rounded = Number((kept + (up ? 1n : 0n)) << shift);
      return v < 0n ? -rounded : rounded;
    };
    // Half an ulp plus one: a double cannot hold it, so rounding through one would fall on the tie.
    const tricky = 2n ** 62n + 2n ** 38n + 1n;
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (v) => {
        expect([...toFloat32(bytesOf(BigInt64Array.of(v, tricky)), 'I64')]).toEqual([
          nearest(v),
          nearest(tricky),
        ]);
        const u = BigInt.asUintN(64, v);
        expect([...toFloat32(bytesOf(BigUint64Array.of(u)), 'U64')]).toEqual([nearest(u)]);
      }),
    );
  });
});

describe('any kind', () => {
  const kinds = Object.keys(BYTES_PER_ELEMENT) as DType[];

  it('does not mind the address of its bytes', () => {
    for (const dtype of kinds) {
      const size = BYTES_PER_ELEMENT[dtype] * 9;
      const plain = Uint8Array.from({ length: size }, (_, i) => (i * 37 + 11) & 63);
      const shifted = new Uint8Array(size + 3).subarray(3);
      shifted.set(plain);
      expect(toFloat32(shifted, dtype), dtype).toEqual(toFloat32(plain, dtype));
      const a = new Uint16Array(9);
      const b = new Uint16Array(9);
      expect(toFloat16(shifted, dtype, a), dtype).toEqual(toFloat16(plain, dtype, b));
      expect(a, dtype).toEqual(b);
    }
  });

  it('refuses half elements and too little room', () => {
    for (const dtype of kinds.filter((kind) => BYTES_PER_ELEMENT[kind] > 1)) {
      const odd = new Uint8Array(BYTES_PER_ELEMENT[dtype] + 1);
      expect(() => toFloat32(odd, dtype)).toThrow(RangeError);
      expect(() => toFloat16(odd, dtype, new Uint16Array(9))).toThrow(RangeError);
    }
    expect(() => toFloat16(new Uint8Array(8), 'F32', new Uint16Array(1))).toThrow(RangeError);
    expect(() => float16ToFloat32(new Uint16Array(2), new Float32Array(1))).toThrow(RangeError);
  });
});
