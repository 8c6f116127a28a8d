// Canny's edges (Canny 1986) to the byte as cv::Canny has them with its 3 x 3 Sobel and the sum of magnitudes (OpenCV 4.6,
// modules/imgproc/src/canny.cpp): of each pixel the channel with the largest gradient, the first of equal ones.
import type { Pause } from '../pause.ts';
import type { Raster } from '../resize.ts';
import type { Plane8 } from './plane.ts';

interface Gradients {
  readonly across: Int16Array;
  readonly down: Int16Array;
  /** Of each pixel; a frame of zeros around. */
  readonly size: Int32Array;
}

/** tan 22.5 degrees in 2^-15. */
const TANGENT = 13573;
const SHIFT = 15;

/** White lines on black. Thresholds are truncated, and may stand in either order. Stops after every row. */
export async function canny(image: Raster, low: number, high: number, pause: Pause): Promise<Plane8> {
  const { width, height } = image;
  const [least, sure] = [Math.trunc(Math.min(low, high)), Math.trunc(Math.max(low, high))];
  const gradients = await gradientsOf(image, pause);
  const data = new Uint8Array(width * height);
  const candidate = new Uint8Array(width * height);
  const open: number[] = [];
  for (let y = 0; y < height; y += 1) {
    await pause();
    for (let x = 0; x < width; x += 1) {
      const size = gradients.size[(y + 1) * (width + 2) + x + 1]!;
      if (size <= least || !isRidge(gradients, width, x, y)) continue;
      const i = y * width + x;
      candidate[i] = 1;
      if (size > sure) {
        data[i] = 255;
        open.push(i);
      }
    }
  }
  // Weaker ones that are joined to those.
  for (let i = open.pop(); i !== undefined; i = open.pop()) {
    const [x, y] = [i % width, Math.floor(i / width)];
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v += 1)
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u += 1) {
        const at = v * width + u;
        if (candidate[at] === 0 || data[at] !== 0) continue;
        data[at] = 255;
        open.push(at);
      }
  }
  return { width, height, data };
}

async function gradientsOf({ width, height, channels, data }: Raster, pause: Pause): Promise<Gradients> {
  const across = new Int16Array(width * height);
  const down = new Int16Array(width * height);
  const size = new Int32Array((width + 2) * (height + 2));
  for (let y = 0; y < height; y += 1) {
    await pause();
    const [above, at, below] = [Math.max(0, y - 1), y, Math.min(height - 1, y + 1)].map(
      (row) => row * width * channels,
    ) as [number, number, number];
    for (let x = 0; x < width; x += 1) {
      const [left, here, right] = [
        Math.max(0, x - 1) * channels,
        x * channels,
        Math.min(width - 1, x + 1) * channels,
      ];
      let most = -1;
      for (let c = 0; c < channels; c += 1) {
        const value = (row: number, column: number): number => data[row + column + c]!;
        const [upLeft, upRight] = [value(above, left), value(above, right)];
        const [downLeft, downRight] = [value(below, left), value(below, right)];
        const dx = upRight + 2 * value(at, right) + downRight - upLeft - 2 * value(at, left) - downLeft;
        const dy = downLeft + 2 * value(below, here) + downRight - upLeft - 2 * value(above, here) - upRight;
        if (Math.abs(dx) + Math.abs(dy) <= most) continue;
        most = Math.abs(dx) + Math.abs(dy);
        across[y * width + x] = dx;
        down[y * width + x] = dy;
      }
      size[(y + 1) * (width + 2) + x + 1] = most;
    }
  }
  return { across, down, size };
}

/** Whether no neighbour along the gradient is larger. */
function isRidge({ across, down, size }: Gradients, width: number, x: number, y: number): boolean {
  const frame = width + 2;
  const at = (y + 1) * frame + x + 1;
  const [dx, dy] = [across[y * width + x]!, down[y * width + x]!];
  const [flat, steep] = [Math.abs(dx) * TANGENT, Math.abs(dy) * 2 ** SHIFT];
  const here = size[at]!;
  if (steep < flat) return here > size[at - 1]! && here >= size[at + 1]!;
  if (steep > flat + Math.abs(dx) * 2 ** (SHIFT + 1))
    return here > size[at - frame]! && here >= size[at + frame]!;
  const side = (dx ^ dy) < 0 ? -1 : 1;
  return here > size[at - frame - side]! && here > size[at + frame + side]!;
}
