// Pictures and planes of numbers under affine maps, to the bit as OpenCV's warpAffine does it (bilinear): a pixel's source is found
// in 1/1024 along the row, and its neighbours weigh in 1/32.
import { inverseOf, type Affine } from './affine.ts';
import { halfToEven } from '../sampling/half-to-even.ts';
import type { Pause } from './pause.ts';
import type { Raster } from './resize.ts';
import type { Area } from './tiles.ts';

const FINE = 1024;
const PARTS = 32;
/** Coordinates have 16 bits there. */
const FARTHEST = 32767;

/** One plane of numbers, row by row. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

/**
 * `area` of the warped picture. `map` leads from the picture to the result; what lies outside of the picture has the colour
 * `border`, a number a channel.
 */
export async function warpAffine<R extends Raster>(
  image: R,
  map: Affine,
  area: Area,
  border: readonly number[],
  pause: Pause,
): Promise<R> {
  const { width, height, channels, data } = image;
  const [w, h] = [area.right - area.left, area.bottom - area.top];
  const out = new Uint8Array(w * h * channels);
  const sources = new Sources(map, area);
  for (let row = 0, to = 0; row < h; row += 1) {
    await pause();
    sources.toRow(area.top + row);
    for (let column = 0; column < w; column += 1, to += channels) {
      const { x, y, right, below } = sources.at(column);
      const [left, above] = [PARTS - right, PARTS - below];
      if (x >= 0 && y >= 0 && x + 1 < width && y + 1 < height) {
        const first = (y * width + x) * channels;
        const under = first + width * channels;
        for (let c = 0; c < channels; c += 1) {
          const upper = left * data[first + c]! + right * data[first + channels + c]!;
          const lower = left * data[under + c]! + right * data[under + channels + c]!;
          out[to + c] = (above * upper + below * lower + FINE / 2) >> 10;
        }
        continue;
      }
      const [near, far] = [x >= 0 && x < width, x + 1 >= 0 && x + 1 < width];
      const [high, low] = [y >= 0 && y < height, y + 1 >= 0 && y + 1 < height];
      for (let c = 0; c < channels; c += 1) {
        const value = (inside: boolean, at: number): number =>
          inside ? data[at * channels + c]! : (border[c] ?? 0);
        const upper =
          left * value(high && near, y * width + x) + right * value(high && far, y * width + x + 1);
        const under = (y + 1) * width + x;
        const lower = left * value(low && near, under) + right * value(low && far, under + 1);
        out[to + c] = (above * upper + below * lower + FINE / 2) >> 10;
      }
    }
  }
  return { ...image, width: w, height: h, data: out };
}

/** `area` of a warped plane; 0 outside of it. */
export async function warpPlane(
  { width, height, data }: Plane,
  map: Affine,
  area: Area,
  pause: Pause,
): Promise<Plane> {
  const [w, h] = [area.right - area.left, area.bottom - area.top];
  const out = new Float64Array(w * h);
  const sources = new Sources(map, area);
  const value = (x: number, y: number): number =>
    x >= 0 && x < width && y >= 0 && y < height ? data[y * width + x]! : 0;
  for (let row = 0, to = 0; row < h; row += 1) {
    await pause();
    sources.toRow(area.top + row);
    for (let column = 0; column < w; column += 1, to += 1) {
      const { x, y, right, below } = sources.at(column);
      if (x < -1 || y < -1 || x >= width || y >= height) continue;
      const [r, b] = [right / PARTS, below / PARTS];
      out[to] =
        value(x, y) * ((1 - r) * (1 - b)) +
        value(x + 1, y) * (r * (1 - b)) +
        value(x, y + 1) * ((1 - r) * b) +
        value(x + 1, y + 1) * (r * b);
    }
  }
  return { width: w, height: h, data: out };
}

/** Where in the picture the pixels of a row come from: whole pixels, and parts of 32 to the right and below. */
class Sources {
  readonly #back: Affine;
  readonly #across: Float64Array;
  readonly #down: Float64Array;
  #x = 0;
  #y = 0;
  /** One for all: written anew by each question. */
  readonly #place = { x: 0, y: 0, right: 0, below: 0 };

  constructor(map: Affine, { left, right }: Area) {
    this.#back = inverseOf(map);
    const along = (step: number) =>
      Float64Array.from({ length: right - left }, (_, i) => halfToEven(step * (left + i) * FINE));
    this.#across = along(this.#back[0]);
    this.#down = along(this.#back[3]);
  }

  toRow(y: number): void {
    const [, b, c, , e, f] = this.#back;
    const half = FINE / PARTS / 2;
    this.#x = halfToEven((b * y + c) * FINE) + half;
    this.#y = halfToEven((e * y + f) * FINE) + half;
  }

  at(column: number): Readonly<{ x: number; y: number; right: number; below: number }> {
    const place = this.#place;
    const x = Math.floor((this.#x + this.#across[column]!) / PARTS);
    const y = Math.floor((this.#y + this.#down[column]!) / PARTS);
    place.x = Math.min(FARTHEST, Math.max(-FARTHEST, Math.floor(x / PARTS)));
    place.y = Math.min(FARTHEST, Math.max(-FARTHEST, Math.floor(y / PARTS)));
    place.right = x - PARTS * Math.floor(x / PARTS);
    place.below = y - PARTS * Math.floor(y / PARTS);
    return place;
  }
}
