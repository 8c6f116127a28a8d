// Several pictures as one (A1111 modules/images.py, image_grid).
import { ImageError } from './errors.ts';
import { parseColor } from './flatten.ts';
import type { GridShape } from './grid-shape.ts';
import { paste } from './paste.ts';
import { withoutAlpha, type PixelImage } from './pixels.ts';
import { MAX_PIXELS } from './png.ts';

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
