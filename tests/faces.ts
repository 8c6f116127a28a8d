// Networks for faces of the reference data: how what they are given and what they give is written down there. Tests only.
import type { Planes } from '../src/image/tiles.ts';
import type { FaceKind } from '../src/models/faces/kinds.ts';
import { networkCases, type NetworkCase } from './reference-networks.ts';

/** All files that are such networks, of one kind. */
export function faceCases(wanted: FaceKind): Promise<NetworkCase[]> {
  return networkCases(({ face }) => face?.kind === wanted);
}

/** Every `step`-th row and column of [.., height, width], from `top`, `left` on. */
export function thinned(
  { data, dims }: { readonly data: ArrayLike<number>; readonly dims: readonly number[] },
  step: number,
): Float32Array {
  const [height, width] = dims.slice(-2) as [number, number];
  const kept: number[] = [];
  for (let start = 0; start < data.length; start += height * width)
    for (let y = 0; y < height; y += step)
      for (let x = 0; x < width; x += step) kept.push(data[start + y * width + x]!);
  return Float32Array.from(kept);
}

/** [channels, height, width] with every pixel `by` times along each side. */
export function repeated(
  data: ArrayLike<number>,
  { height, width }: Pick<Planes, 'height' | 'width'>,
  by: number,
): Float32Array {
  const channels = data.length / height / width;
  const out = new Float32Array(data.length * by * by);
  for (let c = 0, at = 0; c < channels; c++)
    for (let y = 0; y < height * by; y++)
      for (let x = 0; x < width * by; x++)
        out[at++] = data[(c * height + Math.floor(y / by)) * width + Math.floor(x / by)]!;
  return out;
}

/** The number of the largest value of each column of [rows, columns]. */
export function largestOf(data: Float32Array, columns: number): number[] {
  return Array.from({ length: columns }, (_, x) => {
    const values = Array.from({ length: data.length / columns }, (_, row) => data[row * columns + x]!);
    return values.indexOf(Math.max(...values));
  });
}
