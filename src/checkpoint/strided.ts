// Elements of a strided view, gathered into C order out of a storage that is read piecewise.

/** A view of a storage: shape and strides have the same length; offset and strides are in elements. */
export interface StridedView {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Reads bytes `[offset, offset + length)` of one storage. */
export type RangeReader = (offset: number, length: number) => Promise<Uint8Array>;

const WINDOW_BYTES = 4 * 2 ** 20;

/** Do the view's elements lie in C order without gaps? (Strides of dimensions of size 1 say nothing.) */
export function isContiguous(view: StridedView): boolean {
  return contiguousRun(view).axes === view.shape.length;
}

/** How many of the last dimensions lie in C order without gaps, and the elements they cover. */
function contiguousRun(view: StridedView): { axes: number; length: number } {
  let length = 1;
  let axes = 0;
  for (let axis = view.shape.length - 1; axis >= 0; axis--, axes++) {
    const size = view.shape[axis]!;
    if (size !== 1 && view.strides[axis] !== length) break;
    length *= size;
  }
  return { axes, length };
}

/**
 * Elements `[start, start + count)` of the view in C order, `elementSize` bytes each. The range must lie in the view
 * and the view in the storage. Holds the result and one window of the storage in memory.
 */
export async function readStrided(
  read: RangeReader,
  view: StridedView,
  elementSize: number,
  start: number,
  count: number,
): Promise<Uint8Array> {
  // An empty view may lie anywhere.
  if (count === 0) return new Uint8Array(0);
  if (isContiguous(view)) {
    return read((view.offset + start) * elementSize, count * elementSize);
  }
  const out = new Uint8Array(count * elementSize);
  const low = lowestIndex(view, start, count);
  const end = highestIndex(view) + 1;
  const perWindow = Math.floor(WINDOW_BYTES / elementSize);
  // Each pass copies what lies in the window and finds the first element beyond it: gaps are not read.
  for (let from = low; from < end;) {
    const to = Math.min(from + perWindow, end);
    const window = await read(from * elementSize, (to - from) * elementSize);
    from = copyFromWindow(window, from, to, view, elementSize, start, count, out);
  }
  return out;
}

/**
 * Copies every wanted element whose storage index lies in `[from, to)` and returns the lowest wanted index from `to`
 * on (Infinity: none).
 */
function copyFromWindow(
  window: Uint8Array,
  from: number,
  to: number,
  view: StridedView,
  elementSize: number,
  start: number,
  count: number,
  out: Uint8Array,
): number {
  let next = Infinity;
  forEachRun(view, start, count, (index, length, done) => {
    const first = Math.max(index, from);
    const last = Math.min(index + length, to);
    if (first < last) {
      const source = (first - from) * elementSize;
      const target = (done + first - index) * elementSize;
      const bytes = (last - first) * elementSize;
      if (bytes > 32) out.set(window.subarray(source, source + bytes), target);
      else for (let i = 0; i < bytes; i++) out[target + i] = window[source + i]!;
    }
    if (index + length > to) next = Math.min(next, Math.max(index, to));
  });
  return next;
}

function lowestIndex(view: StridedView, start: number, count: number): number {
  let low = Infinity;
  forEachRun(view, start, count, (index) => {
    low = Math.min(low, index);
  });
  return low;
}

function highestIndex(view: StridedView): number {
  return view.shape.reduce((sum, size, axis) => sum + (size - 1) * view.strides[axis]!, view.offset);
}

/** Visits the wanted elements in C order as runs that are contiguous in the storage. */
function forEachRun(
  view: StridedView,
  start: number,
  count: number,
  visit: (index: number, length: number, done: number) => void,
): void {
  const run = contiguousRun(view);
  const outer = view.shape.length - run.axes;
  const position = new Array<number>(outer).fill(0);

  // Where the first wanted element is: its run's coordinates and its place in the run.
  let within = start % run.length;
  let rest = Math.floor(start / run.length);
  let base = view.offset;
  for (let axis = outer - 1; axis >= 0; axis--) {
    const size = view.shape[axis]!;
    position[axis] = rest % size;
    base += position[axis]! * view.strides[axis]!;
    rest = Math.floor(rest / size);
  }

  for (let done = 0; done < count;) {
    const length = Math.min(run.length - within, count - done);
    visit(base + within, length, done);
    done += length;
    within = 0;
    for (let axis = outer - 1; axis >= 0; axis--) {
      base += view.strides[axis]!;
      position[axis]!++;
      if (position[axis]! < view.shape[axis]!) break;
      base -= view.strides[axis]! * view.shape[axis]!;
      position[axis] = 0;
    }
  }
}
