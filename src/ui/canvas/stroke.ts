// One stroke of the brush: round, as wide as the pen is pressed, evenly opaque however often it crosses itself.
import { around, intersection, NOWHERE, union, type Point, type Rect } from './geometry.ts';
import { TILE, type Color, type Layer, type Patch, type Tile } from './layer.ts';

export interface Brush {
  /** Null for the eraser. */
  readonly color: Color | null;
  /** 0..1. */
  readonly opacity: number;
  /** The outer part of the radius over which it fades, 0..1. */
  readonly softness: number;
  /** Edges are not smoothed: a pixel is painted or not. For masks, which A1111 rounds. */
  readonly hard: boolean;
}

/** A place of the brush, in pixels of the layer. */
export interface Touch extends Point {
  readonly radius: number;
}

/** Shorter ways, as parts of the radius, cannot be seen. */
const LEAST_WAY = 0.08;

export class Stroke {
  /** Tiles as they were before it. */
  readonly #before = new Map<number, Tile>();
  /** How much of each pixel the brush has covered, 0..255, by tile. */
  readonly #coverage = new Map<number, Uint8Array>();
  #last: Touch | null = null;

  constructor(
    private readonly layer: Layer,
    private readonly brush: Brush,
  ) {}

  /** Goes on to a place. Returns what that changed. */
  to(touch: Touch): Rect {
    const from = this.#last ?? touch;
    const way = Math.hypot(touch.x - from.x, touch.y - from.y);
    const same = Math.abs(touch.radius - from.radius) < 0.5;
    if (this.#last && same && way < Math.max(0.5, LEAST_WAY * touch.radius)) return NOWHERE;
    this.#last = touch;
    const area = intersection(
      union(around(from, from.radius + 1), around(touch, touch.radius + 1)),
      this.layer.bounds,
    );
    for (const index of this.layer.tilesIn(area)) this.#paint(index, from, touch, area);
    this.layer.touch(area);
    return area;
  }

  /** What it has changed, as it was before. */
  get patch(): Patch {
    return this.#before;
  }

  #paint(index: number, from: Touch, to: Touch, area: Rect): void {
    const bounds = this.layer.boundsOf(index);
    const { x: left, y: top, width, height } = intersection(area, bounds);
    const [startX, startY] = [bounds.x, bounds.y];
    if (!this.#before.has(index)) {
      const old = this.layer.tile(index);
      this.#before.set(index, old === null ? null : old.slice());
    }
    const before = this.#before.get(index) ?? null;
    let coverage = this.#coverage.get(index);
    if (!coverage) this.#coverage.set(index, (coverage = new Uint8Array(TILE * TILE)));
    const tile = this.layer.ownTile(index);
    const { color, opacity, softness, hard } = this.brush;
    const [dx, dy, dr] = [to.x - from.x, to.y - from.y, to.radius - from.radius];
    const lengthSquared = dx * dx + dy * dy;
    for (let y = top; y < top + height; y++) {
      const py = y + 0.5 - from.y;
      let at = (y - startY) * TILE + (left - startX);
      for (let x = left; x < left + width; x++, at++) {
        const covered = coverage[at]!;
        if (covered === 255) continue;
        const px = x + 0.5 - from.x;
        // The nearest place of the way, from its beginning (0) to its end (1).
        const t = lengthSquared === 0 ? 1 : Math.min(1, Math.max(0, (px * dx + py * dy) / lengthSquared));
        const radius = from.radius + t * dr;
        const [ex, ey] = [px - t * dx, py - t * dy];
        const distanceSquared = ex * ex + ey * ey;
        if (distanceSquared >= (radius + 1) * (radius + 1)) continue;
        const now = Math.round(255 * coverageAt(Math.sqrt(distanceSquared), radius, softness, hard));
        if (now <= covered) continue;
        coverage[at] = now;
        blend(tile, at * 4, before, color, (now / 255) * opacity);
      }
    }
  }
}

/** How much of the pixel at a distance from the middle of the brush is covered, 0..1. */
function coverageAt(distance: number, radius: number, softness: number, hard: boolean): number {
  const fade = softness * radius;
  if (fade < 1)
    return hard ? (distance <= radius ? 1 : 0) : Math.min(1, Math.max(0, radius - distance + 0.5));
  const t = Math.min(1, Math.max(0, (radius - distance) / fade));
  return t * t * (3 - 2 * t);
}

/** `amount` of the colour over what was there at `i`; of nothing, for the eraser. */
function blend(tile: Uint8ClampedArray, i: number, before: Tile, color: Color | null, amount: number): void {
  const under = before ? before[i + 3]! : 0;
  if (color === null) {
    tile[i + 3] = under * (1 - amount);
    return;
  }
  const kept = (under / 255) * (1 - amount);
  const alpha = amount + kept;
  if (alpha <= 0) return;
  for (let c = 0; c < 3; c++)
    tile[i + c] = (color[c]! * amount + (before ? before[i + c]! : 0) * kept) / alpha;
  tile[i + 3] = 255 * alpha;
}

/** Of a brush of that radius, for how hard a pen is pressed (0..1); a mouse presses alike always. */
export function radiusFor(radius: number, pressure: number | null): number {
  return Math.max(0.5, pressure === null ? radius : radius * (0.2 + 0.8 * pressure));
}
