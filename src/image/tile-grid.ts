// A picture in overlapping tiles, and tiles blended into a picture (A1111 modules/images.py, split_grid and combine_grid).
import { blank, crop, paste, pasteBlended } from './paste.ts';
import type { Raster } from './resize.ts';

/** How a picture is cut. In pixels. */
export interface TileGrid {
  readonly width: number;
  readonly height: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly overlap: number;
  /** Left edges of the columns and top edges of the rows; below 0 where the picture is smaller than a tile. */
  readonly lefts: readonly number[];
  readonly tops: readonly number[];
}

/** The tiles are spread evenly, overlapping by `overlap` or more, which must be less than their sides. */
export function tileGrid(
  { width, height }: Pick<Raster, 'width' | 'height'>,
  tileWidth: number,
  tileHeight: number,
  overlap: number,
): TileGrid {
  const lefts = edges(width, tileWidth, overlap);
  const tops = edges(height, tileHeight, overlap);
  return { width, height, tileWidth, tileHeight, overlap, lefts, tops };
}

function edges(length: number, tile: number, overlap: number): number[] {
  const count = Math.ceil((length - overlap) / (tile - overlap));
  const step = count > 1 ? (length - tile) / (count - 1) : 0;
  return Array.from({ length: count }, (_, i) => {
    const edge = Math.trunc(i * step);
    return edge + tile >= length ? length - tile : edge;
  });
}

/** Row by row. */
export function cutIntoTiles<R extends Raster>(image: R, grid: TileGrid): R[] {
  return grid.tops.flatMap((top) =>
    grid.lefts.map((left) => crop(image, left, top, grid.tileWidth, grid.tileHeight)),
  );
}

/** `tiles`: one for each of the grid, row by row. Where two overlap, one goes over into the other. */
export function joinTiles<R extends Raster>(tiles: readonly R[], grid: TileGrid): R {
  const { width, height, tileHeight, overlap, lefts, tops } = grid;
  const ramp = (i: number): number => Math.trunc((i * 255) / overlap);
  const joined = blank(tiles[0]!, width, height);
  tops.forEach((top, y) => {
    const row = blank(joined, width, tileHeight);
    lefts.forEach((left, x) => {
      const tile = tiles[y * lefts.length + x]!;
      if (left === 0) paste(row, tile, 0, 0);
      else pasteBlended(row, tile, left, 0, (column) => (column < overlap ? ramp(column) : 255));
    });
    if (top === 0) paste(joined, row, 0, 0);
    else pasteBlended(joined, row, 0, top, (_, line) => (line < overlap ? ramp(line) : 255));
  });
  return joined;
}
