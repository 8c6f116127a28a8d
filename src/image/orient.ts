// Turning a picture as its EXIF orientation asks (Pillow's ImageOps.exif_transpose).
import type { PixelImage } from './pixels.ts';

/** `orientation`: 1 to 8. From 5 on width and height change places. */
export function orient(image: PixelImage, orientation: number): PixelImage {
  if (orientation === 1) return image;
  const { width, height, channels, data } = image;
  const swapped = orientation >= 5;
  // Of what is stored, before rows and columns change places.
  const flipColumns = [2, 3, 7, 8].includes(orientation);
  const flipRows = [3, 4, 6, 7].includes(orientation);
  const [outWidth, outHeight] = swapped ? [height, width] : [width, height];
  const out = new Uint8Array(data.length);
  for (let y = 0; y < outHeight; y += 1) {
    for (let x = 0; x < outWidth; x += 1) {
      const [column, row] = swapped ? [y, x] : [x, y];
      const sourceColumn = flipColumns ? width - 1 - column : column;
      const sourceRow = flipRows ? height - 1 - row : row;
      const from = (sourceRow * width + sourceColumn) * channels;
      out.set(data.subarray(from, from + channels), (y * outWidth + x) * channels);
    }
  }
  return { width: outWidth, height: outHeight, channels, data: out };
}
