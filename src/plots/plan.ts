// What comes of a plot: the requests in the order they are made, and the grid that their pictures are shown in.
import type { Cell } from './cell.ts';

/** One line of a legend; struck out where it says what is not there. */
export interface LegendText {
  readonly text: string;
  readonly active: boolean;
}

/** Lines over or beside a row or column; none where nothing is to be said. */
export type LegendBlock = readonly LegendText[];

export interface PlotGrid {
  readonly columns: number;
  readonly rows: number;
  /** Grids of that size, side by side. */
  readonly layers: number;
  /** Pixels between cells. */
  readonly margin: number;
  readonly columnTexts: readonly LegendBlock[];
  readonly rowTexts: readonly LegendBlock[];
  readonly layerTexts: readonly LegendBlock[];
  readonly drawLegend: boolean;
  /** Each layer is kept as a picture, too. */
  readonly keepLayers: boolean;
  /** Where the picture of each request stands: column + columns * (row + rows * layer). */
  readonly places: readonly number[];
  /** What the text of the whole says besides that of its first picture, by keys of the parameters text; the layers' says less. */
  readonly fields: Readonly<Record<string, string>>;
  readonly layerFields: Readonly<Record<string, string>>;
}

export interface Plan {
  /** In the order they are made. */
  readonly cells: readonly Cell[];
  /** Null where the pictures stand for themselves. */
  readonly grid: PlotGrid | null;
  /** What the person is to know of it, in words; lines that were taken otherwise than they look. */
  readonly remarks: readonly string[];
}

/** Cells of all layers: far more than a job has requests. */
const MAX_PLACES = 10_000;

/** Whether something stored is the grid of so many requests. */
export function isPlotGrid(value: unknown, requests: number): value is PlotGrid {
  const grid = fieldsOf(value);
  const { columns, rows, layers, margin, places } = grid;
  const [c, r, l] = [columns, rows, layers].map(Number) as [number, number, number];
  return (
    [columns, rows, layers].every((count) => Number.isSafeInteger(count) && Number(count) > 0) &&
    c * r * l <= MAX_PLACES &&
    Number.isSafeInteger(margin) &&
    Number(margin) >= 0 &&
    typeof grid['drawLegend'] === 'boolean' &&
    typeof grid['keepLayers'] === 'boolean' &&
    areBlocks(grid['columnTexts'], c) &&
    areBlocks(grid['rowTexts'], r) &&
    areBlocks(grid['layerTexts'], l) &&
    Array.isArray(places) &&
    places.length === requests &&
    places.every((place) => Number.isSafeInteger(place) && Number(place) >= 0 && Number(place) < c * r * l) &&
    areTexts(grid['fields']) &&
    areTexts(grid['layerFields'])
  );
}

function areBlocks(value: unknown, count: number): boolean {
  const isBlock = (block: unknown): boolean =>
    Array.isArray(block) &&
    block.every((line) => {
      const { text, active } = fieldsOf(line);
      return typeof text === 'string' && typeof active === 'boolean';
    });
  return Array.isArray(value) && value.length === count && value.every(isBlock);
}

function areTexts(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
