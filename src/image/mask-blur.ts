// The blur of masks, to the byte as OpenCV's GaussianBlur does it with 8-bit pictures: weights in 1/256 whose rounding errors are
// carried on from the outside in, edges mirrored.
import type { Raster } from './resize.ts';

const ONE = 256;

/** Standard deviations in pixels; 0 leaves that direction alone. Across first (A1111 modules/processing.py). */
export function blurMask<R extends Raster>(image: R, across: number, down: number): R {
  let data = new Uint8Array(image.data);
  if (across > 0) data = blurAcross(data, image, kernelOf(across));
  if (down > 0) data = blurDown(data, image, kernelOf(down));
  return { ...image, data };
}

type Layout = Pick<Raster, 'width' | 'height' | 'channels'>;

function blurAcross(data: Uint8Array, { width, height, channels }: Layout, kernel: Int32Array) {
  const reach = (kernel.length - 1) / 2;
  const out = new Uint8Array(data.length);
  const sums = new Int32Array(width * channels);
  /** A row that goes on beyond its edges. */
  const row = new Uint8Array((width + 2 * reach) * channels);
  const places = Int32Array.from(
    { length: width + 2 * reach },
    (_, x) => mirrored(x - reach, width) * channels,
  );
  for (let y = 0; y < height; y += 1) {
    const start = y * sums.length;
    places.forEach((at, x) => {
      for (let c = 0; c < channels; c += 1) row[x * channels + c] = data[start + at + c]!;
    });
    sums.fill(ONE / 2);
    kernel.forEach((weight, k) => addTimes(sums, row, k * channels, weight));
    for (let i = 0; i < sums.length; i += 1) out[start + i] = sums[i]! >> 8;
  }
  return out;
}

/** Row by row, so that memory is gone through in order. */
function blurDown(data: Uint8Array, { width, height, channels }: Layout, kernel: Int32Array) {
  const reach = (kernel.length - 1) / 2;
  const out = new Uint8Array(data.length);
  const sums = new Int32Array(width * channels);
  for (let y = 0; y < height; y += 1) {
    sums.fill(ONE / 2);
    kernel.forEach((weight, k) =>
      addTimes(sums, data, mirrored(y + k - reach, height) * sums.length, weight),
    );
    for (let i = 0; i < sums.length; i += 1) out[y * sums.length + i] = sums[i]! >> 8;
  }
  return out;
}

/** As many values from `at` on as there are sums. */
function addTimes(sums: Int32Array, data: Uint8Array, at: number, weight: number): void {
  if (weight === 0) return;
  for (let i = 0; i < sums.length; i += 1) sums[i]! += data[at + i]! * weight;
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

/** Beyond an edge the line runs back, without its outermost sample; narrow ones run back and forth. */
function mirrored(at: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = ((at % period) + period) % period;
  return folded < length ? folded : period - folded;
}
