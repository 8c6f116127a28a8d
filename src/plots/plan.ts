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
