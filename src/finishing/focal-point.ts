// Where a picture's subject is, by its corners, by how busy its parts are and by its faces (modules/textual_inversion/autocrop.py).
import { findCorners, type Point } from '../image/corners.ts';
import { dithered } from '../image/dither.ts';
import { halfToEven } from '../sampling/half-to-even.ts';
import { greyOf } from '../image/mask.ts';
import { crop } from '../image/paste.ts';
import type { Size } from '../image/picture-file.ts';
import type { PixelImage } from '../image/pixels.ts';
import type { FocalCropRequest } from './extras-request.ts';
import type { Face } from './faces/face.ts';

export type FocalWeights = Pick<FocalCropRequest, 'faceWeight' | 'entropyWeight' | 'edgesWeight'>;

/** Whole pixels; the corner (0, 0) where nothing is found. `size`: of the part that is to be cut out. `faces`: of the picture. */
export function focalPoint(
  image: PixelImage,
  size: Size,
  { faceWeight, entropyWeight, edgesWeight }: FocalWeights,
  faces: readonly Face[],
): Point {
  const found = [
    { weight: edgesWeight, points: edgesWeight > 0 ? cornerPoints(image) : [] },
    { weight: entropyWeight, points: entropyWeight > 0 ? busyPoints(image, size) : [] },
    { weight: faceWeight, points: faceWeight > 0 ? faces.map(middleOf) : [] },
  ].filter(({ points }) => points.length > 0);
  if (found.length === 0) return { x: 0, y: 0 };
  const all = found.reduce((sum, { weight }) => sum + weight, 0);
  let [x, y, weights] = [0, 0, 0];
  for (const { weight, points } of found) {
    const share = weight / all;
    x += mean(points.map((point) => point.x)) * share;
    y += mean(points.map((point) => point.y)) * share;
    weights += share;
  }
  return { x: halfToEven(x / weights), y: halfToEven(y / weights) };
}

/** Nearer to the top of the head than to the chin. */
function middleOf({ box: { left, top, right, bottom } }: Face): Point {
  return { x: Math.trunc(left + (right - left) * 0.5), y: Math.trunc(top + (bottom - top) * 0.33) };
}

const WATERMARK_GREY = 0x99;

/** Watermarks are mostly in the lowest tenth: it has one tone. */
export function cornerPoints(image: PixelImage): Point[] {
  const minDistance = Math.min(image.width, image.height) * 0.06;
  const grey = greyOf(image);
  grey.data.fill(WATERMARK_GREY, Math.trunc(image.height * 0.9) * image.width);
  return findCorners(grey, { most: 100, quality: 0.04, minDistance });
}

const STEP = 4;

/** The middle of the part with the most entropy, of those along the longer side; none in a square. */
export function busyPoints(image: PixelImage, size: Size): Point[] {
  if (image.width === image.height) return [];
  const across = image.width > image.height;
  const length = across ? size.width : size.height;
  let [most, best] = [0, 0];
  for (let at = 0; at + length < (across ? image.width : image.height); at += STEP) {
    const entropy = entropyOf(crop(image, across ? at : 0, across ? 0 : at, size.width, size.height));
    if (entropy > most) [most, best] = [entropy, at];
  }
  const middle = (start: number, side: number): number => Math.trunc(start + side / 2);
  return [{ x: middle(across ? best : 0, size.width), y: middle(across ? 0 : best, size.height) }];
}

/** A1111's: of black and white, the surprises alone, not weighed by how often they are met. */
function entropyOf(image: PixelImage): number {
  const bits = dithered(image);
  const white = bits.reduce((sum, bit) => sum + bit, 0) / bits.length;
  return [white, 1 - white].reduce((sum, share) => (share > 0 ? sum - Math.log2(share) : sum), 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
