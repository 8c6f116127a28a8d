// The blur of masks, to the byte as OpenCV's GaussianBlur does it with 8-bit pictures: weights in 1/256 whose rounding errors are
// carried on from the outside in, edges mirrored.
import type { Bytes } from './bytes.ts';
import { mirrored } from './mirrored.ts';
import { withoutPause, type Pause } from './pause.ts';
import type { Raster } from './resize.ts';

const ONE = 256;

/** Standard deviations in pixels; 0 leaves that direction alone. Across first (A1111 modules/processing.py). */
export async function blurMask<R extends Raster>(
  image: R,
  across: number,
  down: number,
  pause: Pause = withoutPause,
): Promise<R> {
  let data: Bytes = new Uint8Array(image.data);
  if (across > 0) data = await blurAcross(data, image, kernelOf(across), pause);
  if (down > 0) data = await blurDown(data, image, kernelOf(down), pause);
  return { ...image, data };
}

type Layout = Pick<Raster, 'width' | 'height' | 'channels'>;

/**
 * Sums have 16 bits (255 in 256 parts, and a half to round), weights are never negative: so three of them go into one number and are
 * added up at once, without a rounding.
 */
const LANES = 3;
const LANE = 2 ** 16;
const HALVES = (ONE / 2) * (1 + LANE + LANE * LANE);

async function blurAcross(
  data: Bytes,
  { width, height, channels }: Layout,
  kernel: Int32Array,
  pause: Pause,
): Promise<Bytes> {
  const reach = (kernel.length - 1) / 2;
  const stride = width * channels;
  const out = data.slice();
  const sums = new Float64Array(stride);
  /** Rows that go on beyond their edges. */
  const packed = new Float64Array((width + 2 * reach) * channels);
  const places = Int32Array.from(
    { length: width + 2 * reach },
    (_, x) => mirrored(x - reach, width) * channels,
  );
  for (let y = 0; y < height; y += LANES) {
    const rows = Math.min(LANES, height - y);
    const start = y * stride;
    await pause();
    // What is of one colour stays so.
    if (isEven(data, start, rows, stride, channels)) continue;
    packed.fill(0);
    for (let row = rows - 1; row >= 0; row -= 1)
      for (let x = 0, i = 0; x < places.length; x += 1)
        for (let c = 0; c < channels; c += 1, i += 1)
          packed[i] = packed[i]! * LANE + data[start + row * stride + places[x]! + c]!;
    sums.fill(HALVES);
    for (let k = 0; k < reach; k += 1)
      addTwo(sums, packed, k * channels, packed, (2 * reach - k) * channels, kernel[k]!);
    addTwo(sums, packed, reach * channels, null, 0, kernel[reach]!);
    for (let row = 0; row < rows; row += 1) {
      const unit = LANE ** row;
      const blurred = out.subarray(start + row * stride, start + (row + 1) * stride);
      for (let i = 0; i < stride; i += 1) blurred[i] = laneOf(sums[i]!, unit);
    }
  }
  return out;
}

/** Row by row, so that memory is gone through in order. */
async function blurDown(
  data: Bytes,
  { width, height, channels }: Layout,
  kernel: Int32Array,
  pause: Pause,
): Promise<Bytes> {
  const reach = (kernel.length - 1) / 2;
  const stride = width * channels;
  const across = Math.ceil(stride / LANES);
  const packed = new Float64Array(across * height);
  const black = new Uint8Array(height).fill(1);
  for (let y = 0; y < height; y += 1)
    for (let i = stride - 1; i >= 0; i -= 1) {
      const value = data[y * stride + i]!;
      const at = y * across + Math.floor(i / LANES);
      packed[at] = packed[at]! * LANE + value;
      if (value !== 0) black[y] = 0;
    }
  const out = new Uint8Array(data.length);
  const sums = new Float64Array(across);
  for (let y = 0; y < height; y += 1) {
    await pause();
    sums.fill(HALVES);
    for (let k = 0; k < reach; k += 1) {
      const [a, b] = [mirrored(y + k - reach, height), mirrored(y - k + reach, height)];
      if (black[a] === 0 || black[b] === 0) addTwo(sums, packed, a * across, packed, b * across, kernel[k]!);
    }
    addTwo(sums, packed, y * across, null, 0, kernel[reach]!);
    for (let i = 0; i < stride; i += 1)
      out[y * stride + i] = laneOf(sums[Math.floor(i / LANES)]!, LANE ** (i % LANES));
  }
  return out;
}

/** Whether each of the rows has one colour. */
function isEven(data: Bytes, start: number, rows: number, stride: number, channels: number): boolean {
  for (let row = 0; row < rows; row += 1)
    for (let i = channels; i < stride; i += 1)
      if (data[start + row * stride + i] !== data[start + row * stride + i - channels]) return false;
  return true;
}

/** To each sum, as many values from `first` and, where there is another row, from `second` on. */
function addTwo(
  sums: Float64Array,
  a: Float64Array,
  first: number,
  b: Float64Array | null,
  second: number,
  weight: number,
): void {
  if (weight === 0) return;
  if (b === null) for (let i = 0; i < sums.length; i += 1) sums[i]! += a[first + i]! * weight;
  else for (let i = 0; i < sums.length; i += 1) sums[i]! += (a[first + i]! + b[second + i]!) * weight;
}

/** One of the sums, as a byte. `unit`: 1, `LANE` or its square. */
function laneOf(sums: number, unit: number): number {
  return (Math.floor(sums / unit) % LANE) >> 8;
}

function kernelOf(deviation: number): Int32Array {
  return fixedKernel(deviation, Math.trunc(2.5 * deviation + 0.5));
}

/** In 1/256, so many pixels to each side; the centre takes what the others leave. */
export function fixedKernel(deviation: number, reach: number): Int32Array {
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
