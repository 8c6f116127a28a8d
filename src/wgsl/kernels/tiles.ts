// How large a piece of a product one workgroup computes. These are defaults from arithmetic, not from measurements: large
// tiles read memory less often, small ones give a small product enough workgroups.

export interface Tile {
  /** Rows and columns of the result that a workgroup computes. */
  readonly rows: number;
  readonly columns: number;
  /** Terms of the sums that are in workgroup memory at once. */
  readonly depth: number;
  /** Rows and columns of one thread; columns are a multiple of four. */
  readonly threadRows: number;
  readonly threadColumns: number;
}

export const LARGE: Tile = { rows: 128, columns: 64, depth: 16, threadRows: 8, threadColumns: 8 };
export const MEDIUM: Tile = { rows: 64, columns: 64, depth: 16, threadRows: 8, threadColumns: 8 };
export const SMALL: Tile = { rows: 32, columns: 32, depth: 16, threadRows: 4, threadColumns: 4 };
/** ... where columns come in pairs of four. */
export const SMALL_PAIRED: Tile = { rows: 32, columns: 64, depth: 16, threadRows: 4, threadColumns: 8 };

/** Workgroups that keep a large card busy: some hundred compute units. */
const ENOUGH = 256;
/** ... and that are too few for any. */
const FEW = 64;
/** Rows of the sum (in tiles' depths) that a part of a split product has at least. */
const SHORTEST_SPLIT = 16;

export interface ProductSize {
  readonly rows: number;
  readonly columns: number;
  /** Of the sums, in tiles' depths. */
  readonly steps: number;
  readonly batches: number;
  readonly paired: boolean;
}

export function workgroups({ rows, columns, batches }: ProductSize, tile: Tile): number {
  return Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * batches;
}

/** What the matrix units of a device multiply: [m, k] times [k, n] of float16, added up in float32. */
export interface MatrixUnit {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Threads of a subgroup. */
  readonly lanes: number;
}

export interface Choice {
  readonly tile: Tile;
  /** Into how many parts the sums are cut, which other workgroups compute. */
  readonly splits: number;
  /** The card's unit that multiplies the pieces; without one threads do, in registers. */
  readonly matrix?: MatrixUnit;
}

export function chooseTile(size: ProductSize): Choice {
  const candidates = [LARGE, MEDIUM, size.paired ? SMALL_PAIRED : SMALL];
  const tile = candidates.find((one) => workgroups(size, one) >= ENOUGH) ?? candidates.at(-1)!;
  const count = workgroups(size, tile);
  if (count >= FEW || size.paired || size.batches > 1) return { tile, splits: 1 };
  const splits = Math.min(Math.ceil(FEW / count), Math.floor(size.steps / SHORTEST_SPLIT));
  return { tile, splits: Math.max(1, splits) };
}
