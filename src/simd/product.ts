// Products of matrices in float32, their sums as well.
import { PANEL, padded, ROWS, startTile, type Tile } from './tile.ts';

/** Columns, and steps of the inner dimension, that are taken together: they stay in the processor's cache. */
const COLUMNS = 256;
const DEPTH = 512;

/** Kept from one product to the next. */
let memory = new Float32Array(0);
let tile: Tile = () => undefined;

/** a [rows, depth] times b [depth, columns], both in rows: [rows, columns]. `inner`: only so many of the columns of a. */
export function multiply(
  a: Float32Array,
  b: Float32Array,
  [rows, depth, columns]: readonly [number, number, number],
  inner = depth,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows * columns);
  const height = padded(rows, ROWS);
  const deep = Math.min(inner, DEPTH);
  /** Places of the panels of b, and of the rows of sums. */
  const [ofB, ofSums] = [height * deep, height * deep + deep * COLUMNS];
  const elements = ofSums + height * COLUMNS;
  if (memory.length < elements) ({ memory, run: tile } = startTile(elements));
  for (let first = 0; first < columns; first += COLUMNS) {
    const width = Math.min(COLUMNS, columns - first);
    memory.fill(0, ofB, elements);
    for (let k = 0; k < inner; k += deep) {
      const count = Math.min(deep, inner - k);
      // Where it is taken at once, it is there from the first columns on.
      if (first === 0 || inner > deep) {
        for (let row = 0; row < rows; row++) {
          memory.set(a.subarray(row * depth + k, row * depth + k + count), row * deep);
        }
        memory.fill(0, rows * deep, ofB);
      }
      toPanels(b.subarray(k * columns + first), columns, width, count, memory.subarray(ofB), deep);
      for (let panel = 0; panel * PANEL < width; panel++) {
        const x = 4 * (ofB + panel * deep * PANEL);
        for (let row = 0; row < height; row += ROWS) {
          const from = 4 * row * deep;
          const to = 4 * (ofSums + row * COLUMNS + panel * PANEL);
          tile(from, from + 4 * deep, from + 8 * deep, from + 12 * deep, 4, x, to, 4 * COLUMNS, count);
        }
      }
    }
    for (let row = 0; row < rows; row++) {
      const from = ofSums + row * COLUMNS;
      out.set(memory.subarray(from, from + width), row * columns + first);
    }
  }
  return out;
}

/** The first `width` columns of `rows` rows, which are `stride` apart, into panels of `height` rows. */
function toPanels(
  from: Float32Array,
  stride: number,
  width: number,
  rows: number,
  panels: Float32Array,
  height: number,
): void {
  const size = PANEL;
  for (let column = 0; column < width; column += size) {
    const wide = Math.min(size, width - column);
    for (let row = 0; row < rows; row++) {
      const [to, at] = [column * height + row * size, row * stride + column];
      for (let j = 0; j < wide; j++) panels[to + j] = from[at + j]!;
    }
  }
}
