// L of CIE Lab, of colours in numbers, as OpenCV's COLOR_RGB2Lab of floats has it (modules/imgproc/src/color_lab.cpp): looked up in a
// cube of 33 colours along each side, between which it is interpolated in integers, so a little lower than it is.
import { lightOf, TO_XYZ } from './lab.ts';

const CELLS = 32;
const SIDE = CELLS + 1;
/** Values 0..1 become integers up to this; of these, 5 bits say the cell and 4 where in it. */
const ONE = 1 << 14;
const CELL_SHIFT = 9;
const INSIDE_SHIFT = 5;
const INSIDE = 16;

let cube: Int32Array | null = null;

/** L of every colour of the cube, up to ONE. */
function cubeOf(): Int32Array {
  if (cube) return cube;
  const lights = Array.from({ length: SIDE }, (_, i) => lightOf(i / CELLS));
  const [wr, wg, wb] = TO_XYZ[1];
  cube = new Int32Array(SIDE ** 3);
  let at = 0;
  for (const red of lights) {
    for (const green of lights) {
      for (const blue of lights) {
        const light = wr * red + wg * green + wb * blue;
        const lightness = light > 0.008856 ? 116 * Math.cbrt(light) - 16 : 903.3 * light;
        cube[at++] = Math.round((ONE * lightness) / 100);
      }
    }
  }
  return cube;
}

/** 0..100, of red, green and blue, 0..1. */
export function lightnessOf(red: number, green: number, blue: number): number {
  const table = cubeOf();
  const [r, g, b] = [placeOf(red), placeOf(green), placeOf(blue)];
  let sum = 0;
  for (let x = 0; x <= 1; x++) {
    for (let y = 0; y <= 1; y++) {
      for (let z = 0; z <= 1; z++) {
        const weight = weightOf(r, x) * weightOf(g, y) * weightOf(b, z);
        // Beyond the last colour nothing counts.
        if (weight > 0)
          sum += weight * table[((cellOf(r) + x) * SIDE + cellOf(g) + y) * SIDE + cellOf(b) + z]!;
      }
    }
  }
  return (Math.floor((sum + INSIDE ** 3 / 2) / INSIDE ** 3) * 100) / ONE;
}

/** A value as an integer. */
function placeOf(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * ONE);
}

function cellOf(place: number): number {
  return place >> CELL_SHIFT;
}

/** How much the colour at the beginning of a cell counts, or that at its end. */
function weightOf(place: number, end: number): number {
  const inside = (place >> INSIDE_SHIFT) % INSIDE;
  return end === 0 ? INSIDE - inside : inside;
}
