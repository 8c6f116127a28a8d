// Weighted sums of the usual kinds of float in one pass, with the same roundings as arithmetic.ts.
//
// What a half or bfloat16 times a factor comes to is looked up: there are only 65536 of them.
import { toFloat32 } from '../checkpoint/convert.ts';
import type { DType } from '../checkpoint/types.ts';
import { bytesOf, roundToHalf, scale, valuesOf } from './arithmetic.ts';
import type { Mix, PlannedTensor } from './plan.ts';

/** What it gives is good until the next call. */
export type FastMix = (a: Uint8Array, b: Uint8Array) => Uint8Array<ArrayBuffer>;

/** Elements in a row: what is held between the steps stays in the processor's cache. */
const PIECE = 8192;

/** What is put into it is rounded by the processor itself, four times as fast. Browsers have it since 2024 and 2025. */
const { Float16Array: Halves } = globalThis as {
  readonly Float16Array?: new (buffer: ArrayBuffer) => { [index: number]: number; readonly length: number };
};

/** Null where the kinds are others: then arithmetic.ts does it. */
export function fastMix({ base, dtype }: PlannedTensor, mix: Mix): FastMix | null {
  const { method, multiplier, types } = mix;
  const usual: readonly DType[] = ['F32', 'F16', 'BF16'];
  const [typeA, typeB] = [base.info.dtype, mix.b.info.dtype];
  if (method !== 'Weighted sum' || !usual.includes(typeA) || !usual.includes(typeB)) return null;
  // A sum in float32 that is saved as a half is rounded as a sum of halves is: once.
  const toHalf = dtype === 'F16' && (types.sum === 'F16' || types.sum === 'F32');
  if (!toHalf && !(dtype === 'F32' && types.sum === 'F32')) return null;
  let buffer = new ArrayBuffer(0);
  /** The same memory every time. */
  const room = (bytes: number): ArrayBuffer => {
    if (buffer.byteLength < bytes) buffer = new ArrayBuffer(bytes);
    return buffer;
  };
  const sum = summation(typeA, 1 - multiplier, typeB, multiplier);
  const sums = new Float32Array(PIECE);
  const bits = new Uint32Array(sums.buffer);

  return (bytesA, bytesB) => {
    const [a, b] = [elementsOf(bytesA, typeA), elementsOf(bytesB, typeB)];
    const count = a.length;
    if (!toHalf) {
      const out = new Float32Array(room(4 * count), 0, count);
      sum(a, b, 0, count, out);
      return new Uint8Array(out.buffer, 0, 4 * count);
    }
    const out = new Uint16Array(room(2 * count), 0, count);
    if (Halves) {
      sum(a, b, 0, count, new Halves(out.buffer));
      return new Uint8Array(out.buffer, 0, 2 * count);
    }
    for (let start = 0; start < count; start += PIECE) {
      const length = Math.min(PIECE, count - start);
      sum(a, b, start, length, sums);
      roundToHalf(bits.subarray(0, length), out.subarray(start, start + length));
    }
    return new Uint8Array(out.buffer, 0, 2 * count);
  };
}

/** float32, or halves: either rounds what is put into it. */
interface Out {
  [index: number]: number;
  readonly length: number;
}

/** Elements [start, start + length) of both, each scaled, added up to the beginning of `out`. */
type Summation = (a: Elements, b: Elements, start: number, length: number, out: Out) => void;

/** Values of float32, or patterns of 16 bits. */
type Elements = Float32Array | Uint16Array;

function summation(typeA: DType, factorA: number, typeB: DType, factorB: number): Summation {
  const [ofA, ofB] = [productsOf(typeA, factorA), productsOf(typeB, factorB)];
  const [byA, byB] = [Math.fround(factorA), Math.fround(factorB)];
  // Math.fround: products and sums are rounded to float32, whatever they become afterwards.
  if (ofA && ofB) {
    return (a, b, start, length, out) => {
      for (let i = 0; i < length; i++) out[i] = Math.fround(ofA[a[start + i]!]! + ofB[b[start + i]!]!);
    };
  }
  if (ofA) {
    return (a, b, start, length, out) => {
      for (let i = 0; i < length; i++)
        out[i] = Math.fround(ofA[a[start + i]!]! + Math.fround(byB * b[start + i]!));
    };
  }
  if (ofB) {
    return (a, b, start, length, out) => {
      for (let i = 0; i < length; i++)
        out[i] = Math.fround(Math.fround(byA * a[start + i]!) + ofB[b[start + i]!]!);
    };
  }
  return (a, b, start, length, out) => {
    for (let i = 0; i < length; i++) {
      out[i] = Math.fround(Math.fround(byA * a[start + i]!) + Math.fround(byB * b[start + i]!));
    }
  };
}

function elementsOf(bytes: Uint8Array, dtype: DType): Elements {
  if (dtype === 'F32') return toFloat32(bytes, dtype);
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
}

/** Of every pattern of a 16-bit kind with the factor, rounded to the kind; null for float32. */
function productsOf(dtype: DType, factor: number): Float32Array | null {
  if (dtype === 'F32') return null;
  const patterns = Uint16Array.from({ length: 65_536 }, (_, i) => i);
  const values = valuesOf(new Uint8Array(patterns.buffer), dtype);
  const products = bytesOf(scale(values, factor, dtype), dtype);
  return valuesOf(products, dtype) as Float32Array;
}
