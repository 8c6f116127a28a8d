// How large a piece of a product one workgroup computes. The defaults are from arithmetic and what one card liked
// (docs/performance): large tiles read memory less often, small ones and parts of sums give a small product enough workgroups.

export interface Tile {
  /** Rows and columns of the result that a workgroup computes. */
  readonly rows: number;
  readonly columns: number;
  /** Terms of the sums that are in workgroup memory at once. */
  readonly depth: number;
  /** Rows and columns of one thread; columns are a multiple of four. */
  readonly threadRows: number;
  readonly threadColumns: number;
  /** Whether threads fetch the next pieces while they multiply those at hand. */
  readonly ahead: boolean;
}

/** `ahead` where that gained on a card: mostly with many results of a thread, which then wait for memory alone. */
export const tile = (
  rows: number,
  columns: number,
  depth: number,
  threadRows: number,
  threadColumns: number,
  ahead = false,
): Tile => ({ rows, columns, depth, threadRows, threadColumns, ahead });

const LARGE = tile(128, 64, 16, 8, 8, true);
const MEDIUM = tile(64, 64, 16, 8, 4);
/** Here and below: where columns come in pairs of four. */
const MEDIUM_PAIRED = tile(64, 64, 16, 4, 8, true);
const SMALL = tile(32, 32, 16, 4, 4);
const SMALL_PAIRED = tile(32, 64, 16, 4, 8);
/** Of all of these. */
export const DEFAULT_DEPTH = 16;

/** Workgroups that keep a large card busy: some hundred compute units with several each. */
const ENOUGH = 512;
/** ... that are worth cutting sums for, */
const SOME = 256;
/** ... and that are too few for any. */
const FEW = 64;
/** Parts of a sum at most, and rows of it (in tiles' depths) that one has at least. */
const MOST_SPLITS = 8;
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
  const { rows, steps, paired, batches } = size;
  if (workgroups(size, LARGE) >= ENOUGH) return { tile: LARGE, splits: 1 };
  const [medium, small] = paired ? [MEDIUM_PAIRED, SMALL_PAIRED] : [MEDIUM, SMALL];
  const chosen = rows <= small.rows ? small : medium;
  if (paired || batches > 1) return { tile: workgroups(size, chosen) < FEW ? small : chosen, splits: 1 };
  const count = workgroups(size, chosen);
  const most = Math.max(1, Math.min(MOST_SPLITS, Math.floor(steps / SHORTEST_SPLIT)));
  const splits = count < SOME ? Math.min(most, Math.ceil(ENOUGH / count)) : 1;
  return { tile: count * splits < FEW ? small : chosen, splits };
}
