// Products of one large matrix, and of it transposed, with narrow ones: what a singular value decomposition spends its time with.
//
// float32 throughout, in WebAssembly SIMD; where the engine has none, the same in JavaScript. The large matrix lies in rows; a
// narrow one in panels of eight columns, each row of a panel after the other, so that four rows times a panel stay in registers.
import { PANEL, padded, ROWS, startTile, type Tile } from '../../simd/tile.ts';

/** Rows of the sum that are taken together: as much of the large matrix as the processor's cache holds. */
const BLOCK = 256;

/** A matrix of rows x columns and what it is multiplied with. The memory is used again for the next matrix that fits. */
export class LargeMatrix {
  #memory = new Float32Array(0);
  #tile: Tile = () => undefined;
  rows = 0;
  columns = 0;
  #stride = 0;
  #width = 0;
  /** Places of the narrow matrices, in elements: as tall as the rows, and as the columns. */
  #tall = 0;
  #wide = 0;

  /** A matrix of zeros of this size, to be multiplied with narrow ones of up to `width` columns. */
  reset(rows: number, columns: number, width: number): void {
    const [height, stride, panels] = [padded(rows, ROWS), padded(columns, ROWS), padded(width, PANEL)];
    const elements = height * stride + (height + stride) * panels;
    if (this.#memory.length < elements) this.#allocate(elements);
    else this.#memory.fill(0, 0, elements);
    Object.assign(this, { rows, columns });
    this.#stride = stride;
    this.#width = panels;
    this.#tall = height * stride;
    this.#wide = this.#tall + height * panels;
  }

  #allocate(elements: number): void {
    const { memory, run } = startTile(elements);
    this.#memory = memory;
    this.#tile = run;
  }

  /** A row's elements, to be written to or read. */
  row(index: number): Float32Array {
    return this.#memory.subarray(index * this.#stride, index * this.#stride + this.columns);
  }

  /** D X, for X of `columns` rows in columns one after another; so is the result, of `rows` rows. */
  times(x: readonly Float32Array[]): Float32Array[] {
    return this.#product(x, this.#wide, this.columns, this.#tall, this.rows, false);
  }

  /** D transposed times X, for X of `rows` rows. */
  transposedTimes(x: readonly Float32Array[]): Float32Array[] {
    return this.#product(x, this.#tall, this.rows, this.#wide, this.columns, true);
  }

  #product(
    x: readonly Float32Array[],
    from: number,
    length: number,
    to: number,
    height: number,
    isTransposed: boolean,
  ): Float32Array[] {
    if (x.length > this.#width) throw new RangeError(`${x.length} columns, of at most ${this.#width}.`);
    const panels = Math.ceil(x.length / PANEL);
    const [tallIn, tallOut] = [padded(length, ROWS), padded(height, ROWS)];
    const memory = this.#memory;
    memory.fill(0, from, from + tallIn * panels * PANEL);
    memory.fill(0, to, to + tallOut * panels * PANEL);
    const place = (base: number, tall: number, column: number): number =>
      base + Math.floor(column / PANEL) * tall * PANEL + (column % PANEL);
    for (const [column, values] of x.entries()) {
      const start = place(from, tallIn, column);
      for (let i = 0; i < length; i++) memory[start + PANEL * i] = values[i]!;
    }
    const [rowStep, step] = isTransposed ? [1, this.#stride] : [this.#stride, 1];
    for (let k = 0; k < length; k += BLOCK) {
      const count = Math.min(BLOCK, length - k);
      for (let row = 0; row < tallOut; row += ROWS) {
        const d = [0, 1, 2, 3].map((i) => 4 * ((row + i) * rowStep + k * step)) as [
          number,
          number,
          number,
          number,
        ];
        for (let panel = 0; panel < panels; panel++) {
          const source = 4 * (from + (panel * tallIn + k) * PANEL);
          const target = 4 * (to + (panel * tallOut + row) * PANEL);
          this.#tile(...d, 4 * step, source, target, 4 * PANEL, count);
        }
      }
    }
    return x.map((_, column) => {
      const start = place(to, tallOut, column);
      return Float32Array.from({ length: height }, (_, i) => memory[start + PANEL * i]!);
    });
  }
}
