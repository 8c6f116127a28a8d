import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutGrid, moveFocus, rowsToShow, visibleRows } from './grid-window.ts';

describe('layoutGrid', () => {
  it('fills the width with whole tiles', () => {
    expect(layoutGrid(1392, 168, 8)).toEqual({ columns: 7, tile: (1392 - 48) / 7 });
    expect(layoutGrid(362, 104, 8)).toEqual({ columns: 3, tile: (362 - 16) / 3 });
  });

  it('has a column however narrow it is', () => {
    expect(layoutGrid(50, 168, 8)).toEqual({ columns: 1, tile: 50 });
    expect(layoutGrid(0, 168, 8)).toEqual({ columns: 1, tile: 1 });
  });

  it('never makes tiles smaller than asked, nor one column less than fits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 168, max: 4000 }), (width) => {
        const { columns, tile } = layoutGrid(width, 168, 8);
        expect(tile).toBeGreaterThanOrEqual(168);
        expect(columns * tile + (columns - 1) * 8).toBeCloseTo(width);
        expect((columns + 1) * 168 + columns * 8).toBeGreaterThan(width);
      }),
    );
  });
});

describe('visibleRows', () => {
  const grid = { viewport: 800, rowHeight: 200, rows: 100, overscan: 1 };

  it('shows what is in sight, and a little more', () => {
    expect(visibleRows({ ...grid, above: 0 })).toEqual({ first: 0, end: 5 });
    expect(visibleRows({ ...grid, above: 1000 })).toEqual({ first: 4, end: 10 });
    expect(visibleRows({ ...grid, above: 1100 })).toEqual({ first: 4, end: 11 });
  });

  it('stays inside at both ends', () => {
    expect(visibleRows({ ...grid, above: -300 })).toEqual({ first: 0, end: 4 });
    expect(visibleRows({ ...grid, above: -5000 })).toEqual({ first: 0, end: 0 });
    expect(visibleRows({ ...grid, above: 19_600 })).toEqual({ first: 97, end: 100 });
    expect(visibleRows({ ...grid, above: 1e9 })).toEqual({ first: 100, end: 100 });
    expect(visibleRows({ ...grid, rows: 0, above: 0 })).toEqual({ first: 0, end: 0 });
  });

  it('has every row of which a pixel is in sight, and no more than the screen and its margins', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 20_000, noNaN: true }), (above) => {
        const { first, end } = visibleRows({ ...grid, above });
        for (let row = 0; row < grid.rows; row++) {
          const seen = row * 200 < above + 800 && (row + 1) * 200 > above;
          if (seen) expect(row >= first && row < end).toBe(true);
        }
        expect(end - first).toBeLessThanOrEqual(800 / 200 + 1 + 2);
      }),
    );
  });
});

it('keeps the row that has the focus', () => {
  expect(rowsToShow({ first: 3, end: 6 }, null)).toEqual([3, 4, 5]);
  expect(rowsToShow({ first: 3, end: 6 }, 4)).toEqual([3, 4, 5]);
  expect(rowsToShow({ first: 3, end: 6 }, 0)).toEqual([0, 3, 4, 5]);
  expect(rowsToShow({ first: 3, end: 6 }, 9)).toEqual([3, 4, 5, 9]);
});

describe('moveFocus', () => {
  // Rows: 0 1 2 / 3 4 5 / 6 7
  const move = (index: number, step: Parameters<typeof moveFocus>[1]) => moveFocus(index, step, 8, 3, 2);

  it('moves by tiles and rows', () => {
    expect([move(4, 'left'), move(4, 'right'), move(4, 'up'), move(4, 'down')]).toEqual([3, 5, 1, 7]);
    expect([move(4, 'home'), move(4, 'end')]).toEqual([0, 7]);
  });

  it('stays inside', () => {
    expect([move(0, 'left'), move(7, 'right'), move(1, 'up'), move(7, 'down')]).toEqual([0, 7, 1, 7]);
    // The last row is shorter.
    expect(move(5, 'down')).toBe(7);
    expect([move(4, 'page-up'), move(1, 'page-down'), move(7, 'page-up')]).toEqual([1, 7, 1]);
    expect(moveFocus(0, 'right', 0, 3, 2)).toBe(-1);
  });
});
