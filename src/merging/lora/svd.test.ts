// The subspace iteration against another method: one-sided Jacobi (Hestenes) in float64, and matrices whose values are known.
import { describe, expect, it } from 'vitest';
import { symmetricEigen } from './eigen.ts';
import { LargeMatrix } from './product.ts';
import { approximate, widthFor, type Approximation } from './svd.ts';

type Rows = readonly Float64Array[];

function generator(seed: number): () => number {
  let state = seed;
  const uniform = () => (state = (state * 48_271) % 0x7fffffff) / 0x7fffffff;
  return () => Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
}

function randomMatrix(rows: number, columns: number, seed: number): Rows {
  const normal = generator(seed);
  return Array.from({ length: rows }, () => Float64Array.from({ length: columns }, normal));
}

/** Columns made orthonormal. */
function orthonormalColumns(rows: number, columns: number, seed: number): Float64Array[] {
  const done: Float64Array[] = [];
  for (const column of randomMatrix(columns, rows, seed)) {
    // Twice: once leaves what rounding leaves.
    for (const other of [...done, ...done]) {
      const along = other.reduce((sum, x, i) => sum + x * column[i]!, 0);
      column.forEach((_, i) => (column[i]! -= along * other[i]!));
    }
    const norm = Math.hypot(...column);
    done.push(column.map((x) => x / norm));
  }
  return done;
}

/** With these singular values. */
function withValues(rows: number, columns: number, values: readonly number[], seed: number): Rows {
  const u = orthonormalColumns(rows, values.length, seed);
  const w = orthonormalColumns(columns, values.length, seed + 1);
  return Array.from({ length: rows }, (_, i) =>
    Float64Array.from({ length: columns }, (_, j) =>
      values.reduce((sum, value, k) => sum + value * u[k]![i]! * w[k]![j]!, 0),
    ),
  );
}

/** Hestenes: columns are turned until they are orthogonal; their lengths are the values. */
function singularValues(matrix: Rows): number[] {
  const isWide = matrix[0]!.length > matrix.length;
  const columns = isWide
    ? matrix.map((row) => row.slice())
    : [...matrix[0]!.keys()].map((j) => Float64Array.from(matrix, (row) => row[j]!));
  for (let sweep = 0, turned = true; turned && sweep < 60; sweep++) {
    turned = false;
    for (let p = 0; p < columns.length; p++) {
      for (let q = p + 1; q < columns.length; q++) {
        const [x, y] = [columns[p]!, columns[q]!];
        let [a, b, c] = [0, 0, 0];
        for (let i = 0; i < x.length; i++) {
          a += x[i]! * x[i]!;
          b += y[i]! * y[i]!;
          c += x[i]! * y[i]!;
        }
        if (Math.abs(c) <= 1e-15 * Math.sqrt(a * b)) continue;
        turned = true;
        const zeta = (b - a) / (2 * c);
        const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const cosine = 1 / Math.hypot(1, t);
        for (let i = 0; i < x.length; i++) {
          const [u, w] = [x[i]!, y[i]!];
          x[i] = cosine * (u - t * w);
          y[i] = cosine * (w + t * u);
        }
      }
    }
  }
  return columns.map((column) => Math.hypot(...column)).sort((x, y) => y - x);
}

async function approximated(matrix: Rows, rank: number): Promise<Approximation> {
  const [rows, columns] = [matrix.length, matrix[0]!.length];
  const large = new LargeMatrix();
  // As one is used for layer after layer.
  large.reset(rows + 9, columns + 3, widthFor(rows, columns, rank));
  for (let i = 0; i < rows; i++) large.row(i).fill(7);
  large.reset(rows, columns, widthFor(rows, columns, rank));
  for (const [i, row] of matrix.entries()) large.row(i).set(row);
  return approximate(large, rank);
}

/** Of the difference to left right', over that of the matrix. */
function error(matrix: Rows, { left, right }: Approximation): number {
  let [missing, all] = [0, 0];
  for (const [i, row] of matrix.entries()) {
    for (const [j, value] of row.entries()) {
      const made = left.reduce((sum, column, k) => sum + column[i]! * right[k]![j]!, 0);
      missing += (value - made) ** 2;
      all += value ** 2;
    }
  }
  return Math.sqrt(missing / all);
}

