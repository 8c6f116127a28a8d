// What tests of whole runs compare: pictures that are kept as means of blocks, and what parameters texts say.
import type { Infotext } from '../src/generation/request/infotext/parse.ts';

/** [height, width, 3] -> [height / 8, width / 8, 3]. */
export function blockMeans(pixels: ArrayLike<number>, width: number, height: number): number[] {
  const columns = width / 8;
  const sums = new Array<number>((height / 8) * columns * 3).fill(0);
  for (let i = 0; i < width * height * 3; i++) {
    const [pixel, colour] = [Math.floor(i / 3), i % 3];
    const block = Math.floor(pixel / width / 8) * columns + Math.floor((pixel % width) / 8);
    sums[3 * block + colour]! += pixels[i]! / 64;
  }
  return sums;
}

/** The fields of a text, numbers as such, without the program's version. */
export function fieldsOf(infotext: Infotext): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(infotext).flatMap(([name, value]) =>
      name === 'Version' ? [] : [[name, Number.isNaN(Number(value)) ? value : Number(value)]],
    ),
  );
}
