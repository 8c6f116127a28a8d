// Merges of the usual kinds of float, a piece at a time through mix-kernel.ts: what arithmetic.ts gives, bit for bit. It does the
// pieces in which there are numbers that the kernels leave to it.
import type { DType } from '../checkpoint/types.ts';
import { scale } from './arithmetic.ts';
import { BYTES, convertKernel, differenceKernel, isKind, sumKernel, type Kind } from './mix-kernel.ts';
import type { Mix, PlannedTensor } from './plan.ts';
import type { Kernel } from '../simd/function.ts';

/** What it gives is good until the next call. */
export type FastMix = (parts: readonly Uint8Array[]) => Uint8Array<ArrayBuffer>;

/** The same of any numbers. */
export type ExactMix = (parts: readonly Uint8Array[]) => Uint8Array;

/** Elements in a row: what is held between the steps stays in the processor's cache. A multiple of 8. */
const PIECE = 16_384;
/** Bytes of a piece, of whatever kind. */
const ROOM = 4 * PIECE;

/** Null where the kinds are others, or the engine has no SIMD. `exact` gives what the kernels leave out. */
export function fastMix({ base, dtype }: PlannedTensor, mix: Mix, exact: ExactMix): FastMix | null {
  const { method, multiplier, types, b, c } = mix;
  // Either the sum is rounded once, to what it is saved as, or it is saved as it is.
  if (!isKind(dtype) || (types.sum !== dtype && types.sum !== 'F32')) return null;
  if (method === 'Weighted sum') {
    const [a, other] = [base.info.dtype, b.info.dtype];
    if (!isKind(a) || !isKind(other)) return null;
    const factors = [factorOf(1 - multiplier, a), factorOf(multiplier, other)];
    return inPieces(
      [a, other],
      dtype,
      factors,
      () => sumKernel({ a, b: other, out: dtype }, 3 * ROOM),
      exact,
    );
  }
  if (!c) return null;
  const kinds = [base.info.dtype, b.info.dtype, c.info.dtype];
  const difference = types.first;
  if (!kinds.every(isKind) || !isKind(difference)) return null;
  const [a, second, third] = kinds as [Kind, Kind, Kind];
  const start = (): Kernel => differenceKernel({ a, b: second, c: third, difference, out: dtype }, 4 * ROOM);
  return inPieces([a, second, third], dtype, [factorOf(multiplier, difference)], start, exact);
}

/** Of float32 to the narrower kinds, and between those; null for others. */
export function fastConvert(from: DType, to: DType, exact: ExactMix): FastMix | null {
  if (!isKind(from) || !isKind(to)) return null;
  return inPieces([from], to, [], () => convertKernel(from, to, 2 * ROOM), exact);
}

/** As the kind has it, like the number that torch multiplies a tensor with. */
const factorOf = (factor: number, kind: DType): number => Number(scale(Float32Array.of(1), factor, kind)[0]);

function inPieces(
  kinds: readonly Kind[],
  out: Kind,
  factors: readonly number[],
  start: () => Kernel,
  exact: ExactMix,
): FastMix | null {
  let kernel: Kernel;
  try {
    kernel = start();
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return null;
    throw error;
  }
  const { memory, run } = kernel;
  const result = kinds.length * ROOM;
  const addresses = [...kinds.keys(), kinds.length].map((i) => i * ROOM);
  let buffer = new Uint8Array(0);

  return (parts) => {
    const count = parts[0]!.length / BYTES[kinds[0]!];
    // The same memory every time.
    if (buffer.length < BYTES[out] * count) buffer = new Uint8Array(BYTES[out] * count);
    for (let first = 0; first < count; first += PIECE) {
      const length = Math.min(PIECE, count - first);
      const pieces = parts.map((part, i) => {
        const size = BYTES[kinds[i]!];
        return part.subarray(first * size, (first + length) * size);
      });
      for (const [i, piece] of pieces.entries()) memory.set(piece, i * ROOM);
      const needsCare = run(...addresses, Math.ceil(length / 8) * 8, ...factors) !== 0;
      const bytes = needsCare ? exact(pieces) : memory.subarray(result, result + length * BYTES[out]);
      buffer.set(bytes, first * BYTES[out]);
    }
    return buffer.subarray(0, count * BYTES[out]);
  };
}
