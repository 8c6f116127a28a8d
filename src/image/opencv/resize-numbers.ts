// Resampling of floating-point pictures as cv::resize does it: across first, then down, in the precision of the numbers.
import type { Pause } from '../pause.ts';
import { tapsOf, type OpencvFilter } from './taps.ts';

/** Rows from the top, channels interleaved. */
export interface Numbers {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
}

/** Stops after every row. */
export async function resizeNumbers(
  image: Numbers,
  width: number,
  height: number,
  filter: OpencvFilter,
  pause: Pause,
): Promise<Numbers> {
  if (width === image.width && height === image.height) return image;
  const { channels } = image;
  const [columns, rows] = tapsOf(image, width, height, filter);
  const stride = width * channels;
  const like = (length: number) =>
    image.data instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  const round = image.data instanceof Float32Array ? Math.fround : (value: number): number => value;
  const out = like(stride * height);
  /** Rows of the picture at the new width: those that the next row of the result may need. */
  const narrow = new Map<number, Numbers['data']>();
  for (let y = 0; y < height; y += 1) {
    await pause();
    const first = y * rows.size;
    for (const known of narrow.keys()) if (known < rows.at[first]!) narrow.delete(known);
    const sums = out.subarray(y * stride, (y + 1) * stride);
    for (let k = 0; k < rows.count[y]!; k += 1) {
      const from = rows.at[first + k]!;
      const row = narrow.get(from) ?? across(from);
      narrow.set(from, row);
      const weight = rows.weights[first + k]!;
      for (let i = 0; i < stride; i += 1) sums[i] = sums[i]! + round(weight * row[i]!);
    }
  }
  return { width, height, channels, data: out };

  function across(y: number): Numbers['data'] {
    const row = like(stride);
    const start = y * image.width * channels;
    for (let x = 0; x < width; x += 1)
      for (let k = 0; k < columns.count[x]!; k += 1) {
        const from = start + columns.at[x * columns.size + k]! * channels;
        const weight = columns.weights[x * columns.size + k]!;
        for (let c = 0; c < channels; c += 1)
          row[x * channels + c] = row[x * channels + c]! + round(weight * image.data[from + c]!);
      }
    return row;
  }
}
