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

/** A heading (`count` 0), or a row of tiles: `count` of them, from the one at index `first` on. Pixels from the grid's top. */
export interface Line {
  readonly first: number;
  readonly count: number;
  readonly top: number;
  readonly bottom: number;
}

export interface LineSizes {
  readonly columns: number;
  /** Pixels, with the gap below. */
  readonly row: number;
  readonly heading: number;
}

/** The lines of all groups, each with its heading. */
export function layoutLines(
  groups: readonly { readonly first: number; readonly count: number }[],
  { columns, row, heading }: LineSizes,
): Line[] {
  const lines: Line[] = [];
  let top = 0;
  const add = (first: number, count: number, height: number) => {
    lines.push({ first, count, top, bottom: top + height });
    top += height;
  };
  for (const { first, count } of groups) {
    add(first, 0, heading);
    for (let at = 0; at < count; at += columns) add(first + at, Math.min(columns, count - at), row);
  }
  return lines;
}

export interface LineWindow {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

export interface Scrolled {
  /** Pixels of the grid that are above the viewport; negative while the grid begins below its top. */
  readonly above: number;
  readonly viewport: number;
  /** Pixels on either side in which lines are kept ready. */
  readonly overscan: number;
}

/** The lines of which a pixel is in sight, or nearly. */
export function visibleLines(lines: readonly Line[], { above, viewport, overscan }: Scrolled): LineWindow {
  const first = firstWhere(lines, ({ bottom }) => bottom > above - overscan);
  const end = firstWhere(lines, ({ top }) => top >= above + viewport + overscan);
  return { first, end: Math.max(first, end) };
}

/** Number of the line that the tile at `index` is in; -1 where there is none. */
export function lineOf(lines: readonly Line[], index: number): number {
  const line = firstWhere(lines, ({ first, count }) => first + count > index);
  return line < lines.length ? line : -1;
}

/** The lines of a window, and one that must not vanish because it has the focus. */
export function linesToShow({ first, end }: LineWindow, kept: number | null): number[] {
  const lines = Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
  if (kept === null || (kept >= first && kept < end)) return lines;
  return kept < first ? [kept, ...lines] : [...lines, kept];
}

export type Step = 'left' | 'right' | 'up' | 'down' | 'home' | 'end' | 'page-up' | 'page-down';

const STEPS: Readonly<Record<string, Step>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'home',
  End: 'end',
  PageUp: 'page-up',
  PageDown: 'page-down',
};

/** The step that a key means, by its name; undefined for none. */
export function stepOf(key: string): Step | undefined {
  return STEPS[key];
}

/** Where a key leads from the tile at `index`; `page`: rows of a screen. Stays inside; -1 where there are no tiles. */
export function moveFocus(index: number, step: Step, lines: readonly Line[], page: number): number {
  const rows = lines.filter(({ count }) => count > 0);
  const last = rows.at(-1);
  if (!last) return -1;
  const end = last.first + last.count - 1;
  if (step === 'home') return 0;
  if (step === 'end') return end;
  if (step === 'left' || step === 'right')
    return Math.min(end, Math.max(0, index + (step === 'left' ? -1 : 1)));
  const row = lineOf(rows, index);
  const by = { up: -1, down: 1, 'page-up': -page, 'page-down': page }[step];
  const target = rows[Math.min(rows.length - 1, Math.max(0, row + by))]!;
  const column = index - rows[row]!.first;
  // A row that is shorter ends earlier.
  return target.first + Math.min(column, target.count - 1);
}

/** Of items of which those from some place on fit: that place. */
function firstWhere<T>(items: readonly T[], fits: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(items[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
