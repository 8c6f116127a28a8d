// What hands do on the canvas: a mouse, a pen or one finger paints; the middle button, Space or two fingers move the picture.
import type { Point } from './geometry.ts';

/** What of a pointer event counts, in pixels of the frame. */
export interface Press extends Point {
  readonly id: number;
  readonly kind: 'mouse' | 'pen' | 'touch';
  /** 0 is the main one, 1 the middle one, 5 a pen's eraser. */
  readonly button: number;
  /** 0..1; null where the device does not tell. */
  readonly pressure: number | null;
}

/** What comes of it. */
export interface Hands {
  /** `erases`: with a pen's other end. */
  begin(at: Press, erases: boolean): void;
  /** To all of these, one after the other. */
  goOn(...by: readonly Press[]): void;
  end(): void;
  /** It was no stroke: what it has painted goes. */
  takeBack(): void;
  /** By pixels of the frame, and enlarged about a point. */
  move(by: Point, factor: number, about: Point): void;
}

/** Pixels that a finger may have gone before a second one makes a movement of both. */
const STILL_ONE = 24;

type Doing =
  | { readonly what: 'paint'; readonly id: number; readonly from: Point; way: number }
  | { readonly what: 'pan'; readonly id: number }
  | { readonly what: 'pinch' }
  /** Until all fingers are up. */
  | { readonly what: 'rest' };

export class Gestures {
  readonly #fingers = new Map<number, Point>();
  #doing: Doing | null = null;

  /** `holding`: the key that makes the main button move the picture is down. */
  constructor(
    private readonly hands: Hands,
    private readonly holding: () => boolean,
  ) {}

  get painting(): boolean {
    return this.#doing?.what === 'paint';
  }

  /** Returns whether the pointer is taken. */
  down(press: Press): boolean {
    if (press.kind === 'touch') {
      this.#fingers.set(press.id, press);
      if (this.#fingers.size > 1) return this.#secondFinger();
    }
    if (this.#doing) return false;
    if (press.button === 1 || (press.button === 0 && this.holding())) {
      this.#doing = { what: 'pan', id: press.id };
      this.#fingers.set(press.id, press);
    } else if (press.button === 0 || press.button === 5) {
      this.#doing = { what: 'paint', id: press.id, from: press, way: 0 };
      this.hands.begin(press, press.button === 5);
    } else return false;
    return true;
  }

  /** `presses`: all places of one pointer since the last time. */
  moved(...presses: readonly Press[]): void {
    const [first] = presses;
    const doing = this.#doing;
    if (doing?.what === 'paint' && doing.id === first?.id) {
      for (const { x, y } of presses)
        doing.way = Math.max(doing.way, Math.hypot(x - doing.from.x, y - doing.from.y));
      this.hands.goOn(...presses);
    } else for (const press of presses) this.#moved(press);
    const last = presses.at(-1);
    if (last && this.#fingers.has(last.id)) this.#fingers.set(last.id, last);
  }

  #moved(press: Press): void {
    const doing = this.#doing;
    const before = this.#fingers.get(press.id);
    if (doing?.what === 'pan' && doing.id === press.id && before) {
      this.hands.move({ x: press.x - before.x, y: press.y - before.y }, 1, press);
    } else if (doing?.what === 'pinch' && before) this.#pinched(press, before);
    if (before) this.#fingers.set(press.id, press);
  }

  /** `cancelled`: the browser has taken the pointer for something else. */
  up(id: number, cancelled = false): void {
    this.#fingers.delete(id);
    const doing = this.#doing;
    if (doing?.what === 'paint' && doing.id === id) {
      if (cancelled) this.hands.takeBack();
      else this.hands.end();
      this.#doing = null;
    } else if (doing?.what === 'pan' && doing.id === id) this.#doing = null;
    else if (doing?.what === 'pinch' || doing?.what === 'rest')
      this.#doing = this.#fingers.size === 0 ? null : { what: 'rest' };
  }

  #secondFinger(): boolean {
    const doing = this.#doing;
    if (doing?.what === 'paint') {
      // A hand on the screen while a pen or a mouse paints.
      if (!this.#fingers.has(doing.id)) return false;
      if (doing.way < STILL_ONE) this.hands.takeBack();
      else this.hands.end();
    }
    this.#doing = this.#fingers.size === 2 ? { what: 'pinch' } : { what: 'rest' };
    return true;
  }

  #pinched(press: Press, before: Point): void {
    const other = [...this.#fingers].find(([id]) => id !== press.id)?.[1];
    if (!other) return;
    const middle = (a: Point) => ({ x: (a.x + other.x) / 2, y: (a.y + other.y) / 2 });
    const apart = (a: Point) => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
    const [from, to] = [middle(before), middle(press)];
    this.hands.move({ x: to.x - from.x, y: to.y - from.y }, apart(press) / apart(before), to);
  }
}
