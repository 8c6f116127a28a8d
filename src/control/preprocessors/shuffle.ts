// A picture stirred by two smooth random disks, so that its colours stay and its shapes go (sd-webui-controlnet 1.1.455:
// annotator/shuffle, annotator/util.py make_noise_disk): numpy's legacy random numbers, cv::resize in float64, cv::remap.
import { halfToEven } from '../../sampling/half-to-even.ts';
import { resizeNumbers } from '../../image/opencv/resize-numbers.ts';
import type { Pause } from '../../image/pause.ts';
import { MersenneTwister } from '../../sampling/random/mersenne-twister.ts';
import type { RgbImage } from './hint.ts';

/** Pixels between the places whose height is drawn. */
const GRID = 256;
/** Parts of a pixel that cv::remap tells apart. */
const PARTS = 32;

export async function shuffled(image: RgbImage, seed: number, pause: Pause): Promise<RgbImage> {
  const { width, height } = image;
  const random = new MersenneTwister(seed);
  const across = await noiseDisk(width, height, random, pause);
  const down = await noiseDisk(width, height, random, pause);
  const data = new Uint8Array(image.data.length);
  for (let y = 0; y < height; y += 1) {
    await pause();
    for (let x = 0; x < width; x += 1) {
      const i = y * width + x;
      const u = halfToEven(Math.fround(across[i]! * (width - 1)) * PARTS);
      const v = halfToEven(Math.fround(down[i]! * (height - 1)) * PARTS);
      blend(image, u, v, data, 3 * i);
    }
  }
  return { ...image, data };
}

/** numpy's RandomState.uniform. */
function uniform(random: MersenneTwister): number {
  const [high, low] = [random.nextUint32() >>> 5, random.nextUint32() >>> 6];
  return (high * 2 ** 26 + low) / 2 ** 53;
}

/** Of each pixel a number, 0..1, that changes slowly. */
export async function noiseDisk(
  width: number,
  height: number,
  random: MersenneTwister,
  pause: Pause,
): Promise<Float64Array> {
  const [columns, rows] = [Math.floor(width / GRID) + 2, Math.floor(height / GRID) + 2];
  const drawn = Float64Array.from({ length: rows * columns }, () => uniform(random));
  const grid = { width: columns, height: rows, channels: 1, data: drawn };
  const wide = width + 2 * GRID;
  const { data } = await resizeNumbers(grid, wide, height + 2 * GRID, 'cubic', pause);
  const disk = new Float64Array(width * height);
  for (let y = 0; y < height; y += 1)
    disk.set(data.subarray((y + GRID) * wide + GRID, (y + GRID) * wide + GRID + width), y * width);
  const least = disk.reduce((a, b) => Math.min(a, b), Infinity);
  const most = disk.reduce((a, b) => Math.max(a, b), -Infinity) - least;
  return disk.map((value) => (value - least) / most);
}

/** Of four neighbours, at a place in 1/32 of pixels; black beyond the picture. */
function blend({ width, height, data }: RgbImage, u: number, v: number, out: Uint8Array, to: number): void {
  const [x, y] = [Math.floor(u / PARTS), Math.floor(v / PARTS)];
  const [right, below] = [u - PARTS * x, v - PARTS * y];
  for (let c = 0; c < 3; c += 1) {
    const at = (column: number, row: number): number =>
      column < width && row < height ? data[3 * (row * width + column) + c]! : 0;
    const sum =
      (PARTS - below) * ((PARTS - right) * at(x, y) + right * at(x + 1, y)) +
      below * ((PARTS - right) * at(x, y + 1) + right * at(x + 1, y + 1));
    out[to + c] = (sum + (PARTS * PARTS) / 2) >> 10;
  }
}
