// The Gaussian blur of a plane of numbers, as OpenCV's GaussianBlur does it: across first, then down, edges mirrored.
import { mirrored } from './mirrored.ts';
import type { Pause } from './pause.ts';
import type { Plane } from './warp-affine.ts';

/** `size`: pixels of the kernel's side, odd. `sigma`: in pixels; OpenCV's choice for the size unless told. */
export async function blurPlane(
  plane: Plane,
  size: number,
  pause: Pause,
  sigma = 0.3 * ((size - 1) / 2 - 1) + 0.8,
): Promise<Plane> {
  if (size <= 1) return plane;
  const weights = kernelOf(size, sigma);
  return { ...plane, data: await down(await across(plane, weights, pause), plane, weights, pause) };
}

/** From the centre outwards. */
function kernelOf(size: number, sigma: number): Float64Array {
  const reach = (size - 1) / 2;
  const weights = Float64Array.from({ length: reach + 1 }, (_, i) => Math.exp((-0.5 * i * i) / sigma ** 2));
  const sum = weights.reduce((sum, weight, i) => sum + (i === 0 ? weight : 2 * weight), 0);
  return weights.map((weight) => weight / sum);
}

async function across({ width, height, data }: Plane, weights: Float64Array, pause: Pause) {
  const reach = weights.length - 1;
  const out = new Float64Array(data.length);
  /** A row that goes on beyond its edges. */
  const row = new Float64Array(width + 2 * reach);
  for (let y = 0; y < height; y += 1) {
    await pause();
    for (let x = -reach; x < width + reach; x += 1) row[x + reach] = data[y * width + mirrored(x, width)]!;
    if (row.every((value) => value === 0)) continue;
    const sums = out.subarray(y * width, (y + 1) * width);
    for (let x = 0; x < width; x += 1) sums[x] = row[x + reach]! * weights[0]!;
    for (let k = 1; k <= reach; k += 1) {
      const weight = weights[k]!;
      for (let x = 0; x < width; x += 1)
        sums[x] = sums[x]! + weight * (row[x + reach - k]! + row[x + reach + k]!);
    }
  }
  return out;
}

async function down(
  from: Float64Array,
  { width, height }: Plane,
  weights: Float64Array,
  pause: Pause,
): Promise<Float64Array> {
  const out = new Float64Array(from.length);
  const rowOf = (y: number) => from.subarray(mirrored(y, height) * width).subarray(0, width);
  for (let y = 0; y < height; y += 1) {
    await pause();
    const sums = out.subarray(y * width, (y + 1) * width);
    const centre = rowOf(y);
    for (let x = 0; x < width; x += 1) sums[x] = centre[x]! * weights[0]!;
    for (let k = 1; k < weights.length; k += 1) {
      const [weight, above, below] = [weights[k]!, rowOf(y - k), rowOf(y + k)];
      for (let x = 0; x < width; x += 1) sums[x] = sums[x]! + weight * (above[x]! + below[x]!);
    }
  }
  return out;
}
