import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  around,
  fitted,
  intersection,
  isEmpty,
  NOWHERE,
  panned,
  toPicture,
  toScreen,
  union,
  zoomedAt,
  type Rect,
} from './geometry.ts';

const whole = fc.integer({ min: -50, max: 50 });
const length = fc.integer({ min: 0, max: 60 });
const rect: fc.Arbitrary<Rect> = fc.record({ x: whole, y: whole, width: length, height: length });

const has = (r: Rect, x: number, y: number) =>
  x >= r.x && y >= r.y && x < r.x + r.width && y < r.y + r.height;

describe('rectangles', () => {
  it('intersect in the pixels that both have, and unite in one that has all', () => {
    fc.assert(
      fc.property(rect, rect, whole, whole, (a, b, x, y) => {
        expect(has(intersection(a, b), x, y)).toBe(has(a, x, y) && has(b, x, y));
        if (has(a, x, y) || has(b, x, y)) expect(has(union(a, b), x, y)).toBe(true);
      }),
    );
    expect(isEmpty(union(NOWHERE, NOWHERE))).toBe(true);
  });

  it('lie around a circle', () => {
    expect(around({ x: 10, y: 20 }, 2.5)).toEqual({ x: 7, y: 17, width: 6, height: 6 });
  });
});

describe('the view', () => {
  const picture = { width: 2048, height: 1024 };
  const frame = { width: 800, height: 600 };

  it('shows all of the picture in the middle', () => {
    const view = fitted(picture, frame, 10);
    expect(toScreen(view, { x: 0, y: 0 })).toEqual({ x: 10, y: 105 });
    expect(toScreen(view, { x: 2048, y: 1024 })).toEqual({ x: 790, y: 495 });
  });

  it('keeps what is at the pointer while it is enlarged', () => {
    const at = { x: 500, y: 300 };
    const before = toPicture(fitted(picture, frame), at);
    const view = zoomedAt(fitted(picture, frame), 5, at, picture, frame);
    expect(toPicture(view, at).x).toBeCloseTo(before.x, 9);
    expect(toPicture(view, at).y).toBeCloseTo(before.y, 9);
  });

  it('is never without the picture, however it is moved', () => {
    const amount = fc.double({ min: -1e5, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 1e-4, max: 1e4, noNaN: true }), amount, amount, (factor, x, y) => {
        const zoomed = zoomedAt(fitted(picture, frame), factor, { x: 0, y: 0 }, picture, frame);
        const view = panned(zoomed, { x, y }, picture, frame);
        const [left, right] = [view.x, view.x + picture.width * view.scale];
        expect(right).toBeGreaterThan(0);
        expect(left).toBeLessThan(frame.width);
        expect(view.scale).toBeLessThanOrEqual(32);
      }),
    );
  });
});
