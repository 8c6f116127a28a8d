// Faces are found in a picture and turned upright, as facexlib does it (utils/face_restoration_helper.py: get_face_landmarks_5,
// align_warp_face) with what A1111 asks of it.
import type { Affine } from '../../image/affine.ts';
import { resizeLanczos4 } from '../../image/lanczos4.ts';
import type { Pause } from '../../image/pause.ts';
import type { Size } from '../../image/picture-file.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { warpAffine } from '../../image/warp-affine.ts';
import { FACE_SIZE, type Face, type FaceDetector, type Point } from './face.ts';
import { similarityTo } from './similarity.ts';

/** Where landmarks of an upright face lie in a square of 512 pixels. */
export const TEMPLATE: readonly Point[] = [
  { x: 192.98138, y: 239.94708 },
  { x: 318.90277, y: 240.1936 },
  { x: 256.63416, y: 314.01935 },
  { x: 201.26117, y: 371.41043 },
  { x: 313.08905, y: 371.15118 },
];

/** What lies outside of the picture: red, green, blue. */
const BORDER = [132, 133, 135];

/** Pixels of the picture's shorter side in which faces are looked for. */
const DETECTION_SIDE = 640;
/** Faces whose eyes are closer, in the picture's own pixels, are left alone: too small, or seen from the side. */
const MIN_EYE_DISTANCE = 5;
/** A picture much longer than wide would not fit into any memory: it is looked at smaller. */
const MAX_DETECTION_PIXELS = 2 ** 23;

/** An upright face, and how it got there. */
export interface AlignedFace {
  /** RGB, a square. */
  readonly image: PixelImage;
  /** From the picture to the square. */
  readonly map: Affine;
}

/** The size in which faces of a picture are looked for, and how many of the picture's pixels one of its is. */
export function detectionSize({ width, height }: Size): Size & { readonly scale: number } {
  const side = Math.min(width, height);
  const usual = side / DETECTION_SIDE;
  const scale = Math.max(usual, Math.sqrt((width * height) / MAX_DETECTION_PIXELS));
  const along = (length: number): number => Math.max(1, Math.trunc(length / scale));
  return { width: along(width), height: along(height), scale };
}

/** All faces, in the picture's pixels. RGB. */
export async function findFaces(
  picture: PixelImage,
  detector: FaceDetector,
  pause: Pause,
): Promise<readonly Face[]> {
  const { width, height, scale } = detectionSize(picture);
  const faces = await detector.detect(await resizeLanczos4(picture, width, height, pause));
  const by = Math.fround(scale);
  const scaled = ({ x, y }: Point): Point => ({ x: Math.fround(x * by), y: Math.fround(y * by) });
  return faces.map(({ box, score, landmarks: [left, right, nose, mouthLeft, mouthRight] }) => ({
    box: { left: box.left * by, top: box.top * by, right: box.right * by, bottom: box.bottom * by },
    score,
    landmarks: [scaled(left), scaled(right), scaled(nose), scaled(mouthLeft), scaled(mouthRight)],
  }));
}

/** Whether a face is worth restoring. */
export function isLargeEnough({ landmarks: [left, right] }: Face): boolean {
  return Math.hypot(left.x - right.x, left.y - right.y) >= MIN_EYE_DISTANCE;
}

/** Null where the landmarks tell of no face. `size`: of the square's sides, in pixels. */
export async function alignFace(
  picture: PixelImage,
  landmarks: readonly Point[],
  pause: Pause,
  size = FACE_SIZE,
): Promise<AlignedFace | null> {
  const by = size / FACE_SIZE;
  const template = TEMPLATE.map(({ x, y }) => ({ x: x * by, y: y * by }));
  const map = similarityTo(landmarks, template);
  if (!map) return null;
  const area = { left: 0, top: 0, right: size, bottom: size };
  return { image: await warpAffine(picture, map, area, BORDER, pause), map };
}
