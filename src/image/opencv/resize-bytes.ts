// Resampling of 8-bit pictures, to the byte as cv::resize does it (OpenCV 4.6, modules/imgproc/src/resize.cpp). Lanczos is in
// ../lanczos4.ts.
import { halfToEven } from '../../sampling/half-to-even.ts';
import type { Pause } from '../pause.ts';
import type { Raster } from '../resize.ts';
import { areaKind, tapsOf, type Taps } from './taps.ts';

export type BytesFilter = 'nearest' | 'area' | 'cubic';

/** Fixed-point weights have so many parts. */
const ONE = 2048;

/** Stops after every row. */
export async function resizeBytes<R extends Raster>(
  image: R,
  width: number,
  height: number,
  filter: BytesFilter,
  pause: Pause,
): Promise<R> {
  if (width === image.width && height === image.height) return image;
  const kind = filter === 'area' ? areaKind(image, width, height) : filter;
  const [columns, rows] = tapsOf(image, width, height, filter);
  const { channels } = image;
  const data = new Uint8Array(width * height * channels);
  const byFactors = image.width % width === 0 && image.height % height === 0;
  const row = kind === 'area' && byFactors ? blocks(image, columns, rows) : ROWS[kind](image, columns, rows);
  for (let y = 0; y < height; y += 1) {
    await pause();
    row(y, data.subarray(y * width * channels, (y + 1) * width * channels));
  }
  return { ...image, width, height, data };
}

/** Writes a row of the result. */
type WriteRow = (y: number, out: Uint8Array) => void;
type RowsOf = (image: Raster, columns: Taps, rows: Taps) => WriteRow;

/** Whole factors: the mean of each block; of four, what lies in the middle goes up. */
const blocks: RowsOf = ({ width, channels, data }, columns, rows) => {
  const [across, down] = [columns.count[0]!, rows.count[0]!];
  const share = Math.fround(1 / (across * down));
  const ofFour = across === 2 && down === 2;
  return (y, out) => {
    for (let i = 0; i < out.length; i += 1) {
      const first = (y * down * width + Math.floor(i / channels) * across) * channels + (i % channels);
      let sum = 0;
      for (let v = 0; v < down; v += 1)
        for (let u = 0; u < across; u += 1) sum += data[first + (v * width + u) * channels]!;
      out[i] = ofFour ? (sum + 2) >> 2 : halfToEven(Math.fround(sum * share));
    }
  };
};

const ROWS: Readonly<Record<BytesFilter | 'linear', RowsOf>> = {
  nearest:
    ({ width, channels, data }, columns, rows) =>
    (y, out) => {
      const start = rows.at[y]! * width;
      for (let i = 0; i < out.length; i += 1)
        out[i] = data[(start + columns.at[Math.floor(i / channels)]!) * channels + (i % channels)]!;
    },

  area: (image, columns, rows) => {
    const narrow = new Float32Array(columns.count.length * image.channels);
    const sums = new Float32Array(narrow.length);
    return (y, out) => {
      sums.fill(0);
      for (let k = 0; k < rows.count[y]!; k += 1) {
        acrossInto(narrow, image, rows.at[y * rows.size + k]!, columns, columns.weights);
        const weight = rows.weights[y * rows.size + k]!;
        for (let i = 0; i < sums.length; i += 1) sums[i] = sums[i]! + Math.fround(weight * narrow[i]!);
      }
      for (let i = 0; i < out.length; i += 1) out[i] = halfToEven(sums[i]!);
    };
  },

  linear: (image, columns, rows) => {
    const rowAt = integerRows(image, columns);
    const down = inParts(rows.weights);
    return (y, out) => {
      const [upper, lower] = [rowAt(rows.at[2 * y]!), rowAt(rows.at[2 * y + 1]!)];
      const [above, below] = [down[2 * y]!, down[2 * y + 1]!];
      for (let i = 0; i < out.length; i += 1)
        out[i] = ((((upper[i]! >> 4) * above) >> 16) + (((lower[i]! >> 4) * below) >> 16) + 2) >> 2;
    };
  },

  cubic: (image, columns, rows) => {
    const rowAt = integerRows(image, columns);
    const down = inParts(rows.weights).map((weight) => weight / (ONE * ONE));
    const { fround } = Math;
    return (y, out) => {
      const [a, b, c, d] = [0, 1, 2, 3].map((k) => rowAt(rows.at[4 * y + k]!)) as [
        Int32Array,
        Int32Array,
        Int32Array,
        Int32Array,
      ];
      const [wa, wb, wc, wd] = [down[4 * y]!, down[4 * y + 1]!, down[4 * y + 2]!, down[4 * y + 3]!];
      for (let i = 0; i < out.length; i += 1) {
        let sum = fround(d[i]! * wd);
        sum = fround(fround(c[i]! * wc) + sum);
        sum = fround(fround(b[i]! * wb) + sum);
        sum = fround(fround(a[i]! * wa) + sum);
        out[i] = Math.min(255, Math.max(0, halfToEven(sum)));
      }
    };
  },
};

const inParts = (weights: Float32Array): Float64Array =>
  Float64Array.from(weights, (weight) => halfToEven(weight * ONE));

/** Rows of the picture at the new width, in 1/2048; the last few are kept. */
function integerRows(image: Raster, columns: Taps): (y: number) => Int32Array {
  const weights = inParts(columns.weights);
  const known = new Map<number, Int32Array>();
  return (y) => {
    let row = known.get(y);
    if (row === undefined) {
      row = new Int32Array(columns.count.length * image.channels);
      acrossInto(row, image, y, columns, weights);
      known.set(y, row);
      for (const other of known.keys()) if (other < y - 4) known.delete(other);
    }
    return row;
  };
}

function acrossInto(
  row: Int32Array | Float32Array,
  { width, channels, data }: Raster,
  y: number,
  { size, count, at }: Taps,
  weights: Float32Array | Float64Array,
): void {
  row.fill(0);
  for (let x = 0; x < count.length; x += 1)
    for (let k = 0; k < count[x]!; k += 1) {
      const from = (y * width + at[x * size + k]!) * channels;
      const weight = weights[x * size + k]!;
      for (let c = 0; c < channels; c += 1)
        row[x * channels + c] = row[x * channels + c]! + Math.fround(weight * data[from + c]!);
    }
}
