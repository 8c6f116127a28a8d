// How a face lies in a picture: the turn, the scale and the shift that bring its landmarks to those of a template, found as OpenCV's
// estimateAffinePartial2D does it with LMEDS (least median of squares; Rousseeuw 1984).
import type { Affine } from '../../image/affine.ts';
import type { Point } from './face.ts';

/** Pairs of points that are tried, so that one without an outlier is among them in 99 of 100 cases where 45 of 100 are outliers. */
const TRIES = Math.round(Math.log(1 - 0.99) / Math.log(1 - (1 - 0.45) ** 2));

/** Null where the points tell no similarity: all in one place, or no numbers. As many points as there are in the template. */
export function similarityTo(points: readonly Point[], template: readonly Point[]): Affine | null {
  const [from, to] = [points.map(inFloat32), template.map(inFloat32)];
  const count = from.length;
  let best: { readonly median: number; readonly map: Affine } | null = null;
  for (const [i, j] of pairs(count)) {
    const map = throughTwo(from[i]!, from[j]!, to[i]!, to[j]!);
    const errors = Float32Array.from(from, (point, k) => errorOf(map, point, to[k]!));
    const median = errors.sort()[Math.floor(count / 2)]!;
    if (Number.isFinite(median) && (!best || median < best.median)) best = { median, map };
  }
  if (!best) return null;
  const { median, map } = best;
  const sigma = Math.max(0.001, 2.5 * 1.4826 * (1 + 5 / (count - 2)) * Math.sqrt(median));
  const inliers = from.flatMap((point, k) => (errorOf(map, point, to[k]!) <= sigma ** 2 ? [k] : []));
  return inliers.length < 2 ? null : leastSquares(inliers.map((k) => [from[k]!, to[k]!] as const));
}

/** There everything is computed from float32. */
function inFloat32({ x, y }: Point): Point {
  return { x: Math.fround(x), y: Math.fround(y) };
}

/** Drawn from OpenCV's generator (multiply with carry), which always starts alike. */
function pairs(count: number): (readonly [number, number])[] {
  let state = 0xffffffffffffffffn;
  const draw = (): number => {
    state = BigInt.asUintN(64, (state & 0xffffffffn) * 4164903690n + (state >> 32n));
    return Number(state & 0xffffffffn) % count;
  };
  return Array.from({ length: TRIES }, () => {
    const first = draw();
    let second = draw();
    while (second === first) second = draw();
    return [first, second] as const;
  });
}

/** The similarity that leads from two points to two others. */
function throughTwo(a: Point, b: Point, toA: Point, toB: Point): Affine {
  const [dx, dy] = [a.x - b.x, a.y - b.y];
  const [toDx, toDy] = [toA.x - toB.x, toA.y - toB.y];
  const by = 1 / (dx * dx + dy * dy);
  return similarity(by * (toDx * dx + toDy * dy), by * (toDy * dx - toDx * dy), a, toA);
}

/** Turned and scaled by the complex number c + i s, with one point at its place. */
function similarity(c: number, s: number, point: Point, to: Point): Affine {
  return [c, -s, to.x - (c * point.x - s * point.y), s, c, to.y - (s * point.x + c * point.y)];
}

/** Squared distance, in float32. */
function errorOf([a, b, c, d, e, f]: Affine, { x, y }: Point, to: Point): number {
  const off = (p: number, q: number, r: number, wanted: number): number => {
    const sum = Math.fround(Math.fround(Math.fround(p) * x) + Math.fround(Math.fround(q) * y));
    return Math.fround(Math.fround(sum + Math.fround(r)) - wanted);
  };
  const [dx, dy] = [off(a, b, c, to.x), off(d, e, f, to.y)];
  return Math.fround(Math.fround(dx * dx) + Math.fround(dy * dy));
}

/** Of pairs of points: the similarity with the least sum of squared distances. OpenCV gets there by Levenberg-Marquardt. */
function leastSquares(pairs: readonly (readonly [Point, Point])[]): Affine | null {
  const mean = (points: readonly Point[]): Point => ({
    x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
    y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
  });
  const [centre, toCentre] = [mean(pairs.map(([from]) => from)), mean(pairs.map(([, to]) => to))];
  let [c, s, square] = [0, 0, 0];
  for (const [from, to] of pairs) {
    const [dx, dy] = [from.x - centre.x, from.y - centre.y];
    const [toDx, toDy] = [to.x - toCentre.x, to.y - toCentre.y];
    c += dx * toDx + dy * toDy;
    s += dx * toDy - dy * toDx;
    square += dx * dx + dy * dy;
  }
  return square > 0 ? similarity(c / square, s / square, centre, toCentre) : null;
}
