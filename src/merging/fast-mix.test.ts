// The kernels against arithmetic.ts: to the same bits, for every half and bfloat16 there is, and for any float32.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DType } from '../checkpoint/types.ts';
import { add, bytesOf, promote, scale, valuesOf } from './arithmetic.ts';
import { fastConvert, fastMix, type ExactMix } from './fast-mix.ts';
import type { Kind } from './mix-kernel.ts';
import type { Mix, PlannedTensor } from './plan.ts';

const KINDS: readonly Kind[] = ['F32', 'F16', 'BF16'];
const FACTORS = [0, 0.25, 0.3, 0.5, 0.7, 1, 1.5, -0.4, 70_000, 1e-7];

/** Counts how often the kernels leave a piece to it. */
function counted(exact: ExactMix): { readonly exact: ExactMix; readonly calls: () => number } {
  let calls = 0;
  return {
    exact: (parts) => {
      calls++;
      return exact(parts);
    },
    calls: () => calls,
  };
}

const named = (dtype: DType) => ({
  source: 'x',
  info: { name: 'x', dtype, shape: [1], elementCount: 1, position: 0 },
});

interface Kinds {
  readonly a: Kind;
  readonly b: Kind;
  readonly c: Kind | null;
  readonly out: DType;
}

function tensorOf({ a, b, c, out }: Kinds, multiplier: number): PlannedTensor & { readonly mix: Mix } {
  const first = c ? promote(b, c) : a;
  const second = c ? first : b;
  const types = { first, second, sum: promote(a, second) };
  const method = c ? 'Add difference' : 'Weighted sum';
  const mix: Mix = { method, multiplier, b: named(b), c: c && named(c), channels: null, types };
  return { name: 'x', shape: [1], dtype: out, from: 'a', base: named(a), mix };
}

function exactOf({ base, mix, dtype }: PlannedTensor & { readonly mix: Mix }): ExactMix {
  const { types, multiplier, b, c } = mix;
  return (parts) => {
    const [x, y, z] = parts.map((bytes, i) => valuesOf(bytes, [base, b, c][i]!.info.dtype));
    if (!z) {
      const [first, second] = [
        scale(x!, 1 - multiplier, types.first),
        scale(y!, multiplier, types.second),
      ] as const;
      return bytesOf(add(first, second, 1, types.sum), dtype);
    }
    const difference = scale(add(y!, z, -1, types.first), multiplier, types.second);
    return bytesOf(add(x!, difference, 1, types.sum), dtype);
  };
}

/** The same bits; any NaN is one. */
function expectSame(mine: Uint8Array, theirs: Uint8Array, dtype: DType): void {
  const bits = (bytes: Uint8Array): Uint32Array | Uint16Array => {
    const { buffer } = bytes.slice();
    if (dtype === 'F32') {
      return new Uint32Array(buffer).map((x) => ((x & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : x));
    }
    const infinity = dtype === 'F16' ? 0x7c00 : 0x7f80;
    return new Uint16Array(buffer).map((x) => ((x & 0x7fff) > infinity ? 0x7fff : x));
  };
  // Buffers, for vitest takes seconds to compare large arrays.
  const [a, b] = [bits(mine), bits(theirs)];
  if (Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)) === 0) return;
  const at = a.findIndex((x, i) => x !== b[i]);
  expect([at, a[at]?.toString(16)]).toEqual([at, b[at]?.toString(16)]);
}

/** What a sum of these kinds may be saved as. */
const outsOf = (sum: DType): readonly DType[] => (sum === 'F32' ? KINDS : [sum]);

/** All patterns of 16 bits, in an order of their own. */
const patterns = (step: number): Uint8Array =>
  new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i * step).buffer);
/** Those of finite halves below 8192: no sum of theirs needs care. */
const tame = (step: number): Uint8Array =>
  new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => (i * step) & 0xefff).buffer);

describe('kernels', () => {
  it('are as exact for every half and bfloat16', () => {
    for (const kind of ['F16', 'BF16'] as const) {
      for (const multiplier of FACTORS) {
        const tensor = tensorOf({ a: kind, b: kind, c: null, out: kind }, multiplier);
        const exact = exactOf(tensor);
        const fast = fastMix(tensor, tensor.mix, exact)!;
        for (const parts of [
          [patterns(1), patterns(40_503)],
          [tame(1), tame(25_173)],
        ]) {
          expectSame(fast(parts), exact(parts), kind);
        }
      }
    }
  });

  it('compute ordinary halves themselves', () => {
    const tensor = tensorOf({ a: 'F16', b: 'F16', c: null, out: 'F16' }, 0.3);
    const { exact, calls } = counted(exactOf(tensor));
    const fast = fastMix(tensor, tensor.mix, exact)!;
    const parts = [tame(1), tame(25_173)];
    expectSame(fast(parts), exactOf(tensor)(parts), 'F16');
    expect(calls()).toBe(0);
    fast([patterns(1), patterns(1)]);
    expect(calls()).toBeGreaterThan(0);
  });

  const number = fc.oneof(
    fc.float(),
    fc.float({ min: -1, max: 1 }),
    fc.float({ min: Math.fround(-1e-4), max: Math.fround(1e-4) }),
  );
  /** Lengths that are no multiple of eight, and more than one piece now and then. */
  const numbers = fc.array(fc.tuple(number, number, number), { minLength: 1, maxLength: 40 });
  const column = (rows: readonly (readonly number[])[], side: number, kind: DType): Uint8Array =>
    bytesOf(
      Float32Array.from(rows, (row) => row[side]!),
      kind,
    );

  it('are as exact for any floats of any kinds', () => {
    fc.assert(
      fc.property(
        ...[fc.constantFrom(...KINDS), fc.constantFrom(...KINDS), fc.constantFrom(...KINDS, null)],
        ...[fc.constantFrom(...FACTORS), numbers],
        (a, b, c, multiplier, rows) => {
          const sum = promote(a, c ? promote(b, c) : b);
          for (const out of outsOf(sum)) {
            const tensor = tensorOf({ a, b, c, out }, multiplier);
            const exact = exactOf(tensor);
            const fast = fastMix(tensor, tensor.mix, exact)!;
            const kinds = c ? [a, b, c] : [a, b];
            const parts = kinds.map((kind, side) => column(rows, side, kind));
            expectSame(fast(parts), exact(parts), out);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('round where float32 lies between two, and at it', () => {
    // Every half, its neighbours in float32, the middle to the next, and the middle's neighbours.
    const halves = valuesOf(patterns(1), 'F16') as Float32Array;
    const bits = new Uint32Array(halves.buffer);
    const near = [-1, 0, 1, 0xfff, 0x1000, 0x1001, 0x7fff, 0x8000, 0x8001];
    const given = new Uint8Array(Uint32Array.from(near.flatMap((by) => [...bits].map((x) => x + by))).buffer);
    const subnormal = halves.map((x, i) => (x + (halves[i + 1] ?? x)) / 2);
    for (const values of [given, new Uint8Array(subnormal.buffer)]) {
      for (const to of ['F16', 'BF16'] as const) {
        const exact: ExactMix = ([bytes]) => bytesOf(valuesOf(bytes!, 'F32'), to);
        expectSame(fastConvert('F32', to, exact)!([values]), exact([values]), to);
      }
    }
  });

  it('leave other kinds alone', () => {
    const tensor = tensorOf({ a: 'F16', b: 'F16', c: null, out: 'F64' }, 0.3);
    expect(fastMix(tensor, tensor.mix, exactOf(tensor))).toBeNull();
    expect(fastConvert('I64', 'F16', ([bytes]) => bytes!)).toBeNull();
  });
});
