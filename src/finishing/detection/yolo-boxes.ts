// From the raw numbers of a YOLOv8 network to boxes (ultralytics nn/modules/head.py, Detect; utils/ops.py, non_max_suppression).

/** Boxes that overlap more, of one class, are one thing. */
export const OVERLAP = 0.7;
/** More are not told. */
const MOST_BOXES = 300;
/** What is looked at before they are compared: the surest. */
const MOST_CANDIDATES = 30_000;
/** Boxes of different classes are moved so far apart that they do not overlap. */
const CLASS_OFFSET = 7680;

/** What the numbers of a cell are, in order: four edges of so many bins, classes, the mixture of its mask. */
export interface YoloSizes {
  readonly bins: number;
  readonly classes: number;
  /** 0 without masks. */
  readonly masks: number;
  /** Pixels between the cells of each level, the finest first. */
  readonly strides: readonly number[];
}

/** All cells of a picture; each row is [cells]. */
export interface Cells {
  readonly count: number;
  /** Of boxes: centre x, centre y, width, height, in pixels that the network sees. */
  readonly boxes: readonly [Float32Array, Float32Array, Float32Array, Float32Array];
  /** [classes, cells], 0..1. */
  readonly scores: Float32Array;
  /** [masks, cells]. */
  readonly mixtures: Float32Array;
}

/** `cells`: the network's output [4 bins + classes + masks, cells] for a picture of this size. */
export function decodeCells(
  cells: Float32Array,
  { bins, classes, masks, strides }: YoloSizes,
  width: number,
  height: number,
): Cells {
  const count = strides.reduce((sum, stride) => sum + (width / stride) * (height / stride), 0);
  if (cells.length !== count * (4 * bins + classes + masks))
    throw new Error(`The detector gave ${cells.length} numbers for ${count} cells.`);
  const boxes = [0, 1, 2, 3].map(() => new Float32Array(count)) as unknown as Cells['boxes'];
  let cell = 0;
  for (const stride of strides) {
    const columns = width / stride;
    for (let i = 0; i < columns * (height / stride); i += 1, cell += 1) {
      const [x, y] = [(i % columns) + 0.5, Math.floor(i / columns) + 0.5];
      const edge = (side: number): number => distance(cells, side * bins * count + cell, count, bins);
      const [left, top, right, bottom] = [x - edge(0), y - edge(1), x + edge(2), y + edge(3)];
      boxes[0][cell] = ((left + right) / 2) * stride;
      boxes[1][cell] = ((top + bottom) / 2) * stride;
      boxes[2][cell] = (right - left) * stride;
      boxes[3][cell] = (bottom - top) * stride;
    }
  }
  const from = 4 * bins * count;
  const scores = cells.subarray(from, from + classes * count).map((x) => 1 / (1 + Math.exp(-x)));
  return { count, boxes, scores, mixtures: cells.subarray(from + classes * count) };
}

/** How many cells an edge is away: the mean of the bins' numbers, weighted by their softmax (Li et al. 2020, "distribution focal loss"). */
function distance(cells: Float32Array, start: number, step: number, bins: number): number {
  let largest = -Infinity;
  for (let bin = 0; bin < bins; bin += 1) largest = Math.max(largest, cells[start + bin * step]!);
  let [sum, weighted] = [0, 0];
  for (let bin = 0; bin < bins; bin += 1) {
    const weight = Math.exp(cells[start + bin * step]! - largest);
    sum += weight;
    weighted += weight * bin;
  }
  return weighted / sum;
}

/** A box of the picture that the network sees. */
export interface SeenBox {
  /** Left, top, right, bottom. */
  readonly box: readonly [number, number, number, number];
  readonly score: number;
  readonly class: number;
  readonly cell: number;
}

/** Those surer than `confidence`, without doubles, the surest first. */
export function keptBoxes(cells: Cells, classes: number, confidence: number, overlap = OVERLAP): SeenBox[] {
  const candidates: SeenBox[] = [];
  for (let cell = 0; cell < cells.count; cell += 1) {
    let best = 0;
    for (let c = 1; c < classes; c += 1)
      if (cells.scores[c * cells.count + cell]! > cells.scores[best * cells.count + cell]!) best = c;
    const score = cells.scores[best * cells.count + cell]!;
    if (score > confidence) candidates.push({ box: cornersOf(cells, cell), score, class: best, cell });
  }
  candidates.sort((a, b) => b.score - a.score);
  const kept: { seen: SeenBox; moved: Float32Array }[] = [];
  for (const seen of candidates.slice(0, MOST_CANDIDATES)) {
    if (kept.length === MOST_BOXES) break;
    const moved = Float32Array.from(seen.box, (at) => at + seen.class * CLASS_OFFSET);
    if (kept.every((other) => overlapOf(moved, other.moved) <= overlap)) kept.push({ seen, moved });
  }
  return kept.map(({ seen }) => seen);
}

function cornersOf({ boxes: [x, y, width, height] }: Cells, cell: number): SeenBox['box'] {
  const [dx, dy] = [width[cell]! / 2, height[cell]! / 2];
  return [
    Math.fround(x[cell]! - dx),
    Math.fround(y[cell]! - dy),
    Math.fround(x[cell]! + dx),
    Math.fround(y[cell]! + dy),
  ];
}

/** The share of two boxes that both have, of what either has; in float32, in torchvision's order. */
function overlapOf(a: Float32Array, b: Float32Array): number {
  const { fround } = Math;
  const area = (box: Float32Array): number => fround(fround(box[2]! - box[0]!) * fround(box[3]! - box[1]!));
  const width = Math.max(0, fround(Math.min(a[2]!, b[2]!) - Math.max(a[0]!, b[0]!)));
  const height = Math.max(0, fround(Math.min(a[3]!, b[3]!) - Math.max(a[1]!, b[1]!)));
  const shared = fround(width * height);
  return fround(shared / fround(fround(area(b) + area(a)) - shared));
}
