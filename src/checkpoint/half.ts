// IEEE half precision (binary16), bfloat16 and the two 8-bit formats: bit patterns to and from float32.
// Everything works on Uint32/Uint16 views, because that is what V8 compiles to plain integer loops.

/** float32 magnitude bits from which round-to-nearest-even leaves the half range (65520). */
const OVERFLOW = 0x477ff000;
const INFINITY = 0x7f800000;
/** float32 bits of 2^-14, the smallest normal half. */
const SMALLEST_NORMAL = 0x38800000;

/**
 * Rounds float32 bits to half bits, to nearest, ties to even. The magnitude must be below 65520.
 */
export function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= SMALLEST_NORMAL) {
    // Rebias the exponent by -112; adding just under half an ulp (plus the kept bit) rounds ties to even.
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  // Subnormal half: count units of 2^-24.
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return sign;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept);
}

/** What happened to values that a half cannot hold. */
export interface HalfReport {
  /** Finite values that would round to infinity; they became +-65504. */
  clamped: number;
  /** NaN (became 0) and infinities (became +-65504). */
  nonFinite: number;
}

/** float32 bits to half bits for values that need care (magnitude bits from OVERFLOW on), counted in `report`. */
function unholdable(bits: number, report: HalfReport): number {
  const magnitude = bits & 0x7fffffff;
  if (magnitude < INFINITY) report.clamped++;
  else report.nonFinite++;
  if (magnitude > INFINITY) return 0;
  return ((bits >>> 16) & 0x8000) | 0x7bff;
}

/** Rounds float32 bit patterns into `out`; see HalfReport for what does not fit. */
export function float32BitsToHalf(input: Uint32Array, out: Uint16Array, report: HalfReport): void {
  const count = input.length;
  for (let i = 0; i < count; i++) {
    const bits = input[i]!;
    const magnitude = bits & 0x7fffffff;
    if (magnitude >= SMALLEST_NORMAL && magnitude < OVERFLOW) {
      // halfBits' main branch, repeated here so that the hot loop makes no call.
      out[i] =
        ((bits >>> 16) & 0x8000) | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
    } else {
      out[i] = magnitude < OVERFLOW ? halfBits(bits) : unholdable(bits, report);
    }
  }
}

/** Words of two halves that are looked through at a time. */
const BLOCK_WORDS = 4096;

/** Copies half patterns into `out`, replacing what is not finite. */
export function copyHalf(input: Uint16Array, out: Uint16Array, report: HalfReport): void {
  out.set(input);
  const isAligned = input.byteOffset % 4 === 0;
  const words = isAligned
    ? new Uint32Array(input.buffer, input.byteOffset, input.length >>> 1)
    : new Uint32Array(0);
  for (let start = 0; start < words.length; start += BLOCK_WORDS) {
    const end = Math.min(words.length, start + BLOCK_WORDS);
    let exponents = 0;
    // One more makes an exponent of all ones leave its place, upwards; two halves at a time.
    for (let i = start; i < end; i++) exponents |= (words[i]! & 0x7c007c00) + 0x04000400;
    if ((exponents & 0x80008000) !== 0) makeFinite(input, out, 2 * start, 2 * end, report);
  }
  makeFinite(input, out, 2 * words.length, input.length, report);
}

/** Of the elements [start, end). */
function makeFinite(
  input: Uint16Array,
  out: Uint16Array,
  start: number,
  end: number,
  report: HalfReport,
): void {
  for (let i = start; i < end; i++) {
    const bits = input[i]!;
    if ((bits & 0x7c00) === 0x7c00) {
      report.nonFinite++;
      out[i] = (bits & 0x3ff) === 0 ? (bits & 0x8000) | 0x7bff : 0;
    }
  }
}

/** Rounds through a table of float32 patterns, one for each input pattern. */
export function tableToHalf(
  input: Uint16Array | Uint8Array,
  table: Uint32Array,
  out: Uint16Array,
  report: HalfReport,
): void {
  // The narrow kinds have so few patterns that rounding each once is free.
  const rounded = new Uint16Array(table.length);
  const special = new Uint8Array(table.length);
  const dummy: HalfReport = { clamped: 0, nonFinite: 0 };
  for (let i = 0; i < table.length; i++) {
    const bits = table[i]!;
    const fits = (bits & 0x7fffffff) < OVERFLOW;
    rounded[i] = fits ? halfBits(bits) : unholdable(bits, dummy);
    special[i] = fits ? 0 : 1;
  }
  const count = input.length;
  for (let i = 0; i < count; i++) {
    const pattern = input[i]!;
    out[i] = rounded[pattern]!;
    if (special[pattern] !== 0) unholdable(table[pattern]!, report);
  }
}

/** bfloat16 is the upper half of a float32: no table is needed, and few values leave the half range. */
export function bfloat16ToHalf(input: Uint16Array, out: Uint16Array, report: HalfReport): void {
  const count = input.length;
  for (let i = 0; i < count; i++) {
    const bits = input[i]! << 16;
    const magnitude = bits & 0x7fffffff;
    if (magnitude >= SMALLEST_NORMAL && magnitude < OVERFLOW) {
      // A bfloat16 has fewer mantissa bits than a half: nothing to round.
      out[i] = ((bits >>> 16) & 0x8000) | ((magnitude - 0x38000000) >>> 13);
    } else {
      out[i] = magnitude < OVERFLOW ? halfBits(bits) : unholdable(bits, report);
    }
  }
}

/** Widens bit patterns through a table of float32 patterns. */
export function widen(input: Uint16Array | Uint8Array, table: Uint32Array, out: Uint32Array): void {
  const count = input.length;
  for (let i = 0; i < count; i++) out[i] = table[input[i]!]!;
}

/**
 * float32 patterns of a small floating format with `exponentBits` and `mantissaBits`.
 * `ieee`: the largest exponent means infinity and NaN; otherwise only all ones does, and it is NaN (F8 E4M3 "fn").
 */
function patterns(exponentBits: number, mantissaBits: number, ieee: boolean): Uint32Array {
  const width = exponentBits + mantissaBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const table = new Uint32Array(2 ** (width + 1));
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let i = 0; i < table.length; i++) {
    const sign = i >>> width;
    const exponent = (i >>> mantissaBits) & (2 ** exponentBits - 1);
    const mantissa = i & (2 ** mantissaBits - 1);
    const top = exponent === 2 ** exponentBits - 1;
    if (ieee ? top : top && mantissa === 2 ** mantissaBits - 1) {
      // Infinity, or NaN with its payload kept at the top of the wider mantissa.
      bits[0] = INFINITY | (ieee ? mantissa << (23 - mantissaBits) : 0x400000);
    } else {
      float[0] =
        exponent === 0
          ? mantissa * 2 ** (1 - bias - mantissaBits)
          : (2 ** mantissaBits + mantissa) * 2 ** (exponent - bias - mantissaBits);
    }
    table[i] = bits[0]! | (sign << 31);
  }
  return table;
}

function lazy(make: () => Uint32Array): () => Uint32Array {
  let table: Uint32Array | undefined;
  return () => (table ??= make());
}

/** float32 patterns of all 65536 halves. */
export const halfTable = lazy(() => patterns(5, 10, true));
/** float32 patterns of the 256 F8 E4M3 values (no infinities; OCP 8-bit floating point "E4M3", torch float8_e4m3fn). */
export const e4m3Table = lazy(() => patterns(4, 3, false));
/** float32 patterns of the 256 F8 E5M2 values (torch float8_e5m2). */
export const e5m2Table = lazy(() => patterns(5, 2, true));
