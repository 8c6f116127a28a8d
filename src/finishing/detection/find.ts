// Things found in pictures, whatever finds them.
import type { PixelImage } from '../../image/pixels.ts';
import type { Raster } from '../../image/resize.ts';

/** Left, top, right, bottom, in pixels of the picture and parts of them. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

export interface Find {
  readonly box: Box;
  /** 0..1: how sure the detector is. */
  readonly confidence: number;
  /** What it is, in the detector's word. */
  readonly name: string;
  /** Grey, of the picture's size: 255 where it is. Absent where only the box is known. */
  readonly mask?: () => Raster;
}

export interface Detector {
  /** What it is surer of than `confidence`, the surest first. */
  detect(picture: PixelImage, confidence: number): Promise<readonly Find[]>;
}
