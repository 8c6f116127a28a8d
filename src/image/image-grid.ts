// Several pictures as one (A1111 modules/images.py, image_grid).
import { ImageError } from './errors.ts';
import { parseColor } from './flatten.ts';
import { paste } from './paste.ts';
import { withoutAlpha, type PixelImage } from './pixels.ts';
import { MAX_PIXELS } from './png.ts';

export interface GridShape {
  readonly columns: number;
  readonly rows: number;
}

export interface GridOptions {
  /** A1111: n_rows; -1 finds out, 0 is the batch size. */
  readonly rows: number;
  readonly batchSize: number;
  /** Where the rows are found out: as many as leave no cell empty. */
  readonly preventEmpty: boolean;
}

export const DEFAULT_GRID: GridOptions = { rows: -1, batchSize: 1, preventEmpty: false };

/** Of `count` pictures, 1 or more. */
export function gridShape(count: number, { rows: asked, batchSize, preventEmpty }: GridOptions): GridShape {
  const found = preventEmpty ? largestDivisor(count) : roundedRoot(count);
  const rows = Math.max(1, Math.min(count, asked > 0 ? asked : asked === 0 ? batchSize : found));
  return { columns: Math.ceil(count / rows), rows };
}

/** Half to even, as Python rounds. */
function roundedRoot(count: number): number {
  const root = Math.sqrt(count);
  const below = Math.floor(root);
  return root - below === 0.5 ? below + (below % 2) : Math.round(root);
}

/** The largest at most the square root. */
function largestDivisor(count: number): number {
  let rows = Math.floor(Math.sqrt(count));
  while (count % rows !== 0) rows -= 1;
  return rows;
}

/**
 * Row by row, in cells of the largest width and height, smaller ones in their middle.
 *
 * @param background "#rrggbb".
 * @throws ImageError where it would be larger than anything that can be opened again.
 */
export function imageGrid(
  pictures: readonly PixelImage[],
  { columns, rows }: GridShape,
  background: string,
): PixelImage {
  const cellWidth = Math.max(...pictures.map(({ width }) => width));
  const cellHeight = Math.max(...pictures.map(({ height }) => height));
  const [width, height] = [columns * cellWidth, rows * cellHeight];
  if (width * height > MAX_PIXELS)
    throw new ImageError(
      `The grid would be ${width} x ${height}; at most ${MAX_PIXELS} pixels can be opened again.`,
    );
  const color = parseColor(background) ?? [255, 255, 255];
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < data.length; i += 3) data.set(color, i);
  const grid: PixelImage = { width, height, channels: 3, data };
  pictures.forEach((picture, i) => {
    const left = (i % columns) * cellWidth + Math.floor((cellWidth - picture.width) / 2);
    const top = Math.floor(i / columns) * cellHeight + Math.floor((cellHeight - picture.height) / 2);
    paste(grid, withoutAlpha(picture), left, top);
  });
  return grid;
}
