// Erosion, dilation and hit-or-miss by a pattern of 3 x 3 pixels (OpenCV 4.6, modules/imgproc/src/morph.dispatch.cpp); what lies
// outside of the picture does not count.
import type { Pause } from '../pause.ts';
import type { Plane8 } from './plane.ts';

/** Nine numbers, row by row: 1 belongs to the pattern, -1 must not be there (hit-or-miss), 0 does not matter. */
export type Pattern = readonly [number, number, number, number, number, number, number, number, number];

export const SQUARE: Pattern = [1, 1, 1, 1, 1, 1, 1, 1, 1];

/** Stops after every row. */
export async function dilated(plane: Plane8, pattern: Pattern, pause: Pause): Promise<Plane8> {
  return { ...plane, data: await extreme(plane, offsets(pattern, 1), Math.max, 0, pause) };
}

/** Stops after every row. */
export async function eroded3x3(plane: Plane8, pattern: Pattern, pause: Pause): Promise<Plane8> {
  return { ...plane, data: await extreme(plane, offsets(pattern, 1), Math.min, 255, pause) };
}

/** Places of a picture of 0 and 255 where the pattern lies. */
export function hits(plane: Plane8, pattern: Pattern): number[] {
  const { width, height, data } = plane;
  const [there, missing] = [offsets(pattern, 1), offsets(pattern, -1)];
  const found: number[] = [];
  for (let i = 0; i < data.length; i += 1) {
    if (pattern[4] === 1 && data[i]! <= 127) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    const all = (wanted: readonly Offset[], white: boolean): boolean =>
      wanted.every(([dx, dy]) => {
        const outside = x + dx < 0 || y + dy < 0 || x + dx >= width || y + dy >= height;
        return outside || data[i + dy * width + dx]! > 127 === white;
      });
    if (all(there, true) && all(missing, false)) found.push(i);
  }
  return found;
}

type Offset = readonly [dx: number, dy: number];

function offsets(pattern: Pattern, which: number): readonly Offset[] {
  return pattern.flatMap((value, i): Offset[] =>
    value === which ? [[(i % 3) - 1, Math.floor(i / 3) - 1]] : [],
  );
}

async function extreme(
  { width, height, data }: Plane8,
  places: readonly Offset[],
  choose: (a: number, b: number) => number,
  none: number,
  pause: Pause,
): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y += 1) {
    await pause();
    for (let x = 0; x < width; x += 1) {
      let value = none;
      for (const [dx, dy] of places) {
        if (x + dx < 0 || y + dy < 0 || x + dx >= width || y + dy >= height) continue;
        value = choose(value, data[(y + dy) * width + x + dx]!);
      }
      out[y * width + x] = value;
    }
  }
  return out;
}
