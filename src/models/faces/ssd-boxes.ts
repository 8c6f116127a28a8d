// From the numbers of the SSD on MobileNet to boxes: anchors as TensorFlow's object detection lays them out, and what is told of each.

/** Places along a side of each feature map, in the order of the heads. */
const PLACES = [32, 16, 8, 4, 2, 1] as const;
/** Sides of anchors grow from map to map, in parts of the picture. */
const LEAST = 0.2;
const MOST = 0.95;
/** Of the finest map's square. */
const SMALL = 0.1;
/** Width over height of the others. */
const WIDE = [2, 0.5] as const;
const WIDER = [3, 0.3333] as const;
/** What numbers for places and for sizes are divided by. */
const PLACE_SCALE = 10;
const SIZE_SCALE = 5;

/** Of two boxes that share more than this part of what both cover, the surer one counts. */
const OVERLAP = 0.5;
/** ... as it does where it holds so much of a smaller one. */
const WITHIN = 0.75;

/** Parts of the square that is looked at. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What the network gives: of every anchor the box [4], encoded, and how sure it is of a face. */
export interface SsdOutputs {
  readonly boxes: Float32Array;
  readonly scores: Float32Array;
}

export interface ScoredBox extends Box {
  readonly score: number;
}

/** Middle and size of every anchor, in parts of the square: [anchors, 4], x, y, width, height. */
export function ssdAnchors(): Float32Array {
  const anchors: number[] = [];
  for (const [map, places] of PLACES.entries()) {
    const shapes = shapesOf(map);
    for (let y = 0; y < places; y += 1)
      for (let x = 0; x < places; x += 1)
        for (const { side, proportion } of shapes) {
          const root = Math.sqrt(proportion);
          anchors.push((x + 0.5) / places, (y + 0.5) / places, side * root, side / root);
        }
  }
  return Float32Array.from(anchors);
}

interface AnchorShape {
  readonly side: number;
  readonly proportion: number;
}

function shapesOf(map: number): readonly AnchorShape[] {
  const last = PLACES.length - 1;
  const sideAt = (at: number): number => (at > last ? 1 : LEAST + ((MOST - LEAST) * at) / last);
  const side = sideAt(map);
  const wide = (proportions: readonly number[]) => proportions.map((proportion) => ({ side, proportion }));
  if (map === 0) return [{ side: SMALL, proportion: 1 }, ...wide(WIDE)];
  const between = Math.sqrt(side * sideAt(map + 1));
  return [{ side, proportion: 1 }, { side: between, proportion: 1 }, ...wide(WIDE), ...wide(WIDER)];
}

/** The box that is told of anchor `i`. `encoded`: [anchors, 4], y, x, height, width. */
export function ssdBoxAt(encoded: Float32Array, anchors: Float32Array, i: number): Box {
  const along = (axis: 0 | 1): readonly [number, number] => {
    const [middle, size] = [anchors[4 * i + axis]!, anchors[4 * i + axis + 2]!];
    const [moved, grown] = [encoded[4 * i + 1 - axis]!, encoded[4 * i + 3 - axis]!];
    const [centre, half] = [middle + (moved / PLACE_SCALE) * size, (size * Math.exp(grown / SIZE_SCALE)) / 2];
    return [centre - half, centre + half];
  };
  const [[left, right], [top, bottom]] = [along(0), along(1)];
  return { left, top, right, bottom };
}

/** What is a face to at least `sure`, the surest first, each once. */
export function ssdFaces({ boxes, scores }: SsdOutputs, sure: number): ScoredBox[] {
  const anchors = ssdAnchors();
  if (boxes.length !== anchors.length || scores.length !== anchors.length / 4)
    throw new RangeError(`The network has ${anchors.length / 4} anchors, not ${scores.length}.`);
  const found: ScoredBox[] = [];
  for (const [i, score] of scores.entries())
    if (score > sure) found.push({ ...ssdBoxAt(boxes, anchors, i), score });
  return withoutRepeats(found);
}

/** Each face once, the surest first: parts of a face, where they were taken for one, are not told besides it. */
export function withoutRepeats<T extends ScoredBox>(found: readonly T[]): T[] {
  const kept: T[] = [];
  for (const one of found.toSorted((a, b) => b.score - a.score)) {
    if (!kept.some((other) => isSame(other, one))) kept.push(one);
  }
  return kept;
}

function isSame(a: Box, b: Box): boolean {
  const across = Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left));
  const down = Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const areaOf = ({ left, top, right, bottom }: Box): number => (right - left) * (bottom - top);
  const shared = across * down;
  return (
    shared > OVERLAP * (areaOf(a) + areaOf(b) - shared) || shared > WITHIN * Math.min(areaOf(a), areaOf(b))
  );
}
