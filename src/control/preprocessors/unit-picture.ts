// Which picture a unit works on (scripts/controlnet.py of sd-webui-controlnet 1.1.455: choose_input_image, prepare_mask,
// try_crop_image_with_a1111_mask).
import { ImageError } from '../../image/errors.ts';
import { inverted, type Mask } from '../../image/mask.ts';
import { blurMask } from '../../image/mask-blur.ts';
import { expandRegion, maskedRegion, type Region } from '../../image/masked-region.ts';
import { crop } from '../../image/paste.ts';
import type { Pause } from '../../image/pause.ts';
import type { Size } from '../../image/picture-file.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { resizeToFit, type ResizeMode } from '../../image/resize-modes.ts';
import type { Raster } from '../../image/resize.ts';
import { asRgb, greyAsRgb } from './hint.ts';
import type { HintResizeMode } from './hint-resize-modes.ts';

/** Masks that are nowhere lighter, or nowhere darker, say nothing. */
const [NOTHING, EVERYTHING] = [5, 250];

/**
 * Where `painted`, the picture with the mask as its fourth channel (nothing without one). Elsewhere the picture, unless something is
 * drawn in the mask: then it is the drawing. @throws ImageError where the mask has another size.
 */
export function unitPicture(picture: PixelImage, mask: Mask | null, painted: boolean): PixelImage {
  const rgb = asRgb(picture);
  if (mask && (mask.width !== rgb.width || mask.height !== rgb.height)) {
    throw new ImageError(
      `The mask has ${mask.width} x ${mask.height} pixels, the picture ${rgb.width} x ${rgb.height}. Draw the mask again.`,
    );
  }
  if (painted) return withMask(rgb, mask);
  const isDrawn =
    mask && mask.data.some((value) => value > NOTHING) && mask.data.some((value) => value < EVERYTHING);
  return isDrawn ? greyAsRgb({ ...mask, data: Uint8Array.from(mask.data) }) : rgb;
}

/** RGBA whose fourth channel is the mask; black without one. */
function withMask({ width, height, channels, data }: Raster, mask: Mask | null): PixelImage {
  const out = new Uint8Array(4 * width * height);
  for (let i = 0; i < width * height; i += 1) {
    out.set(data.subarray(i * channels, i * channels + 3), 4 * i);
    out[4 * i + 3] = mask ? mask.data[i]! : 0;
  }
  return { width, height, channels: 4, data: out };
}

/** What img2img's own mask is for units. */
export async function preparedMask(mask: Mask, blur: number, invert: boolean, pause: Pause): Promise<Mask> {
  return blurMask(invert ? inverted(mask) : mask, blur, blur, pause);
}

const RESIZE_MODES: Readonly<Record<HintResizeMode, ResizeMode>> = {
  'Just Resize': 'Just resize',
  'Crop and Resize': 'Crop and resize',
  'Resize and Fill': 'Resize and fill',
};

/**
 * The part of a unit's picture that "Only masked" paints, at the size it is painted in. `mask`: prepared. `picture`: three channels,
 * or four with a mask of its own. @throws ImageError for a picture that is too narrow.
 */
export function croppedToMask(
  picture: PixelImage,
  mask: Mask,
  padding: number,
  target: Size,
  mode: HintResizeMode,
): PixelImage {
  const region = maskedRegion(mask, padding);
  if (!region) return picture;
  const part = expandRegion(region, target, mask);
  const cutOut = (raster: Raster): Raster => cropped(raster, mask, part, target, mode);
  const colours = asRgb({ ...picture, channels: 3, data: channelsOf(picture, 3) });
  const made = cutOut(colours);
  if (picture.channels === 3) return { ...made, channels: 3 };
  const own = cutOut({ ...picture, channels: 1, data: channelsOf(picture, 1) });
  return withMask(made, { ...own, channels: 1 });
}

function cropped(raster: Raster, mask: Size, part: Region, target: Size, mode: HintResizeMode): Raster {
  const { left, top, right, bottom } = part;
  const sized = resizeToFit(raster, RESIZE_MODES[mode], mask.width, mask.height);
  const cut = crop(sized, left, top, right - left, bottom - top);
  return resizeToFit(cut, 'Resize and fill', target.width, target.height);
}

/** The first three channels, or the last one of four. */
function channelsOf({ channels, data }: PixelImage, count: 1 | 3): Uint8Array<ArrayBuffer> {
  const first = count === 3 ? 0 : 3;
  const out = new Uint8Array((data.length / channels) * count);
  for (let i = 0; i < out.length; i += 1)
    out[i] = data[Math.floor(i / count) * channels + first + (i % count)]!;
  return out;
}

/** A picture with its mask as the extension shows it: what is painted is half transparent. */
export function maskShown(painted: PixelImage): PixelImage {
  if (painted.channels === 3) return painted;
  const data = painted.data.slice();
  for (let i = 3; i < data.length; i += 4) data[i] = 255 - (data[i]! >> 1);
  return { ...painted, data };
}
