// How pictures are called as files, each by itself or in a zip: A1111's numbers and seeds (modules/images.py, samples
// without a filename pattern).
import type { Seed } from '../generation/request/seeds.ts';

/** "00000-1234.png": like A1111's first picture of a folder. */
export function pictureName(index: number, seed: Seed): string {
  return `${String(index).padStart(5, '0')}-${String(seed)}.png`;
}

/** "darkroom-20240131-235959.zip", local time. */
export function zipFileName(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `darkroom-${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}.zip`;
}
