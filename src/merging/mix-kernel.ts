// What arithmetic.ts computes for the usual kinds of float, eight elements at a time, to the same bits.
//
// Halves are float32 in the registers, rounded after each operation to what a half can hold. Rounding to nearest, ties to even,
// is what an addition does: to 1.5 * 2^(e + 13), where a float32's last place is that of a half whose exponent is e; e is at
// least -14, as of subnormal halves. Infinities, NaN and what becomes too large for a half are not computed here but marked.
import type { DType } from '../checkpoint/types.ts';
import { SimdFunction, v, type Code, type Kernel } from '../simd/function.ts';

/** Kinds that are computed here. */
export type Kind = Extract<DType, 'F32' | 'F16' | 'BF16'>;

export const isKind = (dtype: DType): dtype is Kind => dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';

const SIGN = 0x80000000;
const MAGNITUDE = 0x7fffffff;
const EXPONENT = 0x7f800000;
/** From here on a half is infinite (65520); 2^-14, the smallest normal half; 2^-15. */
const OVERFLOW = 0x477ff000;
const SMALLEST_NORMAL = 0x38800000;
const HALF_OF_IT = 0x38000000;
/** 13 more in the exponent: 23 bits of a float32 less 10 of a half. */
const FINER = 13 << 23;
const ONE_AND_A_HALF = 1 << 22;

export const BYTES: Readonly<Record<Kind, number>> = { F32: 4, F16: 2, BF16: 2 };

/** Four elements as float32. */
function widened(f: SimdFunction, kind: Kind, address: Code, half: 0 | 1): Code {
  if (kind === 'F32') return f.keep(v.load(address, 16 * half));
  if (kind === 'BF16') return f.keep(v.shl(v.load16(address, 8 * half), 16));
  const bits = f.keep(v.and(v.shl(v.load16Signed(address, 8 * half), 13), f.constant(0x8fffe000)));
  const magnitude = f.keep(v.and(bits, f.constant(MAGNITUDE)));
  // With the exponent moved, a normal half is right. A subnormal m is (1 + m / 1024) * 2^-15 now, and shall be m / 1024 * 2^-14.
  const moved = f.keep(v.add(magnitude, f.constant(HALF_OF_IT)));
  const isSubnormal = v.isLess(magnitude, f.constant(0x00800000));
  const missing = v.and(isSubnormal, v.subFloats(moved, f.constant(SMALLEST_NORMAL)));
  const value = f.keep(v.addFloats(moved, missing));
  f.mark(v.isAtLeast(value, f.constant(OVERFLOW)));
  return f.keep(v.or(value, v.and(bits, f.constant(SIGN))));
}

/** Four float32, rounded to the kind and wide again. */
function rounded(f: SimdFunction, kind: Kind, value: Code): Code {
  const given = f.keep(value);
  if (kind === 'F32') return given;
  if (kind === 'BF16') return f.keep(v.shl(bfloat16(f, given), 16));
  f.mark(v.isAtLeast(v.and(given, f.constant(MAGNITUDE)), f.constant(OVERFLOW)));
  const exponent = v.max(v.and(given, f.constant(EXPONENT)), f.constant(SMALLEST_NORMAL));
  const grid = f.keep(v.add(exponent, f.constant(FINER + ONE_AND_A_HALF)));
  const near = v.subFloats(v.addFloats(given, grid), grid);
  // What is rounded to zero keeps its sign.
  return f.keep(v.or(near, v.and(given, f.constant(SIGN))));
}

/** Four float32 as bfloat16 in the lower halves of the lanes. */
function bfloat16(f: SimdFunction, given: Code): Code {
  f.mark(v.areFloatsUnequal(given, given));
  const odd = v.and(v.shr(given, 16), f.constant(1));
  return v.shr(v.add(v.add(given, f.constant(0x7fff)), odd), 16);
}

