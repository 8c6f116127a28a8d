// Square roots as pairs of halves that add up to them: 22 bits of each, of numbers from 1e-14 to 4e9, which a half alone cannot hold.
import { float16ToFloat32, toFloat16, toFloat32, type HalfReport } from './convert.ts';
import type { DType } from './types.ts';

/**
 * The roots of `bytes` into `out`, which is twice as long as they are elements: first what halves are nearest to them, then what is left.
 * Of negative numbers there are none: they count as not finite (convert.ts).
 */
export function rootsToHalves(bytes: Uint8Array, dtype: DType, out: Uint16Array): HalfReport {
  const roots = toFloat32(bytes, dtype).map(Math.sqrt);
  const count = roots.length;
  const nearest = out.subarray(0, count);
  const report = toFloat16(bytesOf(roots), 'F32', nearest);
  const held = new Float32Array(count);
  float16ToFloat32(nearest, held);
  const left = roots.map((root, i) => (Number.isFinite(root) ? root - held[i]! : 0));
  toFloat16(bytesOf(left), 'F32', out.subarray(count));
  return report;
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
