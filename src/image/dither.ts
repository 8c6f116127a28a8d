// Black and white by error diffusion, as Pillow's convert('1') does it (Floyd and Steinberg's, in whole numbers).
import type { Raster } from './resize.ts';

/** Of an RGB or RGBA picture: 1 for white, 0 for black, rows from the top. */
export function dithered({ width, height, channels, data }: Raster): Uint8Array {
  const bits = new Uint8Array(width * height);
  /** What falls to the row below, in sixteenths, one place further right. */
  const errors = new Int32Array(width + 1);
  for (let y = 0; y < height; y += 1) {
    let [error, below, belowRight] = [0, 0, 0];
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * channels;
      const light = lightness(data[at]!, data[at + 1]!, data[at + 2]!);
      const value = Math.min(255, Math.max(0, light + Math.trunc((error + errors[x + 1]!) / 16)));
      const white = value > 128;
      bits[y * width + x] = white ? 1 : 0;
      const left = value - (white ? 255 : 0);
      errors[x] = below + 3 * left;
      below = belowRight + 5 * left;
      belowRight = left;
      error = 7 * left;
    }
    errors[width] = below;
  }
  return bits;
}

function lightness(red: number, green: number, blue: number): number {
  return Math.trunc((red * 299 + green * 587 + blue * 114) / 1000);
}
