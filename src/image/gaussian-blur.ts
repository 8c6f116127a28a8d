// Gaussian blur of 8-bit pictures, to the byte as Pillow's GaussianBlur does it (its libImaging/BoxBlur.c): three box blurs along the
// rows, then three along the columns, edges continued.
import type { Raster } from './resize.ts';

const PASSES = 3;
const PRECISION_BITS = 24;
const ONE = 2 ** PRECISION_BITS;

/** All channels alike: premultiply colours where transparency matters. */
export function gaussianBlur<R extends Raster>(image: R, radius: number): R {
  const box = boxOf(boxRadius(radius));
  const { width, height, channels } = image;
  const stride = width * channels;
  const data = new Uint8Array(image.data);
  const line = new Uint8Array(Math.max(width, height));
  for (let y = 0; y < height; y += 1)
    for (let c = 0; c < channels; c += 1)
      blurLine(data, y * stride + c, channels, line.subarray(0, width), box);
  for (let i = 0; i < stride; i += 1) blurLine(data, i, stride, line.subarray(0, height), box);
  return { ...image, data };
}

/** Of the boxes whose three passes have this standard deviation (Gwosdek et al. 2011, equations 7, 11, 14), in float32. */
function boxRadius(deviation: number): number {
  const round = Math.fround;
  const variance = round(round(deviation * deviation) / PASSES);
  const length = round(Math.sqrt(12 * variance + 1));
  const whole = Math.floor((length - 1) / 2);
  const excess = round((2 * whole + 1) * round(whole * (whole + 1) - round(3 * variance)));
  const part = round(excess / round(6 * round(variance - (whole + 1) ** 2)));
  return round(whole + part);
}

interface Box {
  /** Whole pixels to each side. */
  readonly reach: number;
  /** Of those and the middle one, in 2^-24. */
  readonly weight: number;
  /** Of the two beyond. */
  readonly far: number;
}

function boxOf(radius: number): Box {
  const reach = Math.trunc(radius);
  const weight = Math.trunc(Math.fround(ONE / Math.fround(radius * 2 + 1)));
  return { reach, weight, far: Math.trunc((ONE - (2 * reach + 1) * weight) / 2) };
}

/** All passes over the `line.length` samples of `data` that lie `step` apart. `line` is scratch. */
function blurLine(data: Uint8Array, start: number, step: number, line: Uint8Array, box: Box): void {
  const { reach, weight, far } = box;
  const last = line.length - 1;
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (let x = 0; x <= last; x += 1) line[x] = data[start + x * step]!;
    const at = (x: number): number => line[x < 0 ? 0 : x > last ? last : x]!;
    let sum = 0;
    for (let x = -reach - 1; x < reach; x += 1) sum += at(x);
    for (let x = 0; x <= last; x += 1) {
      sum += at(x + reach) - at(x - reach - 1);
      const total = sum * weight + (at(x - reach - 1) + at(x + reach + 1)) * far;
      data[start + x * step] = (total + ONE / 2) / ONE;
    }
  }
}
