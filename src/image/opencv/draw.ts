// Filled shapes and lines without smooth edges, pixel by pixel as OpenCV 4.6 draws them (modules/imgproc/src/drawing.cpp): points in
// 2^-16 of pixels, as whole numbers.
import { halfToEven } from '../../sampling/half-to-even.ts';
import type { Raster } from '../resize.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}
export type Colour = readonly number[];

const ONE = 0x10000;
const HALF = ONE / 2;
const whole = (value: number): number => Math.floor(value / ONE);

/** cv::circle, filled. */
export function fillCircle(image: Raster, { x, y }: Point, radius: number, colour: Colour): void {
  let [error, across, down, plus, minus] = [0, radius, 0, 1, 2 * radius - 1];
  while (across >= down) {
    for (const row of [y - down, y + down]) fillRow(image, row, x - across, x + across, colour);
    for (const row of [y - across, y + across]) fillRow(image, row, x - down, x + down, colour);
    down += 1;
    error += plus;
    plus += 2;
    if (error <= 0) continue;
    error -= minus;
    across -= 1;
    minus -= 2;
  }
}

/** cv::circle, its outline. */
function drawCircle(image: Raster, { x, y }: Point, radius: number, colour: Colour): void {
  let [error, across, down, plus, minus] = [0, radius, 0, 1, 2 * radius - 1];
  while (across >= down) {
    for (const [dx, dy] of [
      [across, down],
      [down, across],
    ] as const)
      for (const [u, v] of [
        [x - dx, y - dy],
        [x + dx, y - dy],
        [x - dx, y + dy],
        [x + dx, y + dy],
      ] as const)
        put(image, u, v, colour);
    down += 1;
    error += plus;
    plus += 2;
    if (error <= 0) continue;
    error -= minus;
    across -= 1;
    minus -= 2;
  }
}

/** cv::line, two pixels thick. */
export function drawThickLine(image: Raster, from: Point, to: Point, colour: Colour): void {
  const [p, q] = [times(from, ONE), times(to, ONE)];
  const [dx, dy] = [from.x - to.x, to.y - from.y];
  const length = Math.sqrt(dx * dx + dy * dy);
  if (length > 0) {
    const by = ONE / length;
    // Half of the thickness, across the line.
    const off = { x: halfToEven(dy * by), y: halfToEven(dx * by) };
    const plus = ({ x, y }: Point): Point => ({ x: x + off.x, y: y + off.y });
    const minus = ({ x, y }: Point): Point => ({ x: x - off.x, y: y - off.y });
    const corners = [plus(p), minus(p), minus(q), plus(q)];
    for (const [i, corner] of corners.entries()) drawFine(image, corners[(i + 3) % 4]!, corner, colour);
    fillInside(image, corners, (y) => Math.floor((y + HALF) / ONE), colour);
  }
  for (const end of [from, to]) drawCircle(image, end, 1, colour);
}

/** cv::fillConvexPoly of whole points. */
export function fillPolygon(image: Raster, points: readonly Point[], colour: Colour): void {
  const fine = points.map((point) => times(point, ONE));
  for (const [i, point] of points.entries())
    drawLine(image, points[(i + points.length - 1) % points.length]!, point, colour);
  if (points.length >= 3) fillInside(image, fine, whole, colour);
}

/**
 * cv::ellipse2Poly with a point a degree: axes and angle (in degrees) are whole numbers. Points that lie on the one before are left
 * out.
 */
export function ellipsePolygon(centre: Point, axes: Point, angle: number): readonly Point[] {
  const [cosine, sine] = [sineOf(450 - (((angle % 360) + 360) % 360)), sineOf(((angle % 360) + 360) % 360)];
  const points: Point[] = [];
  for (let degree = 0; degree <= 360; degree += 1) {
    const [x, y] = [axes.x * sineOf(450 - degree), axes.y * sineOf(degree)];
    const point = {
      x: halfToEven(centre.x + x * cosine - y * sine),
      y: halfToEven(centre.y + x * sine + y * cosine),
    };
    const last = points.at(-1);
    if (last?.x !== point.x || last.y !== point.y) points.push(point);
  }
  return points.length === 1 ? [centre, centre] : points;
}

/** OpenCV's table has seven digits, as float32. */
function sineOf(degrees: number): number {
  return Math.fround(Math.round(Math.sin((degrees * Math.PI) / 180) * 1e7) / 1e7);
}

/** One of the two sides that are followed down a convex polygon. */
interface Side {
  /** The point it comes from, and which way it goes on. */
  index: number;
  readonly step: number;
  /** In 2^-16: where it is, and how it moves with each row. */
  x: number;
  slope: number;
  /** The row where it ends. */
  end: number;
}

