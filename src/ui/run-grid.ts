// The pictures of a run as one, as A1111's grid has them (modules/images.py, image_grid).
import { failures as t } from './strings/failures.ts';

export interface GridShape {
  readonly columns: number;
  readonly rows: number;
}

/** As many rows as the square root of the count, rounded half to even as Python rounds. */
export function gridShape(count: number): GridShape {
  const root = Math.sqrt(count);
  const below = Math.floor(root);
  const half = root - below === 0.5;
  const rows = Math.max(1, Math.min(count, half ? below + (below % 2) : Math.round(root)));
  return { columns: Math.ceil(count / rows), rows };
}

/**
 * A PNG of the pictures side by side, in cells of the first one's size; black where there is none. Rejects where one
 * cannot be decoded, or the browser makes no picture of that size.
 */
export async function makeGrid(pictures: readonly Blob[]): Promise<Blob> {
  const { columns, rows } = gridShape(pictures.length);
  let canvas: OffscreenCanvas | null = null;
  let size = { width: 0, height: 0 };
  for (const [index, picture] of pictures.entries()) {
    const bitmap = await createImageBitmap(picture);
    if (!canvas) {
      size = { width: bitmap.width, height: bitmap.height };
      canvas = new OffscreenCanvas(columns * size.width, rows * size.height);
    }
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error(t.pictureTooLarge);
    context.drawImage(bitmap, (index % columns) * size.width, Math.floor(index / columns) * size.height);
    bitmap.close();
  }
  if (!canvas) throw new Error('There are no pictures.');
  return canvas.convertToBlob({ type: 'image/png' });
}
