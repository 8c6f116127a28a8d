import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutGrid, layoutLines, lineOf, linesToShow, moveFocus, visibleLines } from './grid-window.ts';

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

/** Two days: 4 tiles and 2, in rows of 3. */
const SIZES = { columns: 3, row: 100, heading: 40 };
const LINES = layoutLines(
  [
    { first: 0, count: 4 },
    { first: 4, count: 2 },
  ],
  SIZES,
);

describe('layoutLines', () => {
  it('lays rows below the heading of their day', () => {
    expect(LINES.map(({ first, count, top }) => [first, count, top])).toEqual([
      [0, 0, 0],
      [0, 3, 40],
      [3, 1, 140],
      [4, 0, 240],
      [4, 2, 280],
    ]);
    expect(LINES.at(-1)?.bottom).toBe(380);
    expect(layoutLines([], SIZES)).toEqual([]);
  });

  it('finds the row of a tile, never a heading', () => {
    expect([0, 2, 3, 4, 5, 6].map((index) => lineOf(LINES, index))).toEqual([1, 1, 2, 4, 4, -1]);
  });
});

describe('visibleLines', () => {
  it('has every line of which a pixel is in sight, and none farther away than asked', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 20 });
    const above = fc.double({ min: -2000, max: 20_000, noNaN: true });
    fc.assert(
      fc.property(counts, above, (all, above) => {
        let first = 0;
        const groups = all.map((count) => ({ count, first: (first += count) - count }));
        const lines = layoutLines(groups, SIZES);
        const window = visibleLines(lines, { above, viewport: 800, overscan: 150 });
        for (const [index, { top, bottom }] of lines.entries()) {
          const shown = index >= window.first && index < window.end;
          expect(shown).toBe(bottom > above - 150 && top < above + 950);
        }
      }),
    );
  });
});

it('keeps the line that has the focus', () => {
  expect(linesToShow({ first: 3, end: 6 }, null)).toEqual([3, 4, 5]);
  expect(linesToShow({ first: 3, end: 6 }, 4)).toEqual([3, 4, 5]);
  expect(linesToShow({ first: 3, end: 6 }, 0)).toEqual([0, 3, 4, 5]);
  expect(linesToShow({ first: 3, end: 6 }, 9)).toEqual([3, 4, 5, 9]);
});

describe('moveFocus', () => {
  // Rows: 0 1 2 / 3 // 4 5
  const move = (index: number, step: Parameters<typeof moveFocus>[1]) => moveFocus(index, step, LINES, 2);

  it('moves by tiles and rows, over the days', () => {
    expect([move(3, 'left'), move(3, 'right'), move(3, 'up'), move(3, 'down')]).toEqual([2, 4, 0, 4]);
    expect([move(4, 'home'), move(4, 'end')]).toEqual([0, 5]);
    expect(move(2, 'down')).toBe(3);
  });

  it('stays inside', () => {
    expect([move(0, 'left'), move(5, 'right'), move(1, 'up'), move(5, 'down')]).toEqual([0, 5, 1, 5]);
    expect([move(5, 'page-up'), move(1, 'page-down'), move(5, 'page-down')]).toEqual([1, 5, 5]);
    expect(moveFocus(0, 'right', [], 2)).toBe(-1);
  });
});
