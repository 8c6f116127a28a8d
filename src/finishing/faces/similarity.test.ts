import { expect, it } from 'vitest';
import { mapped } from '../../image/affine.ts';
import { TEMPLATE } from './align.ts';
import type { Point } from './face.ts';
import { similarityTo } from './similarity.ts';

/** Turned, scaled and shifted. */
function moved(angle: number, scale: number, x: number, y: number): Point[] {
  const [c, s] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  return TEMPLATE.map((p) => ({ x: c * p.x - s * p.y + x, y: s * p.x + c * p.y + y }));
}

it.each([
  [0, 1, 0, 0],
  [0.4, 0.2, 30, 700],
  [-2.5, 3, -100, 12],
])('undoes a turn of %f, a scale of %f and a shift of %f, %f', (angle, scale, x, y) => {
  const points = moved(angle, scale, x, y);
  const map = similarityTo(points, TEMPLATE)!;
  for (const [i, point] of points.entries()) {
    const [mx, my] = mapped(map, point.x, point.y);
    expect(Math.hypot(mx - TEMPLATE[i]!.x, my - TEMPLATE[i]!.y)).toBeLessThan(1e-2);
  }
});

it('leaves out one landmark that is far off', () => {
  const points = moved(0.1, 0.5, 5, 5);
  const exact = similarityTo(points, TEMPLATE)!;
  const off = points.map((point, i) => (i === 3 ? { x: point.x + 60, y: point.y - 40 } : point));
  const map = similarityTo(off, TEMPLATE)!;
  for (const [i, value] of map.entries()) expect(value).toBeCloseTo(exact[i]!, 2);
});

it.each([
  ['in one place', TEMPLATE.map(() => ({ x: 12, y: 7 }))],
  ['that are no numbers', TEMPLATE.map(() => ({ x: NaN, y: 1 }))],
])('tells nothing of points %s', (_, points) => {
  expect(similarityTo(points, TEMPLATE)).toBeNull();
});
