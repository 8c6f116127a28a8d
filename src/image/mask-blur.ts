// The blur of masks, to the byte as OpenCV's GaussianBlur does it with 8-bit pictures: weights in 1/256 whose rounding errors are
// carried on from the outside in, edges mirrored.
import type { Raster } from './resize.ts';

const ONE = 256;

/** Standard deviations in pixels; 0 leaves that direction alone. Across first (A1111 modules/processing.py). */
export function blurMask<R extends Raster>(image: R, across: number, down: number): R {
  const { width, height, channels } = image;
  const stride = width * channels;
  const data = new Uint8Array(image.data);
  if (across > 0) {
    const kernel = kernelOf(across);
    for (let y = 0; y < height; y += 1)
      for (let c = 0; c < channels; c += 1) blurLine(data, y * stride + c, channels, width, kernel);
  }
  if (down > 0) {
    const kernel = kernelOf(down);
    for (let i = 0; i < stride; i += 1) blurLine(data, i, stride, height, kernel);
  }
  return { ...image, data };
}

/** The centre takes what the others leave. */
function kernelOf(deviation: number): Int32Array {
  const reach = Math.trunc(2.5 * deviation + 0.5);
  const exact = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp((-0.5 * (i - reach) ** 2) / deviation ** 2),
  );
  const sum = exact.reduce((total, value) => total + value, 0);
  const kernel = new Int32Array(exact.length);
  let error = 0;
  let rest = ONE;
  for (let i = 0; i < reach; i += 1) {
    const wanted = (exact[i]! / sum) * ONE + error;
    const weight = Math.round(wanted);
    error = wanted - weight;
    kernel[i] = kernel[2 * reach - i] = weight;
    rest -= 2 * weight;
  }
  kernel[reach] = rest;
  return kernel;
}

/** The `length` samples of `data` that lie `step` apart. */
function blurLine(data: Uint8Array, start: number, step: number, length: number, kernel: Int32Array): void {
  const reach = (kernel.length - 1) / 2;
  const line = Uint8Array.from({ length: length + 2 * reach }, (_, i) => {
    return data[start + mirrored(i - reach, length) * step]!;
  });
  for (let x = 0; x < length; x += 1) {
    let sum = ONE / 2;
    for (let k = 0; k < kernel.length; k += 1) sum += line[x + k]! * kernel[k]!;
    data[start + x * step] = sum >> 8;
  }
}

/** Beyond an edge the line runs back, without its outermost sample; narrow ones run back and forth. */
function mirrored(at: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = ((at % period) + period) % period;
  return folded < length ? folded : period - folded;
}
