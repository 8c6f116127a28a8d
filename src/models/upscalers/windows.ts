// Attention in windows (Liu et al. 2021, Swin): which tokens of a picture lie in which window. Tokens are rows, brought into the order
// of the windows by looking them up, and back likewise; shifted windows, overlapping ones and grids differ in these lists alone.

export interface Plane {
  readonly height: number;
  readonly width: number;
}

/** The order of tokens: where in the picture (row by row) the token lies that comes at each place. */
export type Order = Int32Array;

/** Sides of a window, and how far the picture is moved up and left, around the edges, before it is cut. */
export interface Window {
  readonly height: number;
  readonly width: number;
  readonly down?: number;
  readonly right?: number;
}

/** Windows row by row, and their tokens row by row. The picture's sides are multiples of the window's. */
export function windowOrder(plane: Plane, { height, width, down = 0, right = 0 }: Window): Order {
  const order = new Int32Array(plane.height * plane.width);
  let at = 0;
  eachWindow(plane, { height, width }, (y, x) => {
    order[at++] = ((y + down) % plane.height) * plane.width + ((x + right) % plane.width);
  });
  return order;
}

/** "Grid": window (i, j) is made of the pixels that lie `height / window` rows and `width / window` columns apart, from i, j on. */
export function gridOrder({ height, width }: Plane, window: number): Order {
  const [rows, columns] = [height / window, width / window];
  const order = new Int32Array(height * width);
  let at = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      for (let y = 0; y < window; y++)
        for (let x = 0; x < window; x++) order[at++] = (y * rows + i) * width + x * columns + j;
  return order;
}

/** The way back: at which place each token of the picture stands in an order. */
export function inverseOf(order: Order): Order {
  const inverse = new Int32Array(order.length);
  order.forEach((token, place) => (inverse[token] = place));
  return inverse;
}

/** Windows of `window` that see `reach` pixels more on each side; beyond the picture stands `outside`. */
export function overlappingOrder(
  { height, width }: Plane,
  window: number,
  reach: number,
  outside: number,
): Order {
  const side = window + 2 * reach;
  const order = new Int32Array((height / window) * (width / window) * side * side);
  let at = 0;
  for (let top = -reach; top < height - reach; top += window)
    for (let left = -reach; left < width - reach; left += window)
      for (let y = top; y < top + side; y++)
        for (let x = left; x < left + side; x++) {
          const inside = y >= 0 && y < height && x >= 0 && x < width;
          order[at++] = inside ? y * width + x : outside;
        }
  return order;
}

/**
 * Number of the region that each token of the shifted windows was in before the shift, in their order: tokens that lay at opposite
 * edges do not see each other.
 */
export function regionsOf(plane: Plane, { height, width, down = 0, right = 0 }: Window): Float32Array {
  const band = (at: number, side: number, window: number, shift: number): number =>
    at < side - window ? 0 : at < side - shift ? 1 : 2;
  const regions = new Float32Array(plane.height * plane.width);
  let at = 0;
  eachWindow(plane, { height, width }, (y, x) => {
    regions[at++] = 3 * band(y, plane.height, height, down) + band(x, plane.width, width, right);
  });
  return regions;
}

function eachWindow(plane: Plane, window: Plane, visit: (y: number, x: number) => void): void {
  for (let top = 0; top < plane.height; top += window.height)
    for (let left = 0; left < plane.width; left += window.width)
      for (let y = top; y < top + window.height; y++)
        for (let x = left; x < left + window.width; x++) visit(y, x);
}

/**
 * Rows of a table of biases by relative position, for each pair of tokens: queries of a window of `height` x `width`, keys of the same.
 */
export function relativePositions(height: number, width: number): number[] {
  const tokens = Array.from(
    { length: height * width },
    (_, i) => [Math.floor(i / width), i % width] as const,
  );
  return tokens.flatMap(([y, x]) =>
    tokens.map(([y2, x2]) => (y - y2 + height - 1) * (2 * width - 1) + (x - x2 + width - 1)),
  );
}

/** The same where keys are of a larger window, as HAT has it: indices below 0 count from the end. */
export function overlappingPositions(window: number, side: number): number[] {
  const tokens = (length: number) =>
    Array.from({ length: length * length }, (_, i) => [Math.floor(i / length), i % length] as const);
  const [reach, count] = [window + side - 1, (window + side - 1) ** 2];
  const keys = tokens(side);
  return tokens(window).flatMap(([y, x]) =>
    keys.map(([y2, x2]) => {
      const index = (y2 - y + window - side + 1) * reach + (x2 - x + window - side + 1);
      return index < 0 ? index + count : index;
    }),
  );
}

/**
 * Windows over a picture that is filled up to `filled`: what is not in the picture stands as one more token, after its last. `back`:
 * where the picture's own tokens stand.
 */
export function paddedOrder(
  plane: Plane,
  filled: Plane,
  window: Window,
): { readonly order: Order; readonly back: Order } {
  const outside = plane.height * plane.width;
  const back = new Int32Array(outside);
  const order = windowOrder(filled, window).map((token, place) => {
    const [y, x] = [Math.floor(token / filled.width), token % filled.width];
    if (y >= plane.height || x >= plane.width) return outside;
    back[y * plane.width + x] = place;
    return y * plane.width + x;
  });
  return { order, back };
}

/** Not window by window, but all windows' first tokens, then all second ones, and so on. */
export function acrossOrder(plane: Plane, window: number): Order {
  const order = windowOrder(plane, { height: window, width: window });
  const [tokens, windows] = [window * window, order.length / (window * window)];
  return order.map((_, i) => order[(i % windows) * tokens + Math.floor(i / windows)]!);
}
