import fc from 'fast-check';
import { expect, it } from 'vitest';
import { multiply } from './product.ts';

function plain(
  a: Float32Array,
  b: Float32Array,
  rows: number,
  depth: number,
  columns: number,
  inner: number,
) {
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum += a[Math.floor(at / columns) * depth + k]! * b[k * columns + (at % columns)]!;
    }
    return sum;
  });
}

function check(rows: number, depth: number, columns: number, inner: number): void {
  let state = rows + 7 * depth + 31 * columns + 1;
  const random = () => ((state = (state * 48_271) % 0x7fffffff) / 0x7fffffff) * 2 - 1;
  const a = Float32Array.from({ length: rows * depth }, random);
  const b = Float32Array.from({ length: depth * columns }, random);
  const wanted = plain(a, b, rows, depth, columns, inner);
  const got = multiply(a, b, [rows, depth, columns], inner);
  const most = wanted.reduce((largest, x) => Math.max(largest, Math.abs(x)), 1e-6);
  const worst = wanted.reduce((error, x, i) => Math.max(error, Math.abs(x - got[i]!)), 0);
  expect(got.length).toBe(wanted.length);
  expect(worst / most, `${rows} ${depth} ${columns} ${inner}`).toBeLessThan(2e-6);
}

it('is the product, of whatever sizes', () => {
  const size = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(size, size, size, fc.integer({ min: 1, max: 40 }), (rows, depth, columns, inner) =>
      check(rows, depth, columns, Math.min(depth, inner)),
    ),
  );
});

it('is the product of matrices that are larger than what is taken together', () => {
  for (const [rows, depth, columns] of [
    [5, 1300, 700],
    [130, 513, 257],
    [9, 1024, 512],
  ] as const) {
    check(rows, depth, columns, depth);
  }
});

it('of nothing is zeros', () => {
  expect([...multiply(new Float32Array(0), new Float32Array(0), [2, 0, 3])]).toEqual([0, 0, 0, 0, 0, 0]);
  expect(multiply(new Float32Array(0), new Float32Array(6), [0, 2, 3])).toHaveLength(0);
});
