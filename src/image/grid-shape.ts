// How many columns and rows several pictures have as one (A1111 modules/images.py, image_grid).

export interface GridShape {
  readonly columns: number;
  readonly rows: number;
}

export interface GridOptions {
  /** A1111: n_rows; -1 finds out, 0 is the batch size. */
  readonly rows: number;
  readonly batchSize: number;
  /** Where the rows are found out: as many as leave no cell empty. */
  readonly preventEmpty: boolean;
}

/** Of `count` pictures, 1 or more. */
export function gridShape(count: number, { rows: asked, batchSize, preventEmpty }: GridOptions): GridShape {
  const found = preventEmpty ? largestDivisor(count) : roundedRoot(count);
  const rows = Math.max(1, Math.min(count, asked > 0 ? asked : asked === 0 ? batchSize : found));
  return { columns: Math.ceil(count / rows), rows };
}

/** Half to even, as Python rounds. */
function roundedRoot(count: number): number {
  const root = Math.sqrt(count);
  const below = Math.floor(root);
  return root - below === 0.5 ? below + (below % 2) : Math.round(root);
}

/** The largest at most the square root. */
function largestDivisor(count: number): number {
  let rows = Math.floor(Math.sqrt(count));
  while (count % rows !== 0) rows -= 1;
  return rows;
}
