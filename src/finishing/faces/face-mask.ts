// What of a restored face is laid over the picture, as facexlib has it (paste_faces_to_input_image): where a parser says that there is
// skin, eyes, nose, mouth or hair, with soft edges; or, without a parser, the square with soft edges.
import { mapped, type Affine } from '../../image/affine.ts';
import { blurPlane } from '../../image/blur-plane.ts';
import { eroded } from '../../image/erode.ts';
import type { Pause } from '../../image/pause.ts';
import type { Size } from '../../image/picture-file.ts';
import type { Area } from '../../image/tiles.ts';
import { warpPlane, type Plane } from '../../image/warp-affine.ts';
import { FACE_SIZE } from './face.ts';

/** Labels that are not pasted: background, neck, and 16 to 18, which are clothes, hat and what ParseNet does not use. */
const LEFT_OUT: ReadonlySet<number> = new Set([0, 14, 16, 17, 18]);
const BLUR_SIZE = 101;
const BLUR_SIGMA = 11;
/** Pixels at the square's edges that are never pasted. */
const RIM = 10;

/** 0..1 of every pixel of the square. `labels`: what each of its pixels shows. */
export async function parsedMask(labels: Uint8Array, pause: Pause): Promise<Plane> {
  const side = FACE_SIZE;
  let mask: Plane = {
    width: side,
    height: side,
    data: Float64Array.from(labels, (label) => (LEFT_OUT.has(label) ? 0 : 255)),
  };
  for (let times = 0; times < 2; times += 1) mask = await blurPlane(mask, BLUR_SIZE, pause, BLUR_SIGMA);
  const inner = (at: number): boolean => at >= RIM && at < side - RIM;
  const data = mask.data.map((value, i) =>
    inner(i % side) && inner(Math.floor(i / side)) ? value / 255 : 0,
  );
  return { ...mask, data };
}

/** A mask where it lies over the picture. */
export interface PlacedMask {
  /** Of the picture; nothing is pasted outside of it. */
  readonly area: Area;
  /** 0..1: how much of the face, and not of the picture, is seen. */
  readonly share: Plane;
  /** 0..1: by which the face's colours are multiplied; null for 1. */
  readonly strength: Plane | null;
}

/** `back`: from the square to the picture. */
export async function placedMask(
  mask: Plane,
  back: Affine,
  picture: Size,
  pause: Pause,
): Promise<PlacedMask> {
  const area = areaOf(mask, back, picture);
  return { area, share: await warpPlane(mask, back, area, pause), strength: null };
}

/** `size`: of the square's sides. `scale`: how many times as large as the picture that was aligned the one is that is pasted to. */
export async function placedSquare(
  size: number,
  back: Affine,
  picture: Size,
  pause: Pause,
  scale = 1,
): Promise<PlacedMask> {
  const square: Plane = { width: size, height: size, data: new Float64Array(size * size).fill(1) };
  const area = areaOf(square, back, picture);
  const strength = eroded(await warpPlane(square, back, area, pause), Math.trunc(2 * scale));
  const pixels = strength.data.reduce((sum, value) => sum + value, 0);
  const edge = Math.floor(Math.floor(Math.sqrt(pixels)) / 20);
  await pause();
  const share = await blurPlane(eroded(strength, 2 * edge), 2 * edge + 1, pause);
  return { area, share, strength };
}

/** Pixels around what a square covers, so that what lies outside of it is seen to be empty. */
const MARGIN = 2;

/** What of the picture the square lies over; empty where that is nothing. */
function areaOf(square: Size, back: Affine, { width, height }: Size): Area {
  const corners = [-1, square.width].flatMap((x) => [-1, square.height].map((y) => mapped(back, x, y)));
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const within = (at: number, length: number): number => Math.min(length, Math.max(0, at));
  return {
    left: within(Math.floor(Math.min(...xs)) - MARGIN, width),
    top: within(Math.floor(Math.min(...ys)) - MARGIN, height),
    right: within(Math.ceil(Math.max(...xs)) + 1 + MARGIN, width),
    bottom: within(Math.ceil(Math.max(...ys)) + 1 + MARGIN, height),
  };
}
