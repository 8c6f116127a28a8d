// Faces in pictures, and the networks that find, restore and parse them. runtime/ has these networks; finishing/ is given them.
import type { PixelImage } from '../../image/pixels.ts';
import type { Planes } from '../../image/tiles.ts';

/** Pixels of the picture, from its top left corner; may lie between them, and outside of the picture. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** One face of a picture. */
export interface Face {
  /** Pixels of the picture. */
  readonly box: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
  /** 0..1: how sure the detector is. */
  readonly score: number;
  /** Of RetinaFace, in its order: the eye on the left of the picture, the one on the right, nose, both corners of the mouth. */
  readonly landmarks: readonly [Point, Point, Point, Point, Point];
}

/** Finds faces (RetinaFace, YuNet). */
export interface FaceDetector {
  /** Faces in the picture's own pixels, those that it is surest of first. The picture is taken at the size it has. */
  detect(picture: PixelImage): Promise<readonly Face[]>;
}

/** Sides of the square in which a face is restored and parsed, in pixels. */
export const FACE_SIZE = 512;

/** A1111's names of what restores faces. */
export type RestorerName = 'CodeFormer' | 'GFPGAN';

/** Makes a face better. */
export interface FaceRestorer {
  /** An aligned face, [3, 512, 512], red, green, blue, -1..1 -> the same, not clamped. */
  restore(face: Planes): Promise<Planes>;
}

/** Says of what an aligned face is made (ParseNet, BiSeNet of 19 labels). */
export interface FaceParser {
  /** [3, 512, 512], red, green, blue, -1..1 -> the label of every pixel, 0..18, row by row. */
  parse(face: Planes): Promise<Uint8Array>;
}
