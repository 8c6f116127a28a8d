// What the steps of the Extras tab have in common.
import type { Size } from '../image/picture-file.ts';
import type { PixelImage } from '../image/pixels.ts';
import type { ColorizerChoice, ExtrasRequest, StepName } from './extras-request.ts';
import type { FaceTools } from './faces/restore-faces.ts';
import type { Upscale } from './upscale.ts';

/** What was done to a picture, for its text: A1111's names of fields, in the order they were first said. */
export type ExtrasInfo = ReadonlyMap<string, string | number>;

export interface WorkedPicture {
  readonly image: PixelImage;
  readonly info: ExtrasInfo;
}

export type Colorize = (picture: PixelImage, colorizer: ColorizerChoice) => Promise<PixelImage>;

/** What a step may use. */
export interface ExtrasMeans {
  /** Of the picture that Recolor takes colours from; null where none is asked for. */
  readonly colors: PixelImage | null;
  /** By a network of the library. */
  readonly colorize: Colorize;
  readonly upscale: Upscale;
  readonly faces: FaceTools;
  /** What pictures are cut to, from the request and the source's size; null where it names no size. */
  readonly target: Size | null;
}

export interface ExtrasStep {
  readonly name: StepName;
  isOn(request: ExtrasRequest): boolean;
  /** The picture as it goes on, first, and those that are made beside it. */
  process(
    picture: WorkedPicture,
    request: ExtrasRequest,
    means: ExtrasMeans,
  ): Promise<readonly [WorkedPicture, ...WorkedPicture[]]> | readonly [WorkedPicture, ...WorkedPicture[]];
}
