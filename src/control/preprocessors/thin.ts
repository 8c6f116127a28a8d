// Lines of one pixel out of blurred ones (sd-webui-controlnet 1.1.455: scripts/lvminthin.py; annotator/util.py, nms).
import { dilated, hits, type Pattern } from '../../image/opencv/morphology.ts';
import { blurNumbers } from '../../image/opencv/blur.ts';
import type { Plane8 } from '../../image/opencv/plane.ts';
import type { Pause } from '../../image/pause.ts';

/** Across, down, and along both diagonals. */
const LINES: readonly Pattern[] = [
  [0, 0, 0, 1, 1, 1, 0, 0, 0],
  [0, 1, 0, 0, 1, 0, 0, 1, 0],
  [1, 0, 0, 0, 1, 0, 0, 0, 1],
  [0, 0, 1, 0, 1, 0, 1, 0, 0],
];

/** Pixels that are largest along one direction at least; the others become black. */
export async function ridges(plane: Plane8, pause: Pause): Promise<Plane8> {
  const data = new Uint8Array(plane.data.length);
  for (const line of LINES) {
    const { data: largest } = await dilated(plane, line, pause);
    for (let i = 0; i < data.length; i += 1) if (largest[i] === plane.data[i]) data[i] = plane.data[i]!;
  }
  return { ...plane, data };
}

/** Ridges of the blurred picture above a threshold, white on black. */
export async function blurredRidges(
  plane: Plane8,
  threshold: number,
  deviation: number,
  pause: Pause,
): Promise<Plane8> {
  const { width, height } = plane;
  const { data: blurred } = await blurNumbers({ ...plane, channels: 1 }, deviation, pause);
  const data = new Uint8Array(blurred.length);
  const steps = LINES.map((line) =>
    line.flatMap((on, i) => (on === 1 ? [[(i % 3) - 1, Math.floor(i / 3) - 1] as const] : [])),
  );
  for (let y = 0; y < height; y += 1) {
    await pause();
    for (let x = 0; x < width; x += 1) {
      const here = blurred[y * width + x]!;
      if (!(here > threshold)) continue;
      const isLargest = steps.some((step) =>
        step.every(([dx, dy]) => {
          const outside = x + dx < 0 || y + dy < 0 || x + dx >= width || y + dy >= height;
          return outside || blurred[(y + dy) * width + x + dx]! <= here;
        }),
      );
      if (isLargest) data[y * width + x] = 255;
    }
  }
  return { width, height, data };
}

/** Pixels that may go: the middle of an edge, and of a corner; and loose ends. In the order in which they are turned. */
const EDGES: readonly Pattern[] = turned([
  [-1, -1, -1, 0, 1, 0, 1, 1, 1],
  [0, -1, -1, 1, 1, -1, 0, 1, 0],
]);
const ENDS: readonly Pattern[] = turned([
  [-1, -1, -1, -1, 1, -1, 0, 0, -1],
  [-1, -1, -1, -1, 1, -1, -1, 0, 0],
]);
/** Lines thicker than twice that stay thick. */
const ROUNDS = 32;

/** A picture of 0 and 255 with its lines thinned to one pixel. `pruned`: loose ends are shortened by one. */
export async function thinned(plane: Plane8, pruned: boolean, pause: Pause): Promise<Plane8> {
  const result = { ...plane, data: plane.data.slice() };
  let found = true;
  for (let round = 0; round < ROUNDS && found; round += 1) found = await without(result, EDGES, pause);
  if (pruned) await without(result, ENDS, pause);
  return result;
}

/** Whether there was anything to take away. */
async function without(plane: Plane8, patterns: readonly Pattern[], pause: Pause): Promise<boolean> {
  let found = false;
  for (const pattern of patterns) {
    await pause();
    for (const at of hits(plane, pattern)) {
      plane.data[at] = 0;
      found = true;
    }
  }
  return found;
}

/** All of them, then all of them a quarter to the left, and so on. */
function turned(patterns: readonly Pattern[]): readonly Pattern[] {
  const all = [...patterns];
  for (let i = 0; i < 3 * patterns.length; i += 1) {
    const [a, b, c, d, e, f, g, h, j] = all[i]!;
    all.push([c, f, j, b, e, h, a, d, g]);
  }
  return all;
}
