// The arithmetic of a grid of which only what can be seen exists.

export interface GridLayout {
  readonly columns: number;
  /** Side of a square tile in pixels. */
  readonly tile: number;
}

/** As many tiles of at least `minTile` as fit, stretched to fill the width. All in pixels. */
export function layoutGrid(width: number, minTile: number, gap: number): GridLayout {
  const columns = Math.max(1, Math.floor((width + gap) / (minTile + gap)));
  return { columns, tile: Math.max(1, (width - gap * (columns - 1)) / columns) };
}

export interface RowWindow {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

export interface Scrolled {
  /** Pixels of the grid that are above the viewport; negative while the grid begins below its top. */
  readonly above: number;
  readonly viewport: number;
  /** With the gap. */
  readonly rowHeight: number;
  readonly rows: number;
  /** Rows on either side that are kept ready. */
  readonly overscan: number;
}

export function visibleRows({ above, viewport, rowHeight, rows, overscan }: Scrolled): RowWindow {
  const clamp = (row: number): number => Math.min(rows, Math.max(0, row));
  return {
    first: clamp(Math.floor(above / rowHeight) - overscan),
    end: clamp(Math.ceil((above + viewport) / rowHeight) + overscan),
  };
}

/** The rows of a window, and one that must not vanish because it has the focus. */
export function rowsToShow({ first, end }: RowWindow, kept: number | null): number[] {
  const rows = Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
  if (kept === null || (kept >= first && kept < end)) return rows;
  return kept < first ? [kept, ...rows] : [...rows, kept];
}

export type Step = 'left' | 'right' | 'up' | 'down' | 'home' | 'end' | 'page-up' | 'page-down';

/** Where a key leads from `index`, of `count` tiles in `columns`; `page`: rows of a screen. Stays inside. */
export function moveFocus(index: number, step: Step, count: number, columns: number, page: number): number {
  if (count === 0) return -1;
  const moves: Record<Step, number> = {
    left: index - 1,
    right: index + 1,
    up: index - columns,
    down: index + columns,
    home: 0,
    end: count - 1,
    'page-up': index - columns * page,
    'page-down': index + columns * page,
  };
  const target = moves[step];
  const paging = step === 'page-up' || step === 'page-down';
  // Up from the first row stays; down to a row that is shorter ends at the last tile.
  if (step === 'up' && target < 0) return index;
  if (step === 'down' && target >= count) {
    const lastRow = Math.floor((count - 1) / columns);
    return Math.floor(index / columns) < lastRow ? count - 1 : index;
  }
  if (paging && target < 0) return index % columns;
  return Math.min(count - 1, Math.max(0, target));
}
