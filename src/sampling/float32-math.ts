// exp, log, pow and linspace with the bits that torch gives on a CPU with AVX2. Schedules are float32 there, and their
// last bits matter: Brownian noise rounds sigmas to six decimals, and another rounding is another path.
//
// torch computes these with Sleef's single-precision functions (N. Shibata and F. Petrogalli, Boost licence), which
// are good to one unit in the last place, so correct rounding is not enough. Math.fround after every operation gives
// float32; a fused multiply-add is the float64 product and sum, rounded once.

const fround = Math.fround;
const fma = (a: number, b: number, c: number): number => fround(a * b + c);

/** A number as the unevaluated sum of two float32, the second the first one's rounding error. */
type Pair = readonly [high: number, low: number];

/** Exact sum of two float32. */
function addExactly(a: number, b: number): Pair {
  const sum = fround(a + b);
  const v = fround(sum - a);
  return [sum, fround(fround(a - fround(sum - v)) + fround(b - v))];
}

/** Sum of a larger pair and a smaller one; `high` decides what is larger. */
function addSmaller([a, aLow]: Pair, [b, bLow]: Pair): Pair {
  const sum = fround(a + b);
  return [sum, fround(fround(fround(fround(a - sum) + b) + aLow) + bLow)];
}

function addAny(a: Pair, b: Pair): Pair {
  const [sum, error] = addExactly(a[0], b[0]);
  return [sum, fround(error + fround(a[1] + b[1]))];
}

function addNumber(a: Pair, b: number): Pair {
  const [sum, error] = addExactly(a[0], b);
  return [sum, fround(error + a[1])];
}

function multiply([a, aLow]: Pair, [b, bLow]: Pair): Pair {
  const product = fround(a * b);
  return [product, fma(a, bLow, fma(aLow, b, fma(a, b, -product)))];
}

function square([a, aLow]: Pair): Pair {
  const product = fround(a * a);
  return [product, fma(fround(a + a), aLow, fma(a, a, -product))];
}

function multiplyNumber([a, aLow]: Pair, b: number): Pair {
  const product = fround(a * b);
  return [product, fma(aLow, b, fma(a, b, -product))];
}

function divide([a, aLow]: Pair, [b, bLow]: Pair): Pair {
  const inverse = fround(1 / b);
  const quotient = fround(a * inverse);
  const residue = fma(-bLow, inverse, fma(-b, inverse, 1));
  return [quotient, fma(quotient, residue, fma(aLow, inverse, fma(inverse, a, -quotient)))];
}

const floats = (values: readonly number[]): readonly number[] => values.map(fround);

/** Horner's scheme, highest coefficient first. */
const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, coefficient) => fma(sum, x, coefficient));

const LOG2_E = fround(Math.LOG2E);
/** log 2 in two parts; multiples of the first are exact. */
const LN2_HIGH = fround(0.693145751953125);
const LN2_LOW = fround(1.428606765330187e-6);
const LN2: Pair = [fround(0.6931471824645996), fround(-1.904654323148236e-9)];

/** Nearest integer, ties to even. */
function rint(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

const EXP = floats([1.9852762e-4, 1.3930436e-3, 8.3333608e-3, 4.1666485e-2, 1.6666667e-1, 0.5]);

/** torch.exp of a float32. */
export function exp32(x: number): number {
  const q = rint(fround(x * LOG2_E));
  const s = fma(q, -LN2_LOW, fma(q, -LN2_HIGH, x));
  const u = fround(1 + fma(fround(s * s), polynomial(EXP, s), s));
  return fround(u * 2 ** q);
}

/** m * 2^e with m in [0.75, 1.5), and (m - 1) / (m + 1): the argument of atanh's series for log. */
function logParts(x: number): { readonly exponent: number; readonly ratio: Pair } {
  const exponent = Math.floor(Math.log2(fround(x * fround(1 / 0.75))));
  const m = fround(x / 2 ** exponent);
  return { exponent, ratio: divide(addExactly(-1, m), addExactly(1, m)) };
}

const LOG = floats([0.3027294874, 0.3996108174, 0.666669488]);

/** torch.log of a positive normal float32. */
export function log32(x: number): number {
  const { exponent, ratio } = logParts(x);
  const z = fround(ratio[0] * ratio[0]);
  const base = addSmaller(multiplyNumber(LN2, exponent), [fround(2 * ratio[0]), fround(2 * ratio[1])]);
  const series = fround(fround(z * ratio[0]) * polynomial(LOG, z));
  const [high, low] = addSmaller(base, [series, 0]);
  return fround(high + low);
}

const LOG_PAIR = floats([0.2403203547, 0.285112679, 0.400007993]);
const TWO_THIRDS: Pair = [fround(0.6666666269302368), fround(3.691838612596143e-9)];
const EXP_PAIR = floats([1.3632465e-3, 8.3659692e-3, 4.1671082e-2, 1.6666552e-1, 0.49999985]);

/** Positive float32 to a float32 power, by Sleef. */
function powSleef(x: number, y: number): number {
  const { exponent, ratio } = logParts(x);
  const z = square(ratio);
  const base = addSmaller(multiplyNumber(LN2, exponent), [fround(2 * ratio[0]), fround(2 * ratio[1])]);
  const series = addAny(multiplyNumber(z, polynomial(LOG_PAIR, z[0])), TWO_THIRDS);
  const log = addSmaller(base, multiply(multiply(z, ratio), series));

  const d = multiplyNumber(log, y);
  const q = rint(fround(fround(d[0] + d[1]) * LOG2_E));
  const reduced = addNumber(addNumber(d, fround(q * -LN2_HIGH)), fround(q * -LN2_LOW));
  const high = fround(reduced[0] + reduced[1]);
  const s: Pair = [high, fround(fround(reduced[0] - high) + reduced[1])];
  const t = addSmaller([1, 0], addSmaller(s, multiplyNumber(square(s), polynomial(EXP_PAIR, s[0]))));
  return fround(fround(t[0] + t[1]) * 2 ** q);
}

/** Values that torch's vectorised loops take at a time: two vectors of eight. What is left over goes one by one. */
const LANES = 8;
const vectorised = (count: number): number => count - (count % (2 * LANES));

/** torch.pow of positive float32 values. The ones left over by the vector loop go through C's powf, correctly rounded. */
export function pow32(values: readonly number[], exponent: number): number[] {
  const y = fround(exponent);
  if (y === 1) return [...values];
  const inVectors = vectorised(values.length);
  return values.map((x, i) => (i < inVectors && x > 0 ? powSleef(x, y) : fround(x ** y)));
}

/** torch.linspace, float32: from both ends inwards. Blocks of eight start from one end's formula and count up. */
export function linspace32(start: number, end: number, count: number): number[] {
  const [from, to] = [fround(start), fround(end)];
  if (count === 1) return [from];
  const step = fround(fround(to - from) / (count - 1));
  const half = Math.floor(count / 2);
  const at = (i: number): number => (i < half ? fma(step, i, from) : fma(-step, count - i - 1, to));
  const inVectors = vectorised(count);
  return Array.from({ length: count }, (_, i) => {
    if (i >= inVectors) return at(i);
    const lane = i % LANES;
    return fround(fround(step * lane) + at(i - lane));
  });
}
