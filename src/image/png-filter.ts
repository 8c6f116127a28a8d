// The five row filters of PNG (https://www.w3.org/TR/png-3/#9Filters).
import { ImageError } from './errors.ts';

const FILTERS = 5;

function paeth(left: number, up: number, upLeft: number): number {
  const estimate = left + up - upLeft;
  const a = Math.abs(estimate - left);
  const b = Math.abs(estimate - up);
  const c = Math.abs(estimate - upLeft);
  return a <= b && a <= c ? left : b <= c ? up : upLeft;
}

function predict(filter: number, left: number, up: number, upLeft: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    default:
      return paeth(left, up, upLeft);
  }
}

/**
 * Filters rows for compression, choosing for each row the filter with the least sum of absolute differences (the
 * specification's heuristic).
 *
 * @param pixels rows x rowBytes.
 * @param step Bytes of one pixel.
 * @returns rows x (1 + rowBytes): each row with its filter's number before it.
 */
export function filterRows(pixels: Uint8Array, rowBytes: number, step: number): Uint8Array<ArrayBuffer> {
  const rows = pixels.length / rowBytes;
  const out = new Uint8Array(rows * (1 + rowBytes));
  const candidate = new Uint8Array(rowBytes);
  for (let row = 0; row < rows; row += 1) {
    const at = row * rowBytes;
    const outAt = row * (1 + rowBytes);
    let least = Infinity;
    for (let filter = 0; filter < FILTERS; filter += 1) {
      let sum = 0;
      for (let i = 0; i < rowBytes; i += 1) {
        const left = i >= step ? pixels[at + i - step]! : 0;
        const up = row > 0 ? pixels[at + i - rowBytes]! : 0;
        const upLeft = i >= step && row > 0 ? pixels[at + i - rowBytes - step]! : 0;
        const difference = (pixels[at + i]! - predict(filter, left, up, upLeft)) & 0xff;
        candidate[i] = difference;
        sum += difference < 128 ? difference : 256 - difference;
        if (sum >= least) break;
      }
      if (sum >= least) continue;
      least = sum;
      out[outAt] = filter;
      out.set(candidate, outAt + 1);
    }
  }
  return out;
}

/**
 * Undoes the filters in place: after each row's filter byte stand its pixels.
 *
 * @param raw rows x (1 + rowBytes).
 * @throws ImageError on a filter that does not exist.
 */
export function unfilterRows(raw: Uint8Array, rows: number, rowBytes: number, step: number): void {
  for (let row = 0; row < rows; row += 1) {
    const at = row * (1 + rowBytes) + 1;
    const filter = raw[at - 1]!;
    if (filter >= FILTERS) throw new ImageError(`The PNG uses row filter ${filter}, which does not exist.`);
    if (filter === 0) continue;
    const above = at - (1 + rowBytes);
    for (let i = 0; i < rowBytes; i += 1) {
      const left = i >= step ? raw[at + i - step]! : 0;
      const up = row > 0 ? raw[above + i]! : 0;
      const upLeft = i >= step && row > 0 ? raw[above + i - step]! : 0;
      raw[at + i] = raw[at + i]! + predict(filter, left, up, upLeft);
    }
  }
}
