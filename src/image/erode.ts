// The erosion of a plane of numbers by a square, as OpenCV's erode does it; what lies outside of the plane does not count.
import type { Plane } from './warp-affine.ts';

/** `size`: pixels of the square's side; of an even one, the larger half lies to the left and above. 0 is OpenCV's 3. */
export function eroded(plane: Plane, size: number): Plane {
  const side = size > 0 ? size : 3;
  if (side === 1) return plane;
  const { width, height } = plane;
  const narrow = new Float64Array(plane.data.length);
  for (let y = 0; y < height; y += 1) leastAlong(plane.data, narrow, y * width, 1, width, side);
  const data = new Float64Array(plane.data.length);
  for (let x = 0; x < width; x += 1) leastAlong(narrow, data, x, width, height, side);
  return { width, height, data };
}

/** The least of each window of a row or column: of twice as long windows each time, and at last of two that overlap. */
function leastAlong(
  from: Float64Array,
  to: Float64Array,
  first: number,
  stride: number,
  length: number,
  size: number,
): void {
  const before = Math.floor(size / 2);
  const least = new Float64Array(length + size).fill(Infinity);
  for (let i = 0; i < length; i += 1) least[before + i] = from[first + i * stride]!;
  let window = 1;
  for (; 2 * window <= size; window *= 2)
    for (let i = 0; i + window < least.length; i += 1) least[i] = Math.min(least[i]!, least[i + window]!);
  for (let i = 0; i < length; i += 1) to[first + i * stride] = Math.min(least[i]!, least[i + size - window]!);
}
