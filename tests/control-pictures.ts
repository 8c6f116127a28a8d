// Pictures of the reference data's preprocessors (control/README.md). Tests only.
import { bytesSource } from '../src/checkpoint/source.ts';
import type { Raster } from '../src/image/resize.ts';
import { readTensors, type Tensors } from './goldens.ts';
import { listReference, readReference, readReferenceJson } from './reference-dir.ts';

export const CONTROL_FOLDER = ['control'] as const;

/** Null where the reference data has no such file. */
export function controlJson<T>(name: string): T | null {
  return listReference(...CONTROL_FOLDER).includes(name)
    ? readReferenceJson<T>(...CONTROL_FOLDER, name)
    : null;
}

export function controlTensors(name: string): Promise<Tensors> {
  return readTensors(bytesSource(readReference(...CONTROL_FOLDER, name)));
}

/** A tensor [height, width] or [height, width, channels] of bytes. @throws Error where there is none of that name. */
export function rasterOf(tensors: Tensors, name: string): Raster {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`The reference data has no ${name}.`);
  const [height, width, channels = 1] = tensor.dims as [number, number, number?];
  return { width, height, channels: channels as 1 | 3 | 4, data: Uint8Array.from(tensor.data) };
}

/** Largest difference, and how many values differ by more than `least`; Infinity for another number of values. */
export function differences(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  least = 0,
): { readonly largest: number; readonly share: number } {
  if (actual.length !== expected.length) return { largest: Infinity, share: 1 };
  let [largest, count] = [0, 0];
  for (let i = 0; i < actual.length; i += 1) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
    if (!(difference <= least)) count += 1;
  }
  return { largest, share: count / actual.length };
}