/** The rows between both sides. `points` in 2^-16. */
function fillInside(
  image: Raster,
  points: readonly Point[],
  rowOf: (y: number) => number,
  colour: Colour,
): void {
  const rows = points.map(({ y }) => rowOf(y));
  const top = points.reduce((best, { y }, i) => (y < points[best]!.y ? i : best), 0);
  const last = Math.min(Math.max(...rows), image.height - 1);
  const side = (step: number): Side => ({ index: top, step, x: -ONE, slope: 0, end: rows[top]! });
  const sides = [side(1), side(points.length - 1)] as const;
  let left = points.length;
  for (let y = rows[top]!; y <= last; y += 1) {
    for (const one of sides) {
      if (y < one.end) continue;
      let from = one.index;
      let to = (from + one.step) % points.length;
      for (; left-- > 0;) {
        if (rows[to]! > y) {
          const [start, height] = [points[from]!.x, rows[to]! - y];
          one.end = rows[to]!;
          one.slope = Math.trunc(((points[to]!.x - start) * 2 + height) / (2 * height));
          one.x = start;
          one.index = to;
          break;
        }
        from = to;
        to = (to + one.step) % points.length;
      }
    }
    if (left < 0) break;
    const [a, b] = [sides[0].x, sides[1].x];
    fillRow(image, y, whole(Math.min(a, b) + HALF), whole(Math.max(a, b) + HALF), colour);
    for (const one of sides) one.x += one.slope;
  }
}

/** Bresenham's, both ends included. */
function drawLine(image: Raster, from: Point, to: Point, colour: Colour): void {
  const inside = clipped(from, to, image.width - 1, image.height - 1);
  if (!inside) return;
  const [start, end] = inside[0].x <= inside[1].x ? inside : [inside[1], inside[0]];
  const [dx, dy] = [end.x - start.x, Math.abs(end.y - start.y)];
  const down = end.y < start.y ? -1 : 1;
  const steep = dy > dx;
  const [long, short] = steep ? [dy, dx] : [dx, dy];
  let [error, x, y] = [long - 2 * short, start.x, start.y];
  for (let i = 0; i <= long; i += 1) {
    put(image, x, y, colour);
    const both = error < 0;
    error += both ? 2 * long - 2 * short : -2 * short;
    if (steep || both) y += down;
    if (!steep || both) x += 1;
  }
}

/** Between points in 2^-16. */
function drawFine(image: Raster, from: Point, to: Point, colour: Colour): void {
  const inside = clipped(from, to, image.width * ONE - 1, image.height * ONE - 1);
  if (!inside) return;
  let [start, end] = inside;
  const [width, height] = [Math.abs(end.x - start.x), Math.abs(end.y - start.y)];
  const isFlat = width > height;
  if (isFlat ? end.x < start.x : end.y < start.y) [start, end] = [end, start];
  const rise = isFlat ? end.y - start.y : end.x - start.x;
  const slope = Math.trunc((rise * ONE) / ((isFlat ? width : height) | 1));
  const steps = whole(isFlat ? end.x - start.x : end.y - start.y);
  put(image, whole(end.x + HALF), whole(end.y + HALF), colour);
  let [x, y] = [start.x + HALF, start.y + HALF];
  for (let i = 0; i <= steps; i += 1) {
    put(image, whole(x), whole(y), colour);
    x += isFlat ? ONE : slope;
    y += isFlat ? slope : ONE;
  }
}

/** cv::clipLine: the part within 0..right and 0..bottom, in whole numbers; null where there is none. */
function clipped(from: Point, to: Point, right: number, bottom: number): readonly [Point, Point] | null {
  type Place = { x: number; y: number };
  const ends: readonly [Place, Place] = [{ ...from }, { ...to }];
  const turns: readonly (readonly [Place, Place])[] = [ends, [ends[1], ends[0]]];
  const across = ({ x }: Point): number => Number(x < 0) + 2 * Number(x > right);
  const down = ({ y }: Point): number => 4 * Number(y < 0) + 8 * Number(y > bottom);
  const apart = (): boolean => ((across(ends[0]) | down(ends[0])) & (across(ends[1]) | down(ends[1]))) !== 0;
  if (apart()) return null;
  for (const [end, other] of turns) {
    const where = down(end);
    if (where === 0) continue;
    const edge = where === 4 ? 0 : bottom;
    end.x += Math.trunc(((edge - end.y) * (other.x - end.x)) / (other.y - end.y));
    end.y = edge;
  }
  if (apart()) return null;
  for (const [end, other] of turns) {
    const where = across(end);
    if (where === 0) continue;
    const edge = where === 1 ? 0 : right;
    end.y += Math.trunc(((edge - end.x) * (other.y - end.y)) / (other.x - end.x));
    end.x = edge;
  }
  return ends;
}

function fillRow(image: Raster, y: number, from: number, to: number, colour: Colour): void {
  for (let x = Math.max(0, from); x <= Math.min(image.width - 1, to); x += 1) put(image, x, y, colour);
}

function put(image: Raster, x: number, y: number, colour: Colour): void {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  image.data.set(colour, (y * image.width + x) * image.channels);
}

const times = ({ x, y }: Point, by: number): Point => ({ x: x * by, y: y * by });
