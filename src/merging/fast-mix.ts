// Weighted sums of the usual kinds of float in one pass, with the same roundings as arithmetic.ts.
//
// What a half or bfloat16 times a factor comes to is looked up: there are only 65536 of them.
import { toFloat32 } from '../checkpoint/convert.ts';
import type { DType } from '../checkpoint/types.ts';
import { bytesOf, roundToHalf, scale, valuesOf } from './arithmetic.ts';
import type { Mix, PlannedTensor } from './plan.ts';

export type FastMix = (a: Uint8Array, b: Uint8Array) => Uint8Array<ArrayBuffer>;

/** Elements in a row: what is held between the steps stays in the processor's cache. */
const PIECE = 16_384;

type Scale = (bytes: Uint8Array, out: Float32Array) => void;

/** Null where the kinds are others: then arithmetic.ts does it. */
export function fastMix({ base, dtype }: PlannedTensor, mix: Mix): FastMix | null {
  const { method, multiplier, types } = mix;
  const usual: readonly DType[] = ['F32', 'F16', 'BF16'];
  const kinds = [base.info.dtype, mix.b.info.dtype];
  if (method !== 'Weighted sum' || !kinds.every((kind) => usual.includes(kind))) return null;
  // A sum in float32 that is saved as a half is rounded as a sum of halves is: once.
  const toHalf = dtype === 'F16' && (types.sum === 'F16' || types.sum === 'F32');
  if (!toHalf && !(dtype === 'F32' && types.sum === 'F32')) return null;
  const scaleA = scaler(base.info.dtype, 1 - multiplier);
  const scaleB = scaler(mix.b.info.dtype, multiplier);
  const [sizeA, sizeB] = kinds.map((kind) => (kind === 'F32' ? 4 : 2)) as [number, number];
  const [first, second] = [new Float32Array(PIECE), new Float32Array(PIECE)];
  const bits = new Uint32Array(first.buffer);

  return (a, b) => {
    const count = a.length / sizeA;
    const half = toHalf ? new Uint16Array(count) : null;
    const single = half ? null : new Float32Array(count);
    for (let start = 0; start < count; start += PIECE) {
      const end = Math.min(count, start + PIECE);
      const length = end - start;
      scaleA(a.subarray(start * sizeA, end * sizeA), first);
      scaleB(b.subarray(start * sizeB, end * sizeB), second);
      if (half) {
        for (let i = 0; i < length; i++) first[i] = first[i]! + second[i]!;
        roundToHalf(bits.subarray(0, length), half.subarray(start, end));
      } else {
        const out = single!.subarray(start, end);
        for (let i = 0; i < length; i++) out[i] = first[i]! + second[i]!;
      }
    }
    return new Uint8Array((half ?? single)!.buffer as ArrayBuffer);
  };
}

function scaler(dtype: DType, factor: number): Scale {
  if (dtype === 'F32') {
    const by = Math.fround(factor);
    return (bytes, out) => {
      const values = toFloat32(bytes, 'F32');
      for (let i = 0; i < values.length; i++) out[i] = by * values[i]!;
    };
  }
  const table = productsOf(dtype, factor);
  return (bytes, out) => {
    const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
    const patterns = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
    for (let i = 0; i < patterns.length; i++) out[i] = table[patterns[i]!]!;
  };
}

/** Of every pattern of a 16-bit kind with the factor, rounded to the kind. */
function productsOf(dtype: DType, factor: number): Float32Array {
  const patterns = Uint16Array.from({ length: 65_536 }, (_, i) => i);
  const values = valuesOf(new Uint8Array(patterns.buffer), dtype);
  const products = bytesOf(scale(values, factor, dtype), dtype);
  return valuesOf(products, dtype) as Float32Array;
}
