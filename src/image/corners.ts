// Corners of a grey picture, as OpenCV's goodFeaturesToTrack finds them (Shi and Tomasi): where the smaller eigenvalue of the
// gradients around a pixel is a local maximum.
import type { Raster } from './resize.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface CornerOptions {
  readonly most: number;
  /** Of the best corner's value, what others have at least. */
  readonly quality: number;
  /** Pixels. */
  readonly minDistance: number;
}

/** Best first. */
export function findCorners(grey: Raster, { most, quality, minDistance }: CornerOptions): Point[] {
  const { width, height } = grey;
  const values = smallerEigenvalues(grey);
  const threshold = values.reduce((max, value) => Math.max(max, value), 0) * quality;
  const candidates: number[] = [];
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      if (values[at]! > threshold && isLargestAround(values, at, width)) candidates.push(at);
    }
  }
  // Of equal ones the later counts first.
  candidates.sort((a, b) => values[b]! - values[a]! || b - a);
  const taken: Point[] = [];
  for (const at of candidates) {
    if (taken.length >= most) break;
    const point = { x: at % width, y: Math.floor(at / width) };
    const near = ({ x, y }: Point): boolean =>
      (x - point.x) ** 2 + (y - point.y) ** 2 < minDistance * minDistance;
    if (minDistance < 1 || !taken.some(near)) taken.push(point);
  }
  return taken;
}

function isLargestAround(values: Float32Array, at: number, width: number): boolean {
  const value = values[at]!;
  for (let dy = -width; dy <= width; dy += width) {
    for (let dx = -1; dx <= 1; dx += 1) if (values[at + dy + dx]! > value) return false;
  }
  return true;
}

/** Pixels of the square that gradients are summed over, and OpenCV's scale of them. */
const BLOCK = 3;
const SCALE = 1 / (4 * BLOCK * 255);

function smallerEigenvalues(grey: Raster): Float32Array {
  const { width, height } = grey;
  const { across, down } = gradients(grey);
  const product = (a: Float32Array, b: Float32Array): Float32Array =>
    boxSums(
      a.map((value, i) => value * b[i]!),
      width,
      height,
    );
  const [xx, xy, yy] = [product(across, across), product(across, down), product(down, down)];
  return xx.map((value, i) => {
    const [a, b, c] = [Math.fround(value * 0.5), xy[i]!, Math.fround(yy[i]! * 0.5)];
    const apart = Math.fround(a - c);
    const root = Math.sqrt(Math.fround(Math.fround(apart * apart) + Math.fround(b * b)));
    return Math.fround(Math.fround(a + c) - Math.fround(root));
  });
}

/** Sobel's, 3 x 3. */
function gradients({ width, height, data }: Raster): {
  readonly across: Float32Array;
  readonly down: Float32Array;
} {
  const across = new Float32Array(width * height);
  const down = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const rows = [mirrored(y - 1, height), y, mirrored(y + 1, height)].map((row) => row * width);
    for (let x = 0; x < width; x += 1) {
      const [left, right] = [mirrored(x - 1, width), mirrored(x + 1, width)];
      const of = (row: number, column: number): number => data[rows[row]! + column]!;
      const column = (at: number): number => of(0, at) + 2 * of(1, at) + of(2, at);
      const row = (at: number): number => of(at, left) + 2 * of(at, x) + of(at, right);
      across[y * width + x] = (column(right) - column(left)) * SCALE;
      down[y * width + x] = (row(2) - row(0)) * SCALE;
    }
  }
  return { across, down };
}

function boxSums(values: Float32Array, width: number, height: number): Float32Array {
  const sums = new Float32Array(values.length);
  for (let y = 0; y < height; y += 1) {
    const rows = [mirrored(y - 1, height), y, mirrored(y + 1, height)];
    for (let x = 0; x < width; x += 1) {
      const columns = [mirrored(x - 1, width), x, mirrored(x + 1, width)];
      let sum = 0;
      for (const row of rows) for (const column of columns) sum += values[row * width + column]!;
      sums[y * width + x] = sum;
    }
  }
  return sums;
}

/** Beyond an edge pixels are those before it, the outermost not twice. */
function mirrored(at: number, length: number): number {
  if (length === 1) return 0;
  if (at < 0) return -at;
  return at < length ? at : 2 * length - 2 - at;
}
