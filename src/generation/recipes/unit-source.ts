// Which picture a ControlNet unit works on: its own, or img2img's with the mask of that (scripts/controlnet.py of sd-webui-controlnet
// 1.1.455, choose_input_image).
import type { HintResizeMode } from '../../control/preprocessors/hint-resize-modes.ts';
import { preparedMask } from '../../control/preprocessors/unit-picture.ts';
import { greyOf, maskOf, type Mask } from '../../image/mask.ts';
import type { Pause } from '../../image/pause.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { readPicture } from '../../image/read-picture.ts';
import type { Raster } from '../../image/resize.ts';
import type { ResizeMode } from '../../image/resize-modes.ts';
import { BadParametersError } from '../../runtime/errors.ts';
import type { ControlUnit } from '../request/control-unit.ts';
import type { Img2Img } from '../request/request.ts';

/** Of the web UI's, where a unit takes img2img's picture. */
const RESIZE_MODES: Readonly<Record<ResizeMode, HintResizeMode>> = {
  'Just resize': 'Just Resize',
  'Crop and resize': 'Crop and Resize',
  'Resize and fill': 'Resize and Fill',
  'Just resize (latent upscale)': 'Just Resize',
};

export interface SourceMeans {
  readonly pause: Pause;
  readonly start: PassPictures | null;
}

export interface UnitPicture {
  readonly picture: PixelImage;
  readonly mask: Mask | null;
  readonly resizeMode: HintResizeMode;
}

/** What img2img starts from where that is not what the request has: in a script's pass. */
export interface PassPictures {
  readonly source: PixelImage;
  /** White is what is masked; null where all is painted. */
  readonly mask: Raster | null;
}

/** `painted`: img2img's mask counts as the unit's. */
export async function pictureOf(
  unit: ControlUnit,
  img2img: Img2Img | null,
  painted: boolean,
  { pause, start }: SourceMeans,
): Promise<UnitPicture> {
  if (unit.picture) {
    const picture = await readPicture(unit.picture.file);
    const mask = unit.mask && greyOf(await readPicture(unit.mask.file));
    return { picture, mask, resizeMode: unit.resizeMode };
  }
  if (!img2img) {
    throw new BadParametersError(
      'A ControlNet unit has no picture. Choose one for it; only in img2img it can do with the source.',
    );
  }
  const picture = start?.source ?? (await readPicture(img2img.source.file));
  const mask = painted && img2img.inpaint ? await maskOfRequest(img2img.inpaint, { pause, start }) : null;
  return { picture, mask, resizeMode: RESIZE_MODES[img2img.resizeMode] };
}

export async function maskOfRequest(
  inpaint: NonNullable<Img2Img['inpaint']>,
  { pause, start }: SourceMeans,
): Promise<Mask> {
  const mask = maskOf(start?.mask ?? (await readPicture(inpaint.mask.file)));
  return preparedMask(mask, inpaint.maskBlur, inpaint.maskMode === 'Inpaint not masked', pause);
}
