// The first singular values and vectors of a matrix: its best approximation of a rank.
//
// Subspace iteration with Chebyshev polynomials (Zhou, Saad et al. 2006) of D'D from a random start (Halko et al. 2011), on the
// shorter of the matrix' sides. Products are float32, everything between them float64. It ends when a round adds less than 1e-6
// to what the approximation holds of the squared norm: its error is then the smallest that is possible to about 1e-4 of itself,
// and of singular values to about 1e-5 of the first. Where the subspace is all of the space it is exact to float32 at once.
import { symmetricEigen } from './eigen.ts';
import type { LargeMatrix } from './product.ts';

/** Columns: rank of them, more so that the last ones converge. */
const MORE = 8;
const MAX_ROUNDS = 24;
const ENOUGH = 1e-6;
/** How much more a polynomial may raise the first vector than the last: float32 has to hold both. */
const MAX_RAISE = 1e4;
const MAX_DEGREE = 6;

type Column = Float32Array<ArrayBufferLike>;

export interface Approximation {
  /** Descending. */
  readonly values: Float64Array;
  /** Of each value a column of as many elements as the matrix has rows: the left vector times the value. */
  readonly left: readonly Column[];
  /** ... and of as many as it has columns, of length 1; of 0 where the value is 0. */
  readonly right: readonly Column[];
}

/** Columns that a matrix has to be `reset` for. */
export const widthFor = (rows: number, columns: number, rank: number): number =>
  Math.min(rows, columns, rank + MORE);

/** `rank`: at most the shorter side. `pause` is awaited between the rounds, and may throw to stop. */
export async function approximate(
  matrix: LargeMatrix,
  rank: number,
  pause: () => Promise<void> = async () => undefined,
): Promise<Approximation> {
  const isWide = matrix.columns > matrix.rows;
  const side = isWide ? matrix.rows : matrix.columns;
  const away = (x: readonly Column[]): Column[] => (isWide ? matrix.transposedTimes(x) : matrix.times(x));
  const back = (y: readonly Column[]): Column[] => (isWide ? matrix.times(y) : matrix.transposedTimes(y));

  const width = Math.min(side, rank + MORE);
  const isWhole = width === side;
  const random = generator();
  let basis = isWhole
    ? Array.from({ length: side }, (_, i) => Float32Array.from({ length: side }, (_, j) => Number(i === j)))
    : orthonormal(
        back(away(Array.from({ length: width }, () => Float32Array.from({ length: side }, random)))),
        random,
      );
  let held = -1;
  for (let round = 0; ; round++) {
    await pause();
    const images = away(basis);
    const { values, vectors } = symmetricEigen(gram(images));
    basis = rotated(basis, vectors);
    const now = sum(values.subarray(0, rank));
    const settled = now - held <= ENOUGH * now;
    if (isWhole || settled || round === MAX_ROUNDS) {
      return finish(rotated(images, vectors), basis, rank, isWide);
    }
    held = now;
    basis = orthonormal(
      filtered(basis, values, (x) => back(away(x))),
      random,
    );
  }
}

function finish(
  images: readonly Column[],
  basis: readonly Column[],
  rank: number,
  isWide: boolean,
): Approximation {
  const norms = images.map((image) => Math.sqrt(dot(image, image)));
  const order = [...norms.keys()].sort((a, b) => norms[b]! - norms[a]!).slice(0, rank);
  const values = Float64Array.from(order, (i) => norms[i]!);
  const scaled = (column: Column, factor: number): Column => column.map((x) => x * factor);
  // What is smaller than the products' rounding is 0.
  const least = (values[0] ?? 0) * 1e-7;
  const inverse = order.map((_, k) => (values[k]! > least ? 1 / values[k]! : 0));
  const isThere = inverse.map((x) => Number(x > 0));
  return {
    values: values.map((value, k) => value * isThere[k]!),
    left: order.map((i, k) =>
      isWide ? scaled(basis[i]!, values[k]! * isThere[k]!) : scaled(images[i]!, isThere[k]!),
    ),
    right: order.map((i, k) => (isWide ? scaled(images[i]!, inverse[k]!) : scaled(basis[i]!, isThere[k]!))),
  };
}

/** Polynomials that are small up to the last Ritz value and rise steeply above it. `basis`: Ritz vectors, by their `values`. */
function filtered(
  basis: readonly Column[],
  values: Float64Array,
  apply: (x: readonly Column[]) => Column[],
): Column[] {
  const bound = values[values.length - 1]!;
  if (!(bound > 1e-14 * values[0]!)) return apply(basis);
  // T_d(x) = cosh(d acosh x).
  const steepness = Math.acosh(Math.max(1, (2 * values[0]!) / bound - 1));
  const degree = Math.max(1, Math.min(MAX_DEGREE, Math.floor(Math.acosh(MAX_RAISE) / steepness)));
  let before: readonly Column[] = basis;
  let now = combined(apply(basis), 2 / bound, basis, -1, null);
  for (let k = 1; k < degree; k++) {
    const next = combined(apply(now), 4 / bound, now, -2, before);
    before = now;
    now = next;
  }
  return now;
}

/** a x + b y - z. */
function combined(
  x: readonly Column[],
  a: number,
  y: readonly Column[],
  b: number,
  z: readonly Column[] | null,
): Column[] {
  return x.map((column, i) => column.map((value, k) => a * value + b * y[i]![k]! - (z ? z[i]![k]! : 0)));
}

/** Gram and Schmidt's, twice, the first columns first. A column that depends on those before it is drawn anew. */
function orthonormal(columns: readonly Column[], random: () => number): Column[] {
  const done: Column[] = [];
  for (const given of columns) {
    let column = Float64Array.from(given);
    for (let tries = 0; ; tries++) {
      const size = Math.sqrt(dot(column, column));
      for (let pass = 0; pass < 2; pass++) {
        for (const other of done) {
          const along = dot(column, other);
          for (let i = 0; i < column.length; i++) column[i]! -= along * other[i]!;
        }
      }
      const left = Math.sqrt(dot(column, column));
      if (left > 1e-6 * size || tries === 3) {
        done.push(Float32Array.from(column, (x) => (left > 0 ? x / left : 0)));
        break;
      }
      column = Float64Array.from({ length: given.length }, random);
    }
  }
  return done;
}

type Numbers = Float32Array | Float64Array;

function dot(a: Numbers, b: Numbers): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

function gram(columns: readonly Column[]): Float64Array[] {
  const rows = columns.map(() => new Float64Array(columns.length));
  for (let i = 0; i < columns.length; i++) {
    for (let j = i; j < columns.length; j++) rows[i]![j] = rows[j]![i] = dot(columns[i]!, columns[j]!);
  }
  return rows;
}

/** Columns times an orthogonal matrix, whose columns are given. */
function rotated(columns: readonly Column[], vectors: readonly Float64Array[]): Column[] {
  return vectors.map((vector) => {
    const out = new Float64Array(columns[0]!.length);
    for (const [k, column] of columns.entries()) {
      const factor = vector[k]!;
      for (let i = 0; i < out.length; i++) out[i]! += factor * column[i]!;
    }
    return Float32Array.from(out);
  });
}

/** -1 to 1, the same ones every time (Marsaglia's xorshift). */
function generator(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
}
