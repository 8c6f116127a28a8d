// A picture with what was found in it: masks in red, boxes around them (Bing-su/adetailer, mediapipe.py, draw_preview).
import type { PixelImage } from '../../image/pixels.ts';
import type { Find } from './find.ts';
import type { Raster } from '../../image/resize.ts';

const RED = [255, 0, 0] as const;
/** How much of a mask's red shows. */
const TINT = 0.25;
/** Of a box, in pixels. */
const LINE = 2;

/** RGBA, opaque, of the picture's size. `masks`: 255 where they are. */
export function shownFinds(
  { width, height, channels, data }: PixelImage,
  finds: readonly Pick<Find, 'box'>[],
  masks: readonly Raster[],
): Uint8ClampedArray<ArrayBuffer> {
  const shown = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i += 1)
    for (let c = 0; c < 3; c += 1) shown[4 * i + c] = data[channels * i + c]!;
  const redden = (pixel: number, share: number): void => {
    for (let c = 0; c < 3; c += 1) {
      const at = 4 * pixel + c;
      shown[at] = shown[at]! + (RED[c]! - shown[at]!) * share;
    }
  };
  for (const mask of masks)
    for (let i = 0; i < mask.data.length; i += 1)
      if (mask.data[i]! > 0) redden(i, (TINT * mask.data[i]!) / 255);
  for (const { box } of finds) {
    const [left, top, right, bottom] = box.map(Math.trunc) as [number, number, number, number];
    for (let y = Math.max(0, top); y <= Math.min(height - 1, bottom); y += 1) {
      for (let x = Math.max(0, left); x <= Math.min(width - 1, right); x += 1) {
        const inside = x >= left + LINE && x <= right - LINE && y >= top + LINE && y <= bottom - LINE;
        if (!inside) redden(y * width + x, 1);
      }
    }
  }
  return shown;
}
