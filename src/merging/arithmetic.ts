// The arithmetic of a merge on element values, as torch does it: each operation rounds to the type of its result.
//
// Numbers pass through float32. A product of two float32 is exact in a double and rounded once by Math.fround; a sum of two
// as well. float16 and bfloat16 are widened (exact), computed in float32 and rounded again, which is what torch's CPU kernels
// do. float64 is computed in double; integers exactly.
import { toFloat32 } from '../checkpoint/convert.ts';
import { halfBits, halfTable } from '../checkpoint/half.ts';
import { BYTES_PER_ELEMENT, type DType } from '../checkpoint/types.ts';

const FLOATS: readonly DType[] = ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'];

export const isFloat = (dtype: DType): boolean => FLOATS.includes(dtype);

/** Types that torch computes in; it has no arithmetic for the 8-bit ones, which are widened to float16 here. */
export function computedAs(dtype: DType): DType {
  return dtype === 'F8_E4M3' || dtype === 'F8_E5M2' ? 'F16' : dtype;
}

/** torch.promote_types, for tensors of as many dimensions. */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  if (isFloat(a) !== isFloat(b)) return isFloat(a) ? a : b;
  if (isFloat(a)) return a === 'F64' || b === 'F64' ? 'F64' : 'F32';
  if (a === 'BOOL' || b === 'BOOL') return a === 'BOOL' ? b : a;
  const [small, large] = BYTES_PER_ELEMENT[a] < BYTES_PER_ELEMENT[b] ? [a, b] : [b, a];
  const mixed = small.startsWith('I') && large.startsWith('U');
  return mixed || BYTES_PER_ELEMENT[a] === BYTES_PER_ELEMENT[b] ? 'I64' : large;
}

/** The type of a number of Python's times a tensor: an int keeps integers, a float makes them float32. */
export function scaledType(dtype: DType, factor: number): DType {
  if (isFloat(dtype)) return dtype;
  if (!Number.isInteger(factor)) return 'F32';
  return dtype === 'BOOL' ? 'I64' : dtype;
}

/** Element values on their way: float32 (which holds the narrower kinds exactly), float64 or integers. */
export type Values = Float32Array | Float64Array | BigInt64Array;