function bestError(values: readonly number[], rank: number): number {
  const square = (list: readonly number[]) => list.reduce((sum, x) => sum + x * x, 0);
  return Math.sqrt(square(values.slice(rank)) / square(values));
}

const SHAPES = [
  [40, 24],
  [24, 40],
  [130, 96],
  [65, 301],
  [9, 9],
] as const;

describe.each(SHAPES)('a matrix of %i x %i', (rows, columns) => {
  const matrix = randomMatrix(rows, columns, rows + columns);
  const values = singularValues(matrix);

  it('without any order in it is approximated as well as can be', async () => {
    for (const rank of [1, 4, 8]) {
      const found = await approximated(matrix, rank);
      found.values.forEach((value, k) => {
        // Flat spectra are the hardest: the last values may lag behind.
        expect(Math.abs(value - values[k]!) / values[0]!, `${rank}: ${k}`).toBeLessThan(2e-3);
      });
      expect(error(matrix, found)).toBeLessThan(bestError(values, rank) * (1 + 1e-4) + 1e-6);
    }
  });

  it('comes back whole at full rank', async () => {
    const rank = Math.min(rows, columns);
    const found = await approximated(matrix, rank);
    expect(error(matrix, found)).toBeLessThan(1e-6);
    found.values.forEach((value, k) => {
      expect(Math.abs(value - values[k]!) / values[0]!).toBeLessThan(1e-5);
    });
  });
});

describe('eigenvectors', () => {
  it('of a symmetric matrix take it apart', () => {
    const source = randomMatrix(50, 30, 3);
    const gram = (): Float64Array[] =>
      [...source[0]!.keys()].map((i) =>
        Float64Array.from(source[0]!, (_, j) => source.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
      );
    const { values, vectors } = symmetricEigen(gram());
    expect([...values]).toEqual([...values].sort((a, b) => b - a));
    for (const [i, row] of gram().entries()) {
      for (const [j, wanted] of row.entries()) {
        const made = vectors.reduce((sum, vector, k) => sum + values[k]! * vector[i]! * vector[j]!, 0);
        expect(Math.abs(made - wanted)).toBeLessThan(1e-11 * values[0]!);
      }
    }
    expect([...symmetricEigen([Float64Array.of(4)]).values]).toEqual([4]);
    expect([...symmetricEigen([Float64Array.of(0, 0), Float64Array.of(0, 0)]).values]).toEqual([0, 0]);
  });
});

describe('a matrix of a few directions', () => {
  it('is found to its rank, with nothing beyond', async () => {
    const wanted = [100, 10, 1, 0.1];
    const matrix = withValues(120, 90, wanted, 5);
    const found = await approximated(matrix, 8);
    wanted.forEach((value, k) => expect(Math.abs(found.values[k]! - value)).toBeLessThan(1e-5 * 100));
    expect([...found.values].slice(4).every((value) => value < 1e-5 * 100)).toBe(true);
    expect(error(matrix, found)).toBeLessThan(1e-6);
    // Vectors of length 1, at right angles.
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j <= i; j++) {
        const product = found.right[i]!.reduce((sum, x, k) => sum + x * found.right[j]![k]!, 0);
        expect(Math.abs(product - Number(i === j))).toBeLessThan(1e-4);
      }
    }
  });

  it('is found where the values fall off slowly', async () => {
    const wanted = Array.from({ length: 100 }, (_, i) => 1 / (1 + i) ** 0.5);
    const matrix = withValues(150, 110, wanted, 8);
    const found = await approximated(matrix, 16);
    found.values.forEach((value, k) => expect(Math.abs(value - wanted[k]!)).toBeLessThan(1e-4));
    expect(error(matrix, found)).toBeLessThan(bestError(wanted, 16) * (1 + 1e-4));
  });

  it('of zeros alone gives zeros', async () => {
    const found = await approximated(
      Array.from({ length: 30 }, () => new Float64Array(20)),
      4,
    );
    expect([...found.values]).toEqual([0, 0, 0, 0]);
    for (const column of [...found.left, ...found.right]) expect(column.every((x) => x === 0)).toBe(true);
  });
});
