// Gaussian blur of 8-bit pictures, to the byte as Pillow's GaussianBlur does it (its libImaging/BoxBlur.c): three box blurs along the
// rows, then three along the columns, edges continued.
import type { Bytes } from './bytes.ts';
import type { Pause } from './pause.ts';
import type { Raster } from './resize.ts';

const PASSES = 3;
const PRECISION_BITS = 24;
const ONE = 2 ** PRECISION_BITS;

/** All channels alike: premultiply colours where transparency matters. */
export function gaussianBlur<R extends Raster>(image: R, radius: number): R {
  const steps = blurring(image, radius);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** ... with pauses. */
export async function pausingBlur<R extends Raster>(image: R, radius: number, pause: Pause): Promise<R> {
  const steps = blurring(image, radius);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await pause();
  }
}

/** Stops after every row. */
function* blurring<R extends Raster>(image: R, radius: number): Generator<undefined, R> {
  if (radius === 0) return { ...image, data: new Uint8Array(image.data) };
  const box = boxOf(boxRadius(radius));
  const { width, height, channels } = image;
  // Whole rows at a time, so that memory is gone through in order: across is down in the transposed picture.
  const across = yield* blurDown(transposed(image.data, width, height, channels), height * channels, box);
  const data = yield* blurDown(transposed(across, height, width, channels), width * channels, box);
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

/** All passes along the columns, in place. `stride`: samples of a row. */
function* blurDown(data: Bytes, stride: number, box: Box): Generator<undefined, Bytes> {
  const sums = new Int32Array(stride);
  let [from, to] = [data, new Uint8Array(data.length)];
  for (let pass = 0; pass < PASSES; pass += 1) {
    yield* blurOnce(from, to, sums, box);
    [from, to] = [to, from];
  }
  return from;
}

/** `sums`: room for one of each column. */
function* blurOnce(
  data: Bytes,
  out: Bytes,
  sums: Int32Array,
  { reach, weight, far }: Box,
): Generator<undefined, void> {
  const stride = sums.length;
  const last = data.length / stride - 1;
  const rowOf = (y: number): Bytes => {
    const row = Math.min(last, Math.max(0, y));
    return data.subarray(row * stride, (row + 1) * stride);
  };
  sums.fill(0);
  for (let y = -reach - 1; y < reach; y += 1) {
    const row = rowOf(y);
    for (let i = 0; i < stride; i += 1) sums[i]! += row[i]!;
  }
  for (let y = 0; y <= last; y += 1) {
    const [before, end, after] = [rowOf(y - reach - 1), rowOf(y + reach), rowOf(y + reach + 1)];
    blurRow(sums, out.subarray(y * stride, (y + 1) * stride), before, end, after, weight, far);
    yield;
  }
}

/** `sums`: of the rows from the one after `before` to the one before `end`, to be moved on by one. */
function blurRow(
  sums: Int32Array,
  blurred: Bytes,
  before: Bytes,
  end: Bytes,
  after: Bytes,
  weight: number,
  far: number,
): void {
  for (let i = 0; i < sums.length; i += 1) {
    const sum = sums[i]! + end[i]! - before[i]!;
    sums[i] = sum;
    // Below 2^32, in Pillow's unsigned integers.
    blurred[i] =
      (Math.imul(sum, weight) + Math.imul(before[i]! + after[i]!, far) + ONE / 2) >>> PRECISION_BITS;
  }
}

/** Pixels of `channels` samples, rows as columns. */
function transposed(data: Raster['data'], width: number, height: number, channels: number): Bytes {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const [from, to] = [(y * width + x) * channels, (x * height + y) * channels];
      for (let c = 0; c < channels; c += 1) out[to + c] = data[from + c]!;
    }
  return out;
}
