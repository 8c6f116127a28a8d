// Where things are on the canvas: rectangles of pixels, and the view through which the picture is seen.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Whole pixels; without any where a side is 0. */
export interface Rect extends Point, Size {}

export const NOWHERE: Rect = { x: 0, y: 0, width: 0, height: 0 };

export function isEmpty({ width, height }: Size): boolean {
  return width <= 0 || height <= 0;
}

/** The smallest that holds both. */
export function union(a: Rect, b: Rect): Rect {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
}

export function intersection(a: Rect, b: Rect): Rect {
  const [x, y] = [Math.max(a.x, b.x), Math.max(a.y, b.y)];
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : NOWHERE;
}

/** The whole pixels that a circle touches. */
export function around({ x, y }: Point, radius: number): Rect {
  const [left, top] = [Math.floor(x - radius), Math.floor(y - radius)];
  return { x: left, y: top, width: Math.ceil(x + radius) - left, height: Math.ceil(y + radius) - top };
}

/** `scale`: pixels of the screen for one of the picture; `x`, `y`: where the picture's corner is on it. */
export interface View extends Point {
  readonly scale: number;
}

/** A pixel of the picture is never shown larger than this. */
const MAX_SCALE = 32;
/** Pixels of the screen that the picture may be shrunk to, and that always stay in sight of it. */
const IN_SIGHT = 48;

export function toPicture(view: View, { x, y }: Point): Point {
  return { x: (x - view.x) / view.scale, y: (y - view.y) / view.scale };
}

export function toScreen(view: View, { x, y }: Point): Point {
  return { x: view.x + x * view.scale, y: view.y + y * view.scale };
}

/** The whole picture in the middle of the frame, with a margin around it; small ones are enlarged. */
export function fitted(picture: Size, frame: Size, margin = 0): View {
  const [width, height] = [Math.max(1, frame.width - 2 * margin), Math.max(1, frame.height - 2 * margin)];
  const scale = Math.min(width / picture.width, height / picture.height, MAX_SCALE);
  return {
    scale,
    x: (frame.width - picture.width * scale) / 2,
    y: (frame.height - picture.height * scale) / 2,
  };
}

/** Enlarged by a factor; what is at `at` stays there. */
export function zoomedAt(view: View, factor: number, at: Point, picture: Size, frame: Size): View {
  const smallest = Math.min(IN_SIGHT / Math.max(picture.width, picture.height), fitted(picture, frame).scale);
  const scale = Math.min(MAX_SCALE, Math.max(smallest, view.scale * factor));
  const there = toPicture(view, at);
  return inSight({ scale, x: at.x - there.x * scale, y: at.y - there.y * scale }, picture, frame);
}

/** By pixels of the screen. */
export function panned(view: View, by: Point, picture: Size, frame: Size): View {
  return inSight({ ...view, x: view.x + by.x, y: view.y + by.y }, picture, frame);
}

/** A picture that is pushed off the frame cannot be found again. */
function inSight(view: View, picture: Size, frame: Size): View {
  const within = (at: number, length: number, room: number) =>
    Math.min(room - IN_SIGHT, Math.max(IN_SIGHT - length, at));
  return {
    scale: view.scale,
    x: within(view.x, picture.width * view.scale, frame.width),
    y: within(view.y, picture.height * view.scale, frame.height),
  };
}
