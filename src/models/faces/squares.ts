// A picture as the networks of face-api are given it: squares that are cut out of it and brought to their size; and what they find,
// in the picture's own pixels.
import type { PixelImage } from '../../image/pixels.ts';
import { withoutAlpha } from '../../image/pixels.ts';
import { resize } from '../../image/resize.ts';
import { LANDMARKS_MEANS, LANDMARKS_SIDE } from './landmark-net.ts';
import { DETECTOR_SIDE, type SquareInputs } from './ssd-mobilenet.ts';
import type { ScoredBox } from './ssd-boxes.ts';

/** Whole pixels of a picture. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Pixels of the longer side, at most, of a picture that is looked at closely. */
const MOST = 2048;
/** Pixels that squares have in common, at least: a face that is cut by one and no larger is whole in the next. */
const SHARED = 128;
/** A picture whose longer side is not much more than a square's is looked at once. */
const ENOUGH = 1.25;

/** What is looked at: all of the picture, and where that has to be made small for it, its parts as well. */
export function areasOf({
  width,
  height,
}: {
  readonly width: number;
  readonly height: number;
}): readonly Area[] {
  const whole = { left: 0, top: 0, width, height };
  const longer = Math.max(width, height);
  if (longer <= ENOUGH * DETECTOR_SIDE) return [whole];
  const scale = Math.max(1, longer / MOST);
  const along = (side: number): readonly { readonly start: number; readonly size: number }[] => {
    const size = Math.min(side, Math.round(DETECTOR_SIDE * scale));
    const count = Math.ceil((side - size) / (size - SHARED * scale)) + 1;
    const step = count > 1 ? (side - size) / (count - 1) : 0;
    return Array.from({ length: count }, (_, i) => ({ start: Math.round(i * step), size }));
  };
  const parts = along(height).flatMap(({ start: top, size: tall }) =>
    along(width).map(({ start: left, size: wide }) => ({ left, top, width: wide, height: tall })),
  );
  return [whole, ...parts];
}

/** A part of the picture for the detector: its longer side fills the square, the rest is black. */
export function detectorSquare(picture: PixelImage, area: Area): SquareInputs {
  const scale = DETECTOR_SIDE / Math.max(area.width, area.height);
  const [width, height] = [area.width, area.height].map((side) => Math.max(1, Math.round(side * scale)));
  const small = resize(cut(picture, area), width!, height!, 'bilinear');
  return { image: planes(small, DETECTOR_SIDE, 0, 0, (value) => value / 127.5 - 1) };
}

/** What was found in the square of an area, in the picture's pixels. A face that is cut by an edge within the picture is left out. */
export function inPicture(
  found: readonly ScoredBox[],
  area: Area,
  picture: { readonly width: number; readonly height: number },
): ScoredBox[] {
  const side = Math.max(area.width, area.height);
  /** Beyond an edge that is the picture's own there is nothing more. */
  const near = side / 64;
  return found.flatMap(({ score, ...box }) => {
    const left = area.left + box.left * side;
    const top = area.top + box.top * side;
    const right = area.left + box.right * side;
    const bottom = area.top + box.bottom * side;
    const cutOff =
      (area.left > 0 && left < area.left + near) ||
      (area.top > 0 && top < area.top + near) ||
      (area.left + area.width < picture.width && right > area.left + area.width - near) ||
      (area.top + area.height < picture.height && bottom > area.top + area.height - near);
    return cutOff ? [] : [{ left, top, right, bottom, score }];
  });
}

/** The whole pixels of a box that lie in the picture; null where there are none. */
export function areaOf(
  box: Omit<ScoredBox, 'score'>,
  picture: { readonly width: number; readonly height: number },
): Area | null {
  const [left, top] = [Math.max(0, Math.floor(box.left)), Math.max(0, Math.floor(box.top))];
  const width = Math.min(picture.width, Math.floor(box.right)) - left;
  const height = Math.min(picture.height, Math.floor(box.bottom)) - top;
  return width > 0 && height > 0 ? { left, top, width, height } : null;
}

/** A face for the network of points: in the middle of a black square. */
export function landmarksSquare(picture: PixelImage, area: Area): SquareInputs {
  const { left, top, side } = squareAround(area);
  const scale = LANDMARKS_SIDE / side;
  const [width, height] = [area.width, area.height].map((length) => Math.max(1, Math.round(length * scale)));
  const small = resize(cut(picture, area), width!, height!, 'bilinear');
  const number = (value: number, c: number): number => (value - LANDMARKS_MEANS[c]!) / 255;
  const at = (from: number, start: number): number => Math.round((start - from) * scale);
  return { image: planes(small, LANDMARKS_SIDE, at(left, area.left), at(top, area.top), number) };
}

/** Indices of the points that stand for an eye, the nose and the corners of the mouth: the mean of each. */
const FIVE = [range(36, 42), range(42, 48), [30], [48], [54]] as const;

/** Eyes (of the left side of the picture first), nose, corners of the mouth. `points`: of a face's square. */
export function fivePoints(points: Float32Array, area: Area): readonly [Point, Point, Point, Point, Point] {
  const { left, top, side } = squareAround(area);
  const mean = (indices: readonly number[], axis: 0 | 1): number =>
    indices.reduce((sum, i) => sum + points[2 * i + axis]!, 0) / indices.length;
  const at = (indices: readonly number[]): Point => ({
    x: left + mean(indices, 0) * side,
    y: top + mean(indices, 1) * side,
  });
  const [leftEye, rightEye, nose, mouthLeft, mouthRight] = FIVE;
  return [at(leftEye), at(rightEye), at(nose), at(mouthLeft), at(mouthRight)];
}

function squareAround({ left, top, width, height }: Area) {
  const side = Math.max(width, height);
  return { left: left - (side - width) / 2, top: top - (side - height) / 2, side };
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function cut(picture: PixelImage, { left, top, width, height }: Area): PixelImage {
  const { channels, data } = withoutAlpha(picture);
  const bytes = new Uint8Array(channels * width * height);
  for (let y = 0; y < height; y += 1) {
    const from = channels * ((top + y) * picture.width + left);
    bytes.set(data.subarray(from, from + channels * width), channels * width * y);
  }
  return { width, height, channels, data: bytes };
}

/** [3, side, side] of a picture laid onto a black square. */
function planes(
  { width, height, channels, data }: PixelImage,
  side: number,
  left: number,
  top: number,
  number: (value: number, c: number) => number,
): Float32Array {
  const area = side * side;
  const result = new Float32Array(3 * area);
  for (let c = 0; c < 3; c += 1) {
    result.fill(number(0, c), c * area, (c + 1) * area);
    for (let y = 0; y < Math.min(height, side - top); y += 1)
      for (let x = 0; x < Math.min(width, side - left); x += 1)
        result[c * area + (top + y) * side + left + x] = number(data[channels * (y * width + x) + c]!, c);
  }
  return result;
}
