// Four rows of a matrix times eight columns of another, in float32: what products are put together from.
//
// In WebAssembly SIMD; where the engine has none, the same in JavaScript. Columns lie in panels of eight, each row of a panel after the
// other, so that four rows times a panel stay in registers.
import { SimdFunction, v, type Code } from './function.ts';

/** Columns of a panel, and rows that are computed together. */
export const PANEL = 8;
export const ROWS = 4;

export const padded = (count: number, to: number): number => Math.ceil(count / to) * to;

/**
 * run(d0, d1, d2, d3, dStep, x, out, outRow, count): four rows of eight += four rows of D times the panel x. Addresses, and what is
 * between those of two rows, in bytes.
 */
function tile(): SimdFunction {
  const f = new SimdFunction(
    [...Array<'address'>(4).fill('address'), 'step', 'address', 'address', 'step', 'count'],
    1,
  );
  const step = { parameter: 4 };
  const rows = [0, 1, 2, 3].map((i) => f.address(i, step));
  const x = f.address(5, 4 * PANEL);
  const panel: Code[] = [f.keep(v.load(x, 0)), f.keep(v.load(x, 16))];
  for (const [row, address] of rows.entries()) {
    const value = f.keep(v.loadSplat(address, 0));
    for (const [half, lanes] of panel.entries()) {
      f.sum(f.fixedAddress(6, 7, row), 16 * half).add(v.mulFloats(value, lanes));
    }
  }
  return f;
}

/** See above; what it gives means nothing. */
export type Tile = (
  ...given: [
    d0: number,
    d1: number,
    d2: number,
    d3: number,
    dStep: number,
    x: number,
    out: number,
    outRow: number,
    count: number,
  ]
) => unknown;

/** The same in JavaScript, for engines without SIMD. Addresses are of bytes. */
const slowTile =
  (memory: Float32Array): Tile =>
  (d0, d1, d2, d3, dStep, x, out, outRow, count) => {
    for (const [row, d] of [d0, d1, d2, d3].entries()) {
      for (let column = 0; column < PANEL; column++) {
        const at = (out + outRow * row) / 4 + column;
        let sum = memory[at]!;
        for (let k = 0; k < count; k++) {
          sum += memory[(d + k * dStep) / 4]! * memory[x / 4 + PANEL * k + column]!;
        }
        memory[at] = sum;
      }
    }
  };

/** Memory of so many elements, and the tile that works on it. */
export function startTile(elements: number): {
  readonly memory: Float32Array<ArrayBuffer>;
  readonly run: Tile;
} {
  try {
    const { memory, run } = tile().start(4 * elements);
    return { memory: new Float32Array(memory.buffer), run };
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    const memory = new Float32Array(elements);
    return { memory, run: slowTile(memory) };
  }
}
