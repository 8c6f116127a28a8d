// Eigenvalues and eigenvectors of a symmetric matrix in float64: Householder's reflections to a tridiagonal matrix, then the implicit QL
// method with Wilkinson's shifts (Golub and Van Loan, Matrix Computations, 8.3).

const EPSILON = 2 ** -52;
/** QL needs two or three rounds a value. */
const MAX_ROUNDS = 100;

export interface Eigen {
  /** Descending. Negative ones, which only rounding makes of a Gram matrix, are 0. */
  readonly values: Float64Array;
  readonly vectors: readonly Float64Array[];
}

/** `rows`: symmetric, positive semidefinite, and overwritten. */
export function symmetricEigen(rows: Float64Array[]): Eigen {
  const n = rows.length;
  const reflections = tridiagonalise(rows);
  const diagonal = Float64Array.from({ length: n }, (_, i) => rows[i]![i]!);
  // Each beside the diagonal element of its place; none beside the last.
  const beside = Float64Array.from({ length: n }, (_, i) => rows[i + 1]?.[i] ?? 0);
  const vectors = Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: n }, (_, j) => Number(i === j)),
  );
  for (const v of reflections.reverse()) for (const vector of vectors) reflect(vector, v);
  diagonalise(diagonal, beside, vectors);
  const order = [...diagonal.keys()].sort((a, b) => diagonal[b]! - diagonal[a]!);
  return {
    values: Float64Array.from(order, (i) => Math.max(0, diagonal[i]!)),
    vectors: order.map((i) => vectors[i]!),
  };
}

/** x - 2 v (v x). */
function reflect(x: Float64Array, v: Float64Array): void {
  const start = x.length - v.length;
  let along = 0;
  for (let i = 0; i < v.length; i++) along += v[i]! * x[start + i]!;
  for (let i = 0; i < v.length; i++) x[start + i]! -= 2 * along * v[i]!;
}

/** In place, by reflections on both sides: their vectors of length 1, of the last elements, in the order they were used. */
function tridiagonalise(rows: Float64Array[]): Float64Array[] {
  const n = rows.length;
  const reflections: Float64Array[] = [];
  for (let k = 0; k < n - 2; k++) {
    const start = k + 1;
    const v = rows[k]!.slice(start);
    const norm = Math.hypot(...v);
    if (norm === 0) continue;
    const first = v[0]! > 0 ? -norm : norm;
    v[0]! -= first;
    const length = Math.hypot(...v);
    if (length === 0) continue;
    for (let i = 0; i < v.length; i++) v[i]! /= length;
    reflections.push(v);
    // H A H = A - v w' - w v', where w = 2 (A v - (v A v) v).
    const w = new Float64Array(v.length);
    let middle = 0;
    for (let i = 0; i < v.length; i++) {
      const row = rows[start + i]!;
      let sum = 0;
      for (let j = 0; j < v.length; j++) sum += row[start + j]! * v[j]!;
      w[i] = sum;
      middle += sum * v[i]!;
    }
    for (let i = 0; i < v.length; i++) w[i] = 2 * (w[i]! - middle * v[i]!);
    for (let i = 0; i < v.length; i++) {
      const row = rows[start + i]!;
      for (let j = 0; j < v.length; j++) row[start + j]! -= v[i]! * w[j]! + w[i]! * v[j]!;
    }
    rows[k]!.fill(0, start);
    for (let i = start; i < n; i++) rows[i]![k] = 0;
    rows[k]![start] = rows[start]![k] = first;
  }
  return reflections;
}

/** QL: rotations chase what a shifted step leaves beside the diagonal upwards until nothing is left there. In place. */
function diagonalise(d: Float64Array, e: Float64Array, vectors: readonly Float64Array[]): void {
  const n = d.length;
  const scale = d.reduce((sum, x) => sum + Math.abs(x), 0);
  const isSmall = (i: number): boolean =>
    Math.abs(e[i]!) <= EPSILON * (Math.abs(d[i]!) + Math.abs(d[i + 1]!)) + EPSILON * EPSILON * scale;
  for (let l = 0; l < n; l++) {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let m = l;
      while (m < n - 1 && !isSmall(m)) m++;
      if (m === l) break;
      const half = (d[l + 1]! - d[l]!) / (2 * e[l]!);
      let g = d[m]! - d[l]! + e[l]! / (half + (half < 0 ? -1 : 1) * Math.hypot(half, 1));
      let [s, c, p] = [1, 1, 0];
      let i = m - 1;
      for (; i >= l; i--) {
        const [f, b] = [s * e[i]!, c * e[i]!];
        const r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1]! -= p;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1]! - p;
        const next = (d[i]! - g) * s + 2 * c * b;
        p = s * next;
        d[i + 1] = g + p;
        g = c * next - b;
        rotate(vectors[i]!, vectors[i + 1]!, c, s);
      }
      e[m] = 0;
      if (i >= l) continue;
      d[l]! -= p;
      e[l] = g;
    }
  }
}

function rotate(a: Float64Array, b: Float64Array, c: number, s: number): void {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    a[i] = c * x - s * y;
    b[i] = s * x + c * y;
  }
}