/** Four float32 as halves in the lower halves of the lanes. */
function half(f: SimdFunction, given: Code): Code {
  const magnitude = f.keep(v.and(given, f.constant(MAGNITUDE)));
  f.mark(v.isAtLeast(magnitude, f.constant(OVERFLOW)));
  const exponent = f.keep(v.max(v.and(given, f.constant(EXPONENT)), f.constant(SMALLEST_NORMAL)));
  const grid = f.keep(v.add(exponent, f.constant(FINER)));
  // How often the last place of a half goes into it: up to 2048, of which 1024 are the exponent's own place.
  const places = v.sub(v.addFloats(magnitude, grid), grid);
  const base = v.shr(v.sub(exponent, f.constant(SMALLEST_NORMAL)), 13);
  return v.or(v.add(places, base), v.and(v.shr(given, 16), f.constant(0x8000)));
}

/** Eight elements, given as two times four. */
function store(f: SimdFunction, kind: Kind, address: Code, values: readonly [Code, Code]): void {
  if (kind === 'F32') {
    f.store(address, 0, values[0]);
    f.store(address, 16, values[1]);
    return;
  }
  const narrow = kind === 'F16' ? half : bfloat16;
  f.store(address, 0, v.narrow(narrow(f, values[0]), narrow(f, values[1])));
}

export interface SumKinds {
  readonly a: Kind;
  readonly b: Kind;
  /** As it is stored. Where both are of one narrow kind, that. */
  readonly out: Kind;
}

/**
 * run(a, b, out, count, factorA, factorB): out = a factorA + b factorB, products rounded to their own kinds. Addresses in bytes;
 * `count` a multiple of 8, above 0. Not 0: numbers among them that arithmetic.ts has to do.
 */
export function sumKernel(kinds: SumKinds, memoryBytes: number): Kernel {
  const f = new SimdFunction(['address', 'address', 'address', 'count', 'factor', 'factor']);
  const [a, b] = [f.address(0, 8 * BYTES[kinds.a]), f.address(1, 8 * BYTES[kinds.b])];
  const out = f.address(2, 8 * BYTES[kinds.out]);
  const [byA, byB] = [f.splat(4), f.splat(5)];
  const four = (part: 0 | 1): Code => {
    const first = rounded(f, kinds.a, v.mulFloats(widened(f, kinds.a, a, part), byA));
    const second = rounded(f, kinds.b, v.mulFloats(widened(f, kinds.b, b, part), byB));
    return f.keep(v.addFloats(first, second));
  };
  store(f, kinds.out, out, [four(0), four(1)]);
  return f.start(memoryBytes);
}

export interface DifferenceKinds extends SumKinds {
  readonly c: Kind;
  /** Of B - C, and of it times the factor. */
  readonly difference: Kind;
}

/** run(a, b, c, out, count, factor): out = a + (b - c) factor, each step rounded. The rest as of sumKernel. */
export function differenceKernel(kinds: DifferenceKinds, memoryBytes: number): Kernel {
  const f = new SimdFunction(['address', 'address', 'address', 'address', 'count', 'factor']);
  const [a, b, c, out] = [kinds.a, kinds.b, kinds.c, kinds.out].map((kind, i) =>
    f.address(i, 8 * BYTES[kind]),
  ) as [Code, Code, Code, Code];
  const by = f.splat(5);
  const four = (part: 0 | 1): Code => {
    const apart = v.subFloats(widened(f, kinds.b, b, part), widened(f, kinds.c, c, part));
    const scaled = rounded(f, kinds.difference, v.mulFloats(rounded(f, kinds.difference, apart), by));
    return f.keep(v.addFloats(widened(f, kinds.a, a, part), scaled));
  };
  store(f, kinds.out, out, [four(0), four(1)]);
  return f.start(memoryBytes);
}

/** run(from, out, count): the same numbers in another kind. The rest as of sumKernel. */
export function convertKernel(from: Kind, to: Kind, memoryBytes: number): Kernel {
  const f = new SimdFunction(['address', 'address', 'count']);
  const [address, out] = [f.address(0, 8 * BYTES[from]), f.address(1, 8 * BYTES[to])];
  store(f, to, out, [widened(f, from, address, 0), widened(f, from, address, 1)]);
  return f.start(memoryBytes);
}
