// A picture brought to the size a YOLO network looks at, grey bars around it (ultralytics data/augment.py, LetterBox), and
// from its places back to the picture's (utils/ops.py, scale_boxes).
import type { PixelImage } from '../../image/pixels.ts';
import type { Box } from './find.ts';
import { halfToEven, resizeBilinear } from './bilinear.ts';

/** Both sides become multiples of it. */
const MULTIPLE = 32;
const GREY = 114;

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Letterbox extends Size {
  /** The picture within. */
  readonly inner: Size;
  readonly left: number;
  readonly top: number;
}

/**
 * Where a picture comes to lie whose longer side becomes `size`. `square`: the whole square around it; otherwise no more
 * bars than it takes to multiples of 32.
 */
export function letterboxOf(picture: Size, size: number, square = false): Letterbox {
  const by = Math.min(size / picture.height, size / picture.width);
  const inner = {
    width: Math.max(1, halfToEven(picture.width * by)),
    height: Math.max(1, halfToEven(picture.height * by)),
  };
  const room = (side: number): number => (square ? size - side : (size - side) % MULTIPLE);
  const [dx, dy] = [room(inner.width), room(inner.height)];
  return {
    inner,
    width: inner.width + dx,
    height: inner.height + dy,
    left: halfToEven(dx / 2 - 0.1),
    top: halfToEven(dy / 2 - 0.1),
  };
}

/** RGB. */
export function letterboxed(picture: PixelImage, box: Letterbox): PixelImage {
  const inner = resizeBilinear(picture, box.inner.width, box.inner.height);
  const data = new Uint8Array(3 * box.width * box.height).fill(GREY);
  for (let y = 0; y < inner.height; y += 1) {
    for (let x = 0; x < inner.width; x += 1) {
      const from = (y * inner.width + x) * inner.channels;
      const to = 3 * ((y + box.top) * box.width + x + box.left);
      for (let c = 0; c < 3; c += 1) data[to + c] = inner.data[from + c]!;
    }
  }
  return { width: box.width, height: box.height, channels: 3, data };
}

/** [3, height, width], 0..1: red, green, blue. */
export function networkInput({ width, height, data }: PixelImage): Float32Array {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  for (let c = 0; c < 3; c += 1) {
    for (let i = 0; i < area; i += 1) planes[c * area + i] = data[3 * i + c]! / 255;
  }
  return planes;
}

/** A box of the letterboxed picture as one of the picture, cut at its edges. */
export function boxInPicture(box: Box, from: Size, picture: Size): Box {
  const by = Math.min(from.height / picture.height, from.width / picture.width);
  const bar = (whole: number, side: number): number => halfToEven((whole - side * by) / 2 - 0.1);
  const [left, top] = [bar(from.width, picture.width), bar(from.height, picture.height)];
  const along = (at: number, start: number, side: number): number =>
    Math.min(side, Math.max(0, Math.fround(Math.fround(at - start) / by)));
  return [
    along(box[0], left, picture.width),
    along(box[1], top, picture.height),
    along(box[2], left, picture.width),
    along(box[3], top, picture.height),
  ];
}
