// Tensor bytes (little-endian, any DType) to float32 and to half precision.
import {
  bfloat16ToHalf,
  copyHalf,
  e4m3Table,
  e5m2Table,
  float32BitsToHalf,
  halfTable,
  tableToHalf,
  widen,
  type HalfReport,
} from './half.ts';
import { BYTES_PER_ELEMENT, type DType } from './types.ts';

export type { HalfReport } from './half.ts';

/**
 * Elements as float32, shape [bytes.length / element size]. Exact where float32 can hold the value, otherwise the
 * nearest (ties to even). F32 input that is aligned comes back as a view of the same memory.
 * Throws RangeError if the bytes are not a whole number of elements.
 */
export function toFloat32(bytes: Uint8Array, dtype: DType): Float32Array {
  const count = elements(bytes, dtype);
  if (dtype === 'F32') return view(Float32Array, bytes, 4);
  const out = new Float32Array(count);
  const bits = new Uint32Array(out.buffer);
  switch (dtype) {
    case 'F16':
      widen(view(Uint16Array, bytes, 2), halfTable(), bits);
      break;
    case 'BF16': {
      const input = view(Uint16Array, bytes, 2);
      for (let i = 0; i < count; i++) bits[i] = input[i]! << 16;
      break;
    }
    case 'F8_E4M3':
      widen(bytes, e4m3Table(), bits);
      break;
    case 'F8_E5M2':
      widen(bytes, e5m2Table(), bits);
      break;
    case 'F64':
      out.set(view(Float64Array, bytes, 8));
      break;
    case 'I64':
    case 'U64': {
      const input = dtype === 'I64' ? view(BigInt64Array, bytes, 8) : view(BigUint64Array, bytes, 8);
      for (let i = 0; i < count; i++) out[i] = wideInteger(input[i]!);
      break;
    }
    case 'I32':
      out.set(view(Int32Array, bytes, 4));
      break;
    case 'U32':
      out.set(view(Uint32Array, bytes, 4));
      break;
    case 'I16':
      out.set(view(Int16Array, bytes, 2));
      break;
    case 'U16':
      out.set(view(Uint16Array, bytes, 2));
      break;
    case 'I8':
      out.set(view(Int8Array, bytes, 1));
      break;
    case 'U8':
      out.set(bytes);
      break;
    case 'BOOL':
      for (let i = 0; i < count; i++) out[i] = bytes[i] === 0 ? 0 : 1;
      break;
  }
  return out;
}

/**
 * Elements as half precision bit patterns into `out` (at least as long as the elements), rounded once from the exact
 * value, to nearest, ties to even. What a half cannot hold is replaced and counted: finite values that would round to
 * infinity (from 65520 on) become +-65504 (`clamped`); NaN becomes 0 and +-infinity +-65504 (`nonFinite`).
 * Throws RangeError if the bytes are not a whole number of elements or `out` is too short.
 */
export function toFloat16(bytes: Uint8Array, dtype: DType, out: Uint16Array): HalfReport {
  const count = elements(bytes, dtype);
  if (out.length < count) throw new RangeError(`Room for ${out.length} of ${count} elements.`);
  const report: HalfReport = { clamped: 0, nonFinite: 0 };
  switch (dtype) {
    case 'F16':
      copyHalf(view(Uint16Array, bytes, 2), out, report);
      break;
    case 'BF16':
      bfloat16ToHalf(view(Uint16Array, bytes, 2), out, report);
      break;
    case 'F32':
      float32BitsToHalf(view(Uint32Array, bytes, 4), out, report);
      break;
    case 'F8_E4M3':
      tableToHalf(bytes, e4m3Table(), out, report);
      break;
    case 'F8_E5M2':
      tableToHalf(bytes, e5m2Table(), out, report);
      break;
    case 'F64':
      float32BitsToHalf(oddFloat32(view(Float64Array, bytes, 8)), out, report);
      break;
    case 'I32':
      float32BitsToHalf(oddFloat32(view(Int32Array, bytes, 4)), out, report);
      break;
    case 'U32':
      float32BitsToHalf(oddFloat32(view(Uint32Array, bytes, 4)), out, report);
      break;
    default: {
      // The 8- and 16-bit integers are exact in float32; 64-bit ones that are not lie far beyond the half range.
      const exact = toFloat32(bytes, dtype);
      float32BitsToHalf(new Uint32Array(exact.buffer, exact.byteOffset, count), out, report);
    }
  }
  return report;
}

/** Half precision bit patterns as float32, exactly; NaN payloads are kept. `out` must be at least as long. */
export function float16ToFloat32(halves: Uint16Array, out = new Float32Array(halves.length)): Float32Array {
  if (out.length < halves.length)
    throw new RangeError(`Room for ${out.length} of ${halves.length} elements.`);
  widen(halves, halfTable(), new Uint32Array(out.buffer, out.byteOffset, halves.length));
  return out;
}

function elements(bytes: Uint8Array, dtype: DType): number {
  const count = bytes.length / BYTES_PER_ELEMENT[dtype];
  if (!Number.isInteger(count))
    throw new RangeError(`${bytes.length} bytes are no whole number of ${dtype}.`);
  return count;
}

type ArrayConstructor<T> = new (buffer: ArrayBufferLike, offset: number, length: number) => T;

/** The bytes seen as another array kind; copied only where their address does not suit it. */
function view<T>(kind: ArrayConstructor<T>, bytes: Uint8Array, size: number): T {
  const suited = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new kind(suited.buffer, suited.byteOffset, suited.length / size);
}

/**
 * float32 patterns rounded to odd (truncated, with the last bit set where something was lost): rounding these to half
 * gives the same as rounding the exact value once (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums").
 */
function oddFloat32(input: Float64Array | Int32Array | Uint32Array): Uint32Array {
  const out = new Float32Array(input.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < input.length; i++) {
    const exact = input[i]!;
    out[i] = exact;
    const near = out[i]!;
    // Infinity here is a finite double beyond float32: the largest float32 keeps it finite, so that it counts as clamped.
    if (near !== exact && exact === exact) {
      if (Math.abs(near) > Math.abs(exact)) bits[i]!--;
      bits[i]! |= 1;
    }
  }
  return bits;
}

/** A 64-bit integer as a double that rounds to the same float32 (round to odd at 53 bits). */
function wideInteger(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  if (magnitude <= 0x1fffffffffffffn) return Number(value);
  const lost = (magnitude & 0x7ffn) !== 0n;
  const odd = (magnitude & ~0x7ffn) | (lost ? 0x800n : 0n);
  return Number(value < 0n ? -odd : odd);
}
