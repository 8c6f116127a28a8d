import { expect, it } from 'vitest';
import { gridShape } from './run-grid.ts';

// Counts and rows of A1111's image_grid with its defaults.
it.each([
  [1, 1, 1],
  [2, 2, 1],
  [3, 2, 2],
  [4, 2, 2],
  [5, 3, 2],
  [6, 3, 2],
  [7, 3, 3],
  [12, 4, 3],
  [40, 7, 6],
  [200, 15, 14],
])('%i pictures: %i columns, %i rows', (count, columns, rows) => {
  expect(gridShape(count)).toEqual({ columns, rows });
});
