// One picture on another, and a part of one, as Pillow's paste and crop do it.
import { dividedBy255 } from './alpha.ts';
import type { Raster } from './resize.ts';

/** An opaque black picture. */
export function blank<R extends Raster>(like: R, width: number, height: number): R {
  return { ...like, width, height, data: new Uint8Array(width * height * like.channels) };
}

/** The part from (left, top) on, black where it lies outside. */
export function crop<R extends Raster>(
  image: R,
  left: number,
  top: number,
  width: number,
  height: number,
): R {
  const part = blank(image, width, height);
  paste(part, image, -left, -top);
  return part;
}

/** Onto `canvas`, in place; both have the same channels. What lies beyond the canvas is left out. */
export function paste(canvas: Raster, image: Raster, left: number, top: number): void {
  const { channels } = canvas;
  const [from, to] = [Math.max(0, left), Math.min(canvas.width, left + image.width)];
  if (from >= to) return;
  for (let y = Math.max(0, top); y < Math.min(canvas.height, top + image.height); y += 1) {
    const row = ((y - top) * image.width + from - left) * channels;
    canvas.data.set(
      image.data.subarray(row, row + (to - from) * channels),
      (y * canvas.width + from) * channels,
    );
  }
}

/** ... as far as `opacity`, 0..255 at (x, y) of the picture, lets it cover what is there. */
export function pasteBlended(
  canvas: Raster,
  image: Raster,
  left: number,
  top: number,
  opacity: (x: number, y: number) => number,
): void {
  const { channels } = canvas;
  const [from, to] = [Math.max(0, left), Math.min(canvas.width, left + image.width)];
  for (let y = Math.max(0, top); y < Math.min(canvas.height, top + image.height); y += 1) {
    for (let x = from; x < to; x += 1) {
      const over = opacity(x - left, y - top);
      const at = (y * canvas.width + x) * channels;
      const of = ((y - top) * image.width + x - left) * channels;
      for (let c = 0; c < channels; c += 1) {
        canvas.data[at + c] = dividedBy255(image.data[of + c]! * over + canvas.data[at + c]! * (255 - over));
      }
    }
  }
}
