// From RetinaFace's numbers to faces: anchors, the boxes and landmarks that are told from them, and of boxes that overlap the surest
// (facexlib, torchvision's nms).

/** Pixels between the places of each feature map, and the sides of the anchors that lie at each. */
export const STRIDES = [8, 16, 32] as const;
const SIDES = [
  [16, 32],
  [64, 128],
  [256, 512],
] as const;
export const ANCHORS_A_PLACE = 2;
/** What numbers for places and for sizes are multiplied by. */
const VARIANCES = [0.1, 0.2] as const;

/** A1111's, by facexlib's helper. */
export const SURE = 0.97;
/** Of two boxes that share more than this part of what both cover, the surer one counts. */
export const OVERLAP = 0.4;

export interface Size {
  readonly height: number;
  readonly width: number;
}

/** What the network gives: of every anchor the box [4], the scores of no face and face [2], and the landmarks [10]. */
export interface RetinaFaceOutputs {
  readonly loc: Float32Array;
  readonly conf: Float32Array;
  readonly landms: Float32Array;
}

/** Parts of the picture's width and height. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Eyes (of the left side of the picture first), nose, corners of the mouth. */
export type Landmarks = readonly [Point, Point, Point, Point, Point];

export interface FoundFace {
  readonly box: Box;
  readonly score: number;
  readonly landmarks: Landmarks;
}

/** Middle and size of every anchor, in parts of the picture's width and height: [anchors, 4], x, y, width, height. */
export function anchorsOf({ height, width }: Size): Float32Array {
  const maps = STRIDES.map((stride) => [Math.ceil(height / stride), Math.ceil(width / stride)] as const);
  const anchors = new Float32Array(
    maps.reduce((sum, [rows, columns]) => sum + 4 * ANCHORS_A_PLACE * rows * columns, 0),
  );
  let at = 0;
  for (const [i, [rows, columns]] of maps.entries()) {
    const stride = STRIDES[i]!;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        for (const side of SIDES[i]!) {
          anchors.set(
            [((x + 0.5) * stride) / width, ((y + 0.5) * stride) / height, side / width, side / height],
            at,
          );
          at += 4;
        }
      }
    }
  }
  return anchors;
}

/** The box that is told of anchor `i`, in parts of the picture. */
export function boxAt(loc: Float32Array, anchors: Float32Array, i: number): Box {
  const at = (axis: number): [number, number] => {
    const [middle, size] = [anchors[4 * i + axis]!, anchors[4 * i + axis + 2]!];
    const length = size * Math.exp(loc[4 * i + axis + 2]! * VARIANCES[1]);
    const start = middle + loc[4 * i + axis]! * VARIANCES[0] * size - length / 2;
    return [start, start + length];
  };
  const [[left, right], [top, bottom]] = [at(0), at(1)];
  return { left, top, right, bottom };
}

/** The five points that are told of anchor `i`, in parts of the picture. */
export function landmarksAt(landms: Float32Array, anchors: Float32Array, i: number): Landmarks {
  const told = (point: number, axis: number): number =>
    anchors[4 * i + axis]! + landms[10 * i + 2 * point + axis]! * VARIANCES[0] * anchors[4 * i + axis + 2]!;
  const at = (point: number): Point => ({ x: told(point, 0), y: told(point, 1) });
  return [at(0), at(1), at(2), at(3), at(4)];
}

/** Which of the boxes stay, the surest first: one goes where a surer one that stays overlaps it by more than `overlap`. */
export function surest(boxes: readonly Box[], scores: ArrayLike<number>, overlap: number): number[] {
  const order = boxes.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const kept: number[] = [];
  for (const i of order) {
    if (!kept.some((other) => overlapOf(boxes[other]!, boxes[i]!) > overlap)) kept.push(i);
  }
  return kept;
}

/** Which part of what two boxes cover both do. */
function overlapOf(a: Box, b: Box): number {
  const across = Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left));
  const down = Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const areaOf = ({ left, top, right, bottom }: Box): number => (right - left) * (bottom - top);
  const shared = across * down;
  return shared / (areaOf(a) + areaOf(b) - shared);
}

/** The faces of a picture of that size, in its pixels, the surest first. */
export function facesIn(
  { loc, conf, landms }: RetinaFaceOutputs,
  size: Size,
  { sure = SURE, overlap = OVERLAP } = {},
): FoundFace[] {
  const anchors = anchorsOf(size);
  if (conf.length !== anchors.length / 2)
    throw new RangeError(`A picture of ${size.width}x${size.height} has ${anchors.length / 4} anchors.`);
  const found: FoundFace[] = [];
  for (let i = 0; i < conf.length / 2; i++) {
    const score = conf[2 * i + 1]!;
    if (!(score > sure)) continue;
    const { left, top, right, bottom } = boxAt(loc, anchors, i);
    const points = landmarksAt(landms, anchors, i);
    const pixels = (point: number): Point => scaled(points[point]!, size);
    const [start, end] = [scaled({ x: left, y: top }, size), scaled({ x: right, y: bottom }, size)];
    found.push({
      box: { left: start.x, top: start.y, right: end.x, bottom: end.y },
      score,
      landmarks: [pixels(0), pixels(1), pixels(2), pixels(3), pixels(4)],
    });
  }
  const kept = surest(
    found.map(({ box }) => box),
    found.map(({ score }) => score),
    overlap,
  );
  return kept.map((i) => found[i]!);
}

function scaled({ x, y }: Point, { width, height }: Size): Point {
  return { x: x * width, y: y * height };
}