/** Bytes of a tensor as values. float32 may be a view of the same memory. */
export function valuesOf(bytes: Uint8Array, dtype: DType): Values {
  if (isFloat(dtype)) {
    if (dtype !== 'F64') return toFloat32(bytes, dtype);
    return new Float64Array(bytes.slice().buffer);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = BYTES_PER_ELEMENT[dtype];
  return BigInt64Array.from({ length: bytes.length / size }, (_, i) => integerAt(view, i * size, dtype));
}

function integerAt(view: DataView, at: number, dtype: DType): bigint {
  switch (dtype) {
    case 'I64':
    case 'U64':
      return view.getBigInt64(at, true);
    case 'I32':
      return BigInt(view.getInt32(at, true));
    case 'U32':
      return BigInt(view.getUint32(at, true));
    case 'I16':
      return BigInt(view.getInt16(at, true));
    case 'U16':
      return BigInt(view.getUint16(at, true));
    case 'I8':
      return BigInt(view.getInt8(at));
    case 'BOOL':
      return view.getUint8(at) === 0 ? 0n : 1n;
    default:
      return BigInt(view.getUint8(at));
  }
}

/** Values of `dtype` as bytes of it. What a half cannot hold becomes infinite, as in torch. */
export function bytesOf(values: Values, dtype: DType): Uint8Array<ArrayBuffer> {
  if (dtype === 'F64') return new Uint8Array(Float64Array.from(values, Number).buffer);
  if (values instanceof BigInt64Array) return integerBytes(values, dtype);
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  if (dtype === 'F32') return new Uint8Array(floats.slice().buffer);
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const out = new Uint16Array(bits.length);
  if (dtype === 'F16') roundToHalf(bits, out);
  else if (dtype === 'BF16') roundToBfloat16(bits, out);
  else throw new RangeError(`Nothing is merged as ${dtype}.`);
  return new Uint8Array(out.buffer);
}

function integerBytes(values: BigInt64Array, dtype: DType): Uint8Array<ArrayBuffer> {
  if (isFloat(dtype)) return bytesOf(Float32Array.from(values, Number), dtype);
  const size = BYTES_PER_ELEMENT[dtype];
  const out = new Uint8Array(values.length * size);
  const wide = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  for (let i = 0; i < values.length; i++) out.set(wide.subarray(8 * i, 8 * i + size), i * size);
  return out;
}

/** `factor` times the values, each product rounded to `to`. */
export function scale(values: Values, factor: number, to: DType): Values {
  if (values instanceof BigInt64Array) {
    if (!Number.isInteger(factor)) return scale(Float32Array.from(values, Number), factor, to);
    const whole = BigInt(factor);
    return values.map((value) => value * whole);
  }
  if (values instanceof Float64Array) return values.map((value) => value * factor);
  // The number, too, becomes one of the tensor's type.
  const by = rounded(Float32Array.of(factor), to)[0]!;
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = by * values[i]!;
  return rounded(out, to);
}

/** Sums, or with `sign` -1 differences, rounded to `to`. */
export function add(a: Values, b: Values, sign: 1 | -1, to: DType): Values {
  if (a instanceof BigInt64Array && b instanceof BigInt64Array) {
    const by = BigInt(sign);
    return a.map((value, i) => value + by * b[i]!);
  }
  if (to === 'F64') {
    const [x, y] = [Float64Array.from(a, Number), Float64Array.from(b, Number)];
    return x.map((value, i) => value + sign * y[i]!);
  }
  const [x, y] = [floatsOf(a), floatsOf(b)];
  const out = new Float32Array(x.length);
  if (sign === 1) for (let i = 0; i < out.length; i++) out[i] = x[i]! + y[i]!;
  else for (let i = 0; i < out.length; i++) out[i] = x[i]! - y[i]!;
  return rounded(out, to);
}

function floatsOf(values: Values): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values, Number);
}

/** In place: to the narrower kinds and back. */
function rounded(values: Float32Array, to: DType): Float32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  if (to === 'F16') {
    const table = halfTable();
    for (let i = 0; i < bits.length; i++) bits[i] = table[ieeeHalf(bits[i]!)]!;
  } else if (to === 'BF16') {
    for (let i = 0; i < bits.length; i++) bits[i] = bfloat16Bits(bits[i]!) << 16;
  }
  return values;
}

/** float32 magnitude bits from which a half is infinite (65520), of infinity, and of the smallest normal half (2^-14). */
const OVERFLOW = 0x477ff000;
const INFINITY = 0x7f800000;
const SMALLEST_NORMAL = 0x38800000;

function ieeeHalf(bits: number): number {
  const magnitude = bits & 0x7fffffff;
  if (magnitude < OVERFLOW) return halfBits(bits);
  return ((bits >>> 16) & 0x8000) | (magnitude > INFINITY ? 0x7e00 : 0x7c00);
}

/** To nearest, ties to even; the upper half of a float32. NaN stays one. */
function bfloat16Bits(bits: number): number {
  if ((bits & 0x7fffffff) > INFINITY) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** float32 patterns to halves. */
export function roundToHalf(bits: Uint32Array, out: Uint16Array): void {
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i]!;
    const magnitude = value & 0x7fffffff;
    // The usual case of halfBits, without a call.
    out[i] =
      magnitude >= SMALLEST_NORMAL && magnitude < OVERFLOW
        ? ((value >>> 16) & 0x8000) | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
        : ieeeHalf(value);
  }
}

function roundToBfloat16(bits: Uint32Array, out: Uint16Array): void {
  for (let i = 0; i < bits.length; i++) out[i] = bfloat16Bits(bits[i]!);
}
