// People as control networks know them: limbs in colours on black (sd-webui-controlnet 1.1.455, annotator/openpose/util.py and
// __init__.py, draw_poses).
import type { Size } from '../../../image/picture-file.ts';
import {
  drawThickLine,
  ellipsePolygon,
  fillCircle,
  fillPolygon,
  type Colour,
  type Point,
} from '../../../image/opencv/draw.ts';
import type { RgbImage } from '../hint.ts';
import type { Keypoints, Person } from './pose.ts';

export interface DrawnParts {
  readonly body: boolean;
  readonly hands: boolean;
  readonly face: boolean;
}

/** Two parts of the body, from 0, that a limb joins. */
export const LIMBS = [
  ...[
    [1, 2],
    [1, 5],
    [2, 3],
    [3, 4],
    [5, 6],
    [6, 7],
    [1, 8],
    [8, 9],
    [9, 10],
  ],
  ...[
    [1, 11],
    [11, 12],
    [12, 13],
    [1, 0],
    [0, 14],
    [14, 16],
    [0, 15],
    [15, 17],
  ],
] as unknown as readonly (readonly [number, number])[];

/** Of limbs, dimmed, and of parts. */
const COLOURS: readonly Colour[] = [
  ...[
    [255, 0, 0],
    [255, 85, 0],
    [255, 170, 0],
    [255, 255, 0],
    [170, 255, 0],
    [85, 255, 0],
    [0, 255, 0],
  ],
  ...[
    [0, 255, 85],
    [0, 255, 170],
    [0, 255, 255],
    [0, 170, 255],
    [0, 85, 255],
    [0, 0, 255],
    [85, 0, 255],
  ],
  ...[
    [170, 0, 255],
    [255, 0, 255],
    [255, 0, 170],
    [255, 0, 85],
  ],
];

/** In pixels. */
const SIZES = { limb: 4, part: 4, finger: 4, face: 3 } as const;
const FINGERS = 5;
const JOINTS = 4;

export function drawnPeople(people: readonly Person[], { width, height }: Size, parts: DrawnParts): RgbImage {
  const canvas: RgbImage = { width, height, channels: 3, data: new Uint8Array(3 * width * height) };
  for (const { body, leftHand, rightHand, face } of people) {
    if (parts.body) drawBody(canvas, body);
    if (parts.hands) for (const hand of [leftHand, rightHand]) drawHand(canvas, hand ?? []);
    if (parts.face) drawFace(canvas, face ?? []);
  }
  return canvas;
}

/** What one pixel is in the numbers of these points: the sides where all lie within 0..1, else 1. */
function scaleOf(keypoints: Keypoints, { width, height }: Size): Point {
  const there = keypoints.filter((point) => point !== null);
  const isShare = there.length > 0 && there.every(({ x, y }) => Math.abs(x) <= 1 && Math.abs(y) <= 1);
  return isShare ? { x: width, y: height } : { x: 1, y: 1 };
}

function drawBody(canvas: RgbImage, keypoints: Keypoints): void {
  const scale = scaleOf(keypoints, canvas);
  for (const [i, [first, second]] of LIMBS.entries()) {
    const [a, b] = [keypoints[first], keypoints[second]];
    if (!a || !b) continue;
    const [ax, ay, bx, by] = [a.x * scale.x, a.y * scale.y, b.x * scale.x, b.y * scale.y];
    const centre = { x: Math.trunc((ax + bx) / 2), y: Math.trunc((ay + by) / 2) };
    const length = Math.trunc(Math.sqrt((ay - by) ** 2 + (ax - bx) ** 2) / 2);
    const angle = Math.trunc((Math.atan2(ay - by, ax - bx) * 180) / Math.PI);
    const polygon = ellipsePolygon(centre, { x: length, y: SIZES.limb }, angle);
    fillPolygon(
      canvas,
      polygon,
      COLOURS[i]!.map((value) => Math.trunc(value * 0.6)),
    );
  }
  for (const [i, colour] of COLOURS.entries()) {
    const point = keypoints[i];
    if (point) fillCircle(canvas, placed(point, scale), SIZES.part, colour);
  }
}

function drawHand(canvas: RgbImage, keypoints: Keypoints): void {
  const scale = scaleOf(keypoints, canvas);
  const edges = FINGERS * JOINTS;
  for (let edge = 0; edge < edges; edge += 1) {
    // Each finger begins at the wrist.
    const [a, b] = [keypoints[edge % JOINTS === 0 ? 0 : edge], keypoints[edge + 1]];
    if (!a || !b) continue;
    const [from, to] = [placed(a, scale), placed(b, scale)];
    if (isWithin(from) && isWithin(to)) drawThickLine(canvas, from, to, hue(edge / edges));
  }
  drawDots(canvas, keypoints, SIZES.finger, [0, 0, 255]);
}

function drawFace(canvas: RgbImage, keypoints: Keypoints): void {
  drawDots(canvas, keypoints, SIZES.face, [255, 255, 255]);
}

function drawDots(canvas: RgbImage, keypoints: Keypoints, radius: number, colour: Colour): void {
  const scale = scaleOf(keypoints, canvas);
  for (const keypoint of keypoints) {
    const point = keypoint && placed(keypoint, scale);
    if (point && isWithin(point)) fillCircle(canvas, point, radius, colour);
  }
}

const placed = ({ x, y }: Point, scale: Point): Point => ({
  x: Math.trunc(x * scale.x),
  y: Math.trunc(y * scale.y),
});

/** What was not found lies at 0. */
const isWithin = ({ x, y }: Point): boolean => x > 0.01 && y > 0.01;

/** A colour of the rainbow, 0..1. */
function hue(turn: number): Colour {
  const channel = (offset: number): number => {
    const place = (offset + turn * 6) % 6;
    return Math.round(255 * Math.min(1, Math.max(0, Math.abs(place - 3) - 1)));
  };
  return [channel(0), channel(4), channel(2)];
}
