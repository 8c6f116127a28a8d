// Bilinear resampling of 8-bit pictures, to the byte as OpenCV's `resize` does it (modules/imgproc/src/resize.cpp): it looks at
// four pixels only, however much the picture shrinks, with weights of 11 bits.
import type { PixelImage } from '../../image/pixels.ts';

const ONE = 2048;

/** Of each place of the result: the two it lies between, and their weights. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly weights: Int32Array;
}

/** RGB. */
export function resizeBilinear(image: PixelImage, width: number, height: number): PixelImage {
  if (width === image.width && height === image.height) return image;
  if (image.width === 2 * width && image.height === 2 * height) return halved(image);
  const { channels } = image;
  const columns = tapsOf(image.width, width, 'once');
  const rows = tapsOf(image.height, height, 'twice');
  const data = new Uint8Array(3 * width * height);
  const line = (y: number): Int32Array => {
    const sums = new Int32Array(3 * width);
    for (let x = 0; x < width; x += 1) {
      const [a, b] = [
        (y * image.width + columns.first[x]!) * channels,
        (y * image.width + columns.second[x]!) * channels,
      ];
      for (let c = 0; c < 3; c += 1) {
        sums[3 * x + c] =
          image.data[a + c]! * columns.weights[2 * x]! + image.data[b + c]! * columns.weights[2 * x + 1]!;
      }
    }
    return sums;
  };
  const lines = new Map<number, Int32Array>();
  for (let y = 0; y < height; y += 1) {
    const [above, below] = [rows.first[y]!, rows.second[y]!];
    for (const known of lines.keys()) if (known < above) lines.delete(known);
    for (const wanted of [above, below]) if (!lines.has(wanted)) lines.set(wanted, line(wanted));
    const [upper, lower] = [lines.get(above)!, lines.get(below)!];
    const [wa, wb] = [rows.weights[2 * y]!, rows.weights[2 * y + 1]!];
    for (let i = 0; i < 3 * width; i += 1) {
      data[y * 3 * width + i] = (((wa * (upper[i]! >> 4)) >> 16) + ((wb * (lower[i]! >> 4)) >> 16) + 2) >> 2;
    }
  }
  return { width, height, channels: 3, data };
}

/** Exactly half as large: OpenCV takes the mean of four. */
function halved({ width, height, channels, data }: PixelImage): PixelImage {
  const [w, h] = [width / 2, height / 2];
  const out = new Uint8Array(3 * w * h);
  for (let y = 0; y < h; y += 1) {
    for (let x = 0; x < w; x += 1) {
      const at = (2 * y * width + 2 * x) * channels;
      const below = at + width * channels;
      for (let c = 0; c < 3; c += 1) {
        const sum = data[at + c]! + data[at + channels + c]! + data[below + c]! + data[below + channels + c]!;
        out[(y * w + x) * 3 + c] = (sum + 2) >> 2;
      }
    }
  }
  return { width: w, height: h, channels: 3, data: out };
}

/** `ends`: whether a place beyond the first or the last pixel is that pixel alone (columns), or twice, with its weights (rows). */
function tapsOf(from: number, to: number, ends: 'once' | 'twice'): Taps {
  const [first, second, weights] = [new Int32Array(to), new Int32Array(to), new Int32Array(2 * to)];
  const scale = 1 / (to / from);
  for (let i = 0; i < to; i += 1) {
    const at = Math.fround((i + 0.5) * scale - 0.5);
    const place = Math.floor(at);
    const inside = (index: number): number => Math.min(from - 1, Math.max(0, index));
    const beyond = place < 0 || place >= from - 1;
    const share = beyond && ends === 'once' ? 0 : Math.fround(at - place);
    first[i] = inside(place);
    second[i] = inside(place + 1);
    weights[2 * i] = halfToEven(Math.fround(Math.fround(1 - share) * ONE));
    weights[2 * i + 1] = halfToEven(Math.fround(share * ONE));
  }
  return { first, second, weights };
}

export function halfToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
