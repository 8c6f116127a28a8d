// All faces of a picture restored, as A1111 does it (modules/face_restoration_utils.py, restore_with_face_helper): found, turned
// upright, restored one by one, and laid over the picture.
import type { Pause } from '../../image/pause.ts';
import { pixelsToVaeInput, vaeOutputToPixels, withoutAlpha, type PixelImage } from '../../image/pixels.ts';
import type { Planes } from '../../image/tiles.ts';
import { alignFace, findFaces, isLargeEnough, type AlignedFace } from './align.ts';
import {
  FACE_SIZE,
  type Face,
  type FaceDetector,
  type FaceParser,
  type FaceRestorer,
  type RestorerName,
} from './face.ts';
import { parsedMask, placedMask, placedSquare } from './face-mask.ts';
import { pasteFaces } from './paste-faces.ts';

export interface FaceNetworks {
  readonly detector: FaceDetector;
  readonly restorer: FaceRestorer;
  /** Null where there is none: squares with soft edges are pasted. */
  readonly parser: FaceParser | null;
}

/** Faces of whole pictures, by networks that are found where they are needed. */
export interface FaceTools {
  /** `weight`: CodeFormer's, 0..1. Rejects where the networks are not there. */
  readonly restore: (picture: PixelImage, by: RestorerName, weight: number) => Promise<PixelImage>;
  /** In the picture's pixels. None where nothing is there that finds faces. */
  readonly find: (picture: PixelImage) => Promise<readonly Face[]>;
}

export interface FaceWork {
  readonly pause: Pause;
  /** Called before each face, from 0 on, and when all are restored. What it throws ends the work. */
  readonly onFace?: (index: number, count: number) => void | Promise<void>;
}

/** The same picture where there is no face. An alpha channel stays as it is. */
export async function restoreFaces(
  picture: PixelImage,
  { detector, restorer, parser }: FaceNetworks,
  { pause, onFace }: FaceWork,
): Promise<PixelImage> {
  const opaque = withoutAlpha(picture);
  const found = (await findFaces(opaque, detector, pause)).filter(isLargeEnough);
  const restored: AlignedFace[] = [];
  for (const [index, { landmarks }] of found.entries()) {
    await onFace?.(index, found.length);
    const face = await alignFace(opaque, landmarks, pause);
    if (face) restored.push({ ...face, image: toPixels(await restorer.restore(toPlanes(face.image))) });
  }
  if (restored.length === 0) return picture;
  await onFace?.(found.length, found.length);
  const pasted = await pasteFaces(
    opaque,
    restored,
    async (face, back, size) => {
      if (!parser) return placedSquare(FACE_SIZE, back, size, pause);
      return placedMask(await parsedMask(await parser.parse(toPlanes(face)), pause), back, size, pause);
    },
    pause,
  );
  return picture.channels === 4 ? withAlphaOf(pasted, picture) : pasted;
}

/** [3, height, width], -1..1. */
export function toPlanes(image: PixelImage): Planes {
  const { width, height } = image;
  return { data: pixelsToVaeInput(image), channels: 3, height, width };
}

/** Clamped, truncated. */
export function toPixels({ data, width, height }: Planes): PixelImage {
  return vaeOutputToPixels(data, width, height);
}

function withAlphaOf(colours: PixelImage, { data: before }: PixelImage): PixelImage {
  const data = new Uint8Array(before);
  for (let i = 0; i < colours.width * colours.height; i += 1)
    data.set(colours.data.subarray(3 * i, 3 * i + 3), 4 * i);
  return { ...colours, channels: 4, data };
}
