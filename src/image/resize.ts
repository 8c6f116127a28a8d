// Resampling of 8-bit pictures, to the byte as Pillow's Image.resize does it (its libImaging/Resample.c): separable, rows first,
// weights of a filter that widens where the picture shrinks, rounded to 22 bits; every pass ends in bytes.
import { premultiplied, unpremultiplied } from './alpha.ts';
import { ImageError } from './errors.ts';

/** 8-bit samples, rows from the top, channels interleaved: grey (1), RGB (3) or RGBA (4, alpha not premultiplied). */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>;
}

/** What a pixel of the result weighs around its centre; zero from `support` pixels on. */
interface Filter {
  readonly support: number;
  weight(distance: number): number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));
/** Keys' cubic with a = -0.5. */
const cubic = (x: number): number => {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * -0.5 : 0;
};

const FILTERS = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: cubic },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} as const satisfies Readonly<Record<string, Filter>>;

export type ResizeFilter = keyof typeof FILTERS | 'nearest';

/** Left, top, right, bottom, in pixels and parts of them. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** `box`: what of the picture is taken, all of it unless told. @throws ImageError for a size that is none. */
export function resize<R extends Raster>(
  image: R,
  width: number,
  height: number,
  filter: ResizeFilter,
  box: Box = [0, 0, image.width, image.height],
): R {
  if (!(width >= 1 && height >= 1)) throw new ImageError(`A picture cannot be ${width} x ${height}.`);
  const whole = box[0] === 0 && box[1] === 0 && box[2] === image.width && box[3] === image.height;
  if (whole && width === image.width && height === image.height) return image;
  if (filter === 'nearest') return nearest(image, width, height, box);
  // Colours of transparent pixels must not bleed into the others.
  if (image.channels === 4)
    return unpremultiplied(resample(premultiplied(image), width, height, filter, box));
  return resample(image, width, height, filter, box);
}

function resample<R extends Raster>(
  image: R,
  width: number,
  height: number,
  filter: keyof typeof FILTERS,
  [left, top, right, bottom]: Box,
): R {
  let result = image;
  if (width !== image.width || left !== 0 || right !== width) {
    const taps = tapsOf(image.width, left, right, width, FILTERS[filter]);
    result = { ...result, width, data: resampleRows(result, taps) };
  }
  if (height !== image.height || top !== 0 || bottom !== height) {
    const taps = tapsOf(image.height, top, bottom, height, FILTERS[filter]);
    result = { ...result, height, data: resampleColumns(result, taps) };
  }
  return result;
}

/** Each pixel is the one that its centre falls on. */
function nearest<R extends Raster>(image: R, width: number, height: number, box: Box): R {
  const { channels } = image;
  const data = new Uint8Array(width * height * channels);
  const columns = centres(box[0], box[2], width);
  for (const [y, row] of centres(box[1], box[3], height).entries()) {
    for (const [x, column] of columns.entries()) {
      const from = (row * image.width + column) * channels;
      data.set(image.data.subarray(from, from + channels), (y * width + x) * channels);
    }
  }
  return { ...image, width, height, data };
}

/** Summed up step by step, as Pillow does: the rounding decides where a centre falls on an edge. */
function centres(from: number, to: number, count: number): number[] {
  const step = (to - from) / count;
  let at = from + step * 0.5;
  return Array.from({ length: count }, () => {
    const whole = Math.trunc(at);
    at += step;
    return whole;
  });
}

/** Of each pixel of the result, what it is made of: `weights[i * size + k]` times the pixel `first[i] + k`. */
interface Taps {
  readonly size: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** In 2^-22. */
  readonly weights: Int32Array;
}

const PRECISION_BITS = 22;
const ONE = 2 ** PRECISION_BITS;
const HALF = 2 ** (PRECISION_BITS - 1);

/** Pillow keeps a box in float32. */
function tapsOf(length: number, left: number, right: number, outLength: number, filter: Filter): Taps {
  const [from, to] = [Math.fround(left), Math.fround(right)];
  const scale = Math.fround(to - from) / outLength;
  const stretch = Math.max(1, scale);
  const support = filter.support * stretch;
  const size = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outLength);
  const count = new Int32Array(outLength);
  const weights = new Int32Array(outLength * size);
  const exact = new Float64Array(size);
  for (let i = 0; i < outLength; i += 1) {
    const center = from + (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const taps = Math.min(length, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let k = 0; k < taps; k += 1) {
      exact[k] = filter.weight((k + start - center + 0.5) / stretch);
      sum += exact[k]!;
    }
    for (let k = 0; k < taps; k += 1) {
      const weight = (sum === 0 ? exact[k]! : exact[k]! / sum) * ONE;
      weights[i * size + k] = Math.trunc(weight + (weight < 0 ? -0.5 : 0.5));
    }
    first[i] = start;
    count[i] = taps;
  }
  return { size, first, count, weights };
}

function resampleRows({ width, height, channels, data }: Raster, taps: Taps): Uint8Array<ArrayBuffer> {
  const { size, first, count, weights } = taps;
  const outWidth = first.length;
  const out = new Uint8Array(outWidth * height * channels);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < outWidth; x += 1) {
      const start = (y * width + first[x]!) * channels;
      for (let c = 0; c < channels; c += 1) {
        let sum = HALF;
        for (let k = 0; k < count[x]!; k += 1)
          sum += data[start + k * channels + c]! * weights[x * size + k]!;
        out[(y * outWidth + x) * channels + c] = clipped(sum);
      }
    }
  }
  return out;
}

function resampleColumns({ width, channels, data }: Raster, taps: Taps): Uint8Array<ArrayBuffer> {
  const { size, first, count, weights } = taps;
  const stride = width * channels;
  const out = new Uint8Array(stride * first.length);
  for (let y = 0; y < first.length; y += 1) {
    const start = first[y]! * stride;
    for (let i = 0; i < stride; i += 1) {
      let sum = HALF;
      for (let k = 0; k < count[y]!; k += 1) sum += data[start + k * stride + i]! * weights[y * size + k]!;
      out[y * stride + i] = clipped(sum);
    }
  }
  return out;
}

function clipped(sum: number): number {
  return Math.min(255, Math.max(0, sum >> PRECISION_BITS));
}
