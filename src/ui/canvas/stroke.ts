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
/** How far from a straight line places of one frame may lie to be left out: pixels, or parts of the radius. */
const MOST_OFF = 0.25;
const MOST_OFF_PART = 0.02;
/** ... and how many times as far where the page cannot keep up. */
const MOST_TIMES_OFF = 5;

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
    const goesOn = this.#last !== null;
    this.#last = touch;
    const area = intersection(
      union(around(from, from.radius + 1), around(touch, touch.radius + 1)),
      this.layer.bounds,
    );
    let changed = NOWHERE;
    for (const index of this.layer.tilesIn(area))
      changed = union(changed, this.#paint(index, from, touch, goesOn, area));
    this.layer.touch(changed);
    return changed;
  }

  /** ... by way of others, of which those are left out that make no difference to be seen: what the browser tells of one frame. */
  along(touches: readonly Touch[]): void {
    // Many at once: the page is late.
    const off = MOST_OFF_PART * Math.min(MOST_TIMES_OFF, Math.max(1, touches.length / 4));
    let pending: Touch | null = null;
    for (const [i, touch] of touches.entries()) {
      const next = touches[i + 1];
      const from = pending ?? this.#last;
      if (next && from && isBetween(touch, from, next, off)) continue;
      this.to(touch);
      pending = touch;
    }
  }

  /** What it has changed, as it was before. */
  get patch(): Patch {
    return this.#before;
  }

  /** The part of one tile. Returns where pixels have changed. `goesOn`: what lies around `from` is painted already. */
  #paint(index: number, from: Touch, to: Touch, goesOn: boolean, area: Rect): Rect {
    const bounds = this.layer.boundsOf(index);
    const { x: left, y: top, width, height } = intersection(area, bounds);
    const right = left + width;
    if (!this.#before.has(index)) {
      const old = this.layer.tile(index);
      this.#before.set(index, old === null ? null : old.slice());
    }
    const before = this.#before.get(index) ?? null;
    let coverage = this.#coverage.get(index);
    if (!coverage) this.#coverage.set(index, (coverage = new Uint8Array(TILE * TILE)));
    const tile = this.layer.ownTile(index);
    const { color, opacity } = this.brush;
    /** The colour, where there is nothing that it would mix with. */
    const bare = before === null ? color : null;
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    const dr = to.radius - from.radius;
    const lengthSquared = dx * dx + dy * dy;
    const perLength = lengthSquared === 0 ? 0 : 1 / lengthSquared;
    // What lies behind a brush that keeps its size was as near to it before.
    const skipsBehind = goesOn && dr === 0 && lengthSquared > 0;
    const profile = new Profile(this.brush);
    let [minX, minY, maxX, maxY] = [right, top + height, left - 1, top - 1];
    for (let y = top; y < top + height; y++) {
      const py = y + 0.5 - from.y;
      let start = left;
      let end = right;
      if (skipsBehind && dx !== 0) {
        const edge = from.x - 0.5 - (py * dy) / dx;
        if (dx > 0) start = Math.max(start, Math.floor(edge));
        else end = Math.min(end, Math.ceil(edge) + 1);
      } else if (skipsBehind && py * dy <= 0) continue;
      const row = (y - bounds.y) * TILE - bounds.x;
      for (let x = start; x < end; x++) {
        const at = row + x;
        const covered = coverage[at]!;
        if (covered === 255) continue;
        const px = x + 0.5 - from.x;
        // The nearest place of the way, from its beginning (0) to its end (1).
        let t = lengthSquared === 0 ? 1 : (px * dx + py * dy) * perLength;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        const radius = from.radius + t * dr;
        const ex = px - t * dx;
        const ey = py - t * dy;
        const distanceSquared = ex * ex + ey * ey;
        if (distanceSquared >= (radius + 1) * (radius + 1)) continue;
        const now = profile.at(Math.sqrt(distanceSquared), radius);
        if (now <= covered) continue;
        coverage[at] = now;
        if (bare !== null) {
          const i = at * 4;
          if (covered === 0) {
            tile[i] = bare[0];
            tile[i + 1] = bare[1];
            tile[i + 2] = bare[2];
          }
          tile[i + 3] = now * opacity;
        } else blend(tile, at * 4, before, color, (now / 255) * opacity);
        if (x < minX) minX = x;
        if (x > maxX) maxX = x;
        if (y < minY) minY = y;
        maxY = y;
      }
    }
    return maxX < minX ? NOWHERE : { x: minX, y: minY, width: maxX + 1 - minX, height: maxY + 1 - minY };
  }
}

/** How much of a pixel is covered, 0..255, by its distance from the middle of the brush. */
class Profile {
  readonly #softness: number;
  readonly #hard: boolean;

  constructor({ softness, hard }: Brush) {
    this.#softness = softness;
    this.#hard = hard;
  }

  at(distance: number, radius: number): number {
    const fade = this.#softness * radius;
    if (fade < 1) {
      if (this.#hard) return distance <= radius ? 255 : 0;
      const edge = radius - distance + 0.5;
      return edge >= 1 ? 255 : edge <= 0 ? 0 : Math.round(255 * edge);
    }
    const t = (radius - distance) / fade;
    if (t >= 1) return 255;
    return t <= 0 ? 0 : Math.round(255 * t * t * (3 - 2 * t));
  }
}

/** `amount` of the colour over what was there at `i`; of nothing, for the eraser. */
function blend(tile: Uint8ClampedArray, i: number, before: Tile, color: Color | null, amount: number): void {
  const under = before ? before[i + 3]! : 0;
  if (color === null) {
    tile[i + 3] = under * (1 - amount);
    return;
  }
  if (under === 0 || amount === 1) {
    tile[i] = color[0];
    tile[i + 1] = color[1];
    tile[i + 2] = color[2];
    tile[i + 3] = 255 * amount;
    return;
  }
  const kept = (under / 255) * (1 - amount);
  const alpha = amount + kept;
  for (let c = 0; c < 3; c++) tile[i + c] = (color[c]! * amount + before![i + c]! * kept) / alpha;
  tile[i + 3] = 255 * alpha;
}

/** Whether a place lies so near to the way between two others that it can be left out. `part`: of its radius. */
function isBetween(touch: Touch, from: Touch, to: Touch, part: number): boolean {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const lengthSquared = dx * dx + dy * dy;
  if (lengthSquared === 0) return false;
  const t = ((touch.x - from.x) * dx + (touch.y - from.y) * dy) / lengthSquared;
  if (t < 0 || t > 1) return false;
  const off = Math.hypot(touch.x - from.x - t * dx, touch.y - from.y - t * dy);
  const wider = Math.abs(touch.radius - (from.radius + t * (to.radius - from.radius)));
  return off + wider <= Math.max(MOST_OFF, part * touch.radius);
}

/** Of a brush of that radius, for how hard a pen is pressed (0..1); a mouse presses alike always. */
export function radiusFor(radius: number, pressure: number | null): number {
  return Math.max(0.5, pressure === null ? radius : radius * (0.2 + 0.8 * pressure));
}
