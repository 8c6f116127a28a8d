// What lies in a window around each pixel of planes: its largest value, its mean.
import { mirrored } from './mirrored.ts';
import type { Planes } from './tiles.ts';

/** The largest of `size` x `size` pixels, every `stride` pixels; `pad` more along each side count for nothing (torch's max_pool2d). */
export function largestIn(planes: Planes, size: number, stride: number, pad: number): Planes {
  const { data, channels, height, width } = planes;
  const out = (length: number): number => Math.floor((length + 2 * pad - size) / stride) + 1;
  const [rows, columns] = [out(height), out(width)];
  const pooled = new Float32Array(channels * rows * columns).fill(-Infinity);
  for (let i = 0; i < pooled.length; i += 1) {
    const channel = Math.floor(i / (rows * columns));
    const top = Math.floor((i % (rows * columns)) / columns) * stride - pad;
    const left = (i % columns) * stride - pad;
    for (let y = Math.max(0, top); y < Math.min(height, top + size); y += 1)
      for (let x = Math.max(0, left); x < Math.min(width, left + size); x += 1)
        pooled[i] = Math.max(pooled[i]!, data[(channel * height + y) * width + x]!);
  }
  return { data: pooled, channels, height: rows, width: columns };
}

/** What is taken for pixels beyond an edge: the pixel there, or the picture mirrored without its edge (OpenCV's usual way). */
export type Beyond = 'edge' | 'mirrored';

/** The mean of the pixels at most `reach` away along each axis. */
export function meanAround(planes: Planes, reach: number, beyond: Beyond): Planes {
  const { channels, height, width } = planes;
  const across = meanAlong(planes.data, channels * height, width, 1, reach, beyond);
  const data = new Float32Array(across.length);
  for (let channel = 0; channel < channels; channel += 1) {
    const plane = across.subarray(channel * height * width, (channel + 1) * height * width);
    data.set(meanAlong(plane, width, height, width, reach, beyond), channel * height * width);
  }
  return { ...planes, data };
}

/** Of `lines` lines of `length` numbers; `stride`: from one number of a line to the next, 1 or `lines`. */
function meanAlong(
  data: Float32Array,
  lines: number,
  length: number,
  stride: number,
  reach: number,
  beyond: Beyond,
): Float32Array {
  const place = (at: number): number =>
    beyond === 'mirrored' ? mirrored(at, length) : Math.min(length - 1, Math.max(0, at));
  const out = new Float32Array(data.length);
  for (let line = 0; line < lines; line += 1) {
    const first = stride === 1 ? line * length : line;
    const valueAt = (at: number): number => data[first + place(at) * stride]!;
    let sum = 0;
    for (let at = -reach; at <= reach; at += 1) sum += valueAt(at);
    for (let at = 0; at < length; at += 1) {
      out[first + at * stride] = sum / (2 * reach + 1);
      sum += valueAt(at + reach + 1) - valueAt(at - reach);
    }
  }
  return out;
}
