// A legend's texts as pixels, by the canvas of a worker.
import { ImageError } from '../image/errors.ts';
import type { PixelImage } from '../image/pixels.ts';
import type { Measure, PlacedText } from './legend-layout.ts';

/** A1111's colours: grid_text_active_color, grid_text_inactive_color. */
const ACTIVE = '#000000';
const INACTIVE = '#999999';
const font = (size: number): string => `${size}px Roboto, system-ui, sans-serif`;

/** What the legend's font measures. @throws ImageError in a browser whose workers cannot draw. */
export function canvasMeasure(): Measure {
  const context = contextOf(1, 1);
  return (text, size) => {
    context.font = font(size);
    const { width, actualBoundingBoxAscent, actualBoundingBoxDescent } = context.measureText(text);
    return { width: Math.ceil(width), height: Math.ceil(actualBoundingBoxAscent + actualBoundingBoxDescent) };
  };
}

/** Onto a picture of three channels, in place. */
export function drawTexts(image: PixelImage, texts: readonly PlacedText[]): void {
  for (const text of texts) if (text.text !== '') drawText(image, text);
}

function drawText(image: PixelImage, { text, active, x, y, width, fontSize }: PlacedText): void {
  // One line at a time: a canvas of the whole grid would be larger than browsers have them.
  const [w, h] = [Math.ceil(width) + 2 * fontSize, 3 * fontSize];
  const context = contextOf(w, h);
  context.font = font(fontSize);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = active ? ACTIVE : INACTIVE;
  context.fillText(text, w / 2, h / 2);
  if (!active) context.fillRect((w - width) / 2, h / 2 - 2, width, 4);
  const { data } = context.getImageData(0, 0, w, h);
  const [left, top] = [Math.round(x - w / 2), Math.round(y - h / 2)];
  for (let row = 0; row < h; row++) {
    for (let column = 0; column < w; column++) {
      const [px, py] = [left + column, top + row];
      const opacity = data[4 * (row * w + column) + 3]!;
      if (opacity === 0 || px < 0 || py < 0 || px >= image.width || py >= image.height) continue;
      for (let c = 0; c < 3; c++) {
        const at = 3 * (py * image.width + px) + c;
        const own = data[4 * (row * w + column) + c]!;
        image.data[at] = Math.round((own * opacity + image.data[at]! * (255 - opacity)) / 255);
      }
    }
  }
}

function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context =
    typeof OffscreenCanvas === 'undefined'
      ? null
      : new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context)
    throw new ImageError('This browser cannot draw the legend of a grid. Switch "Draw legend" off.');
  return context;
}
