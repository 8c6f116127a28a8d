// Erosion, dilation and hit-or-miss by a pattern of 3 x 3 pixels (OpenCV 4.6, modules/imgproc/src/morph.dispatch.cpp); what lies
// outside of the picture does not count.
import type { Pause } from '../pause.ts';
import type { Plane8 } from './plane.ts';

/** Nine numbers, row by row: 1 belongs to the pattern, -1 must not be there (hit-or-miss), 0 does not matter. */
export type Pattern = readonly [number, number, number, number, number, number, number, number, number];

export const SQUARE: Pattern = [1, 1, 1, 1, 1, 1, 1, 1, 1];

/** Stops after every row. */
export async function dilated(plane: Plane8, pattern: Pattern, pause: Pause): Promise<Plane8> {
  return extreme(plane, offsets(pattern, 1), 'largest', pause);
}

/** Stops after every row. */
export async function eroded3x3(plane: Plane8, pattern: Pattern, pause: Pause): Promise<Plane8> {
  return extreme(plane, offsets(pattern, 1), 'least', pause);
}

/** Places of a picture of 0 and 255 where the pattern lies, whose middle is white. */
export function hits({ width, height, data }: Plane8, pattern: Pattern): number[] {
  const looked = [...offsets(pattern, 1), ...offsets(pattern, -1)];
  const white = offsets(pattern, 1).length;
  const found: number[] = [];
  for (let i = 0; i < data.length; i += 1) {
    if (data[i]! <= 127) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    let fits = true;
    for (let k = 0; k < looked.length && fits; k += 1) {
      const [u, v] = [x + looked[k]![0], y + looked[k]![1]];
      if (u < 0 || v < 0 || u >= width || v >= height) continue;
      fits = data[v * width + u]! > 127 === k < white;
    }
    if (fits) found.push(i);
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
  which: 'largest' | 'least',
  pause: Pause,
): Promise<Plane8> {
  const out = new Uint8Array(data.length).fill(which === 'largest' ? 0 : 255);
  for (let y = 0; y < height; y += 1) {
    await pause();
    const row = out.subarray(y * width, (y + 1) * width);
    for (const [dx, dy] of places) {
      if (y + dy < 0 || y + dy >= height) continue;
      const from = (y + dy) * width + dx;
      const [first, end] = [Math.max(0, -dx), Math.min(width, width - dx)];
      for (let x = first; x < end; x += 1) {
        const value = data[from + x]!;
        if (which === 'largest' ? value > row[x]! : value < row[x]!) row[x] = value;
      }
    }
  }
  return { width, height, data: out };
}
