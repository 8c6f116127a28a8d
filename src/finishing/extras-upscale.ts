// The Extras tab's Upscale (scripts/postprocessing_upscale.py): by a factor or to a size, by one upscaler or a blend of two.
import { mixed } from '../image/mix.ts';
import { blank, paste } from '../image/paste.ts';
import type { Size } from '../image/picture-file.ts';
import { withoutAlpha, type PixelImage } from '../image/pixels.ts';
import type { UpscalerName } from '../image/upscale.ts';
import type { UpscaleRequest } from './extras-request.ts';
import type { ExtrasStep } from './extras-step.ts';
import type { Upscale } from './upscale.ts';

type Info = Map<string, string | number>;

export const upscaleStep: ExtrasStep = {
  name: 'Upscale',
  isOn: ({ upscale }) => upscale.on && upscale.upscaler1 !== 'None',
  async process({ image, info }, { upscale: request }, { upscale }) {
    const { upscaler1, upscaler2, upscaler2Visibility: visibility } = request;
    const said: Info = new Map(info);
    const first = await enlarge(image, upscaler1, request, upscale, said);
    said.set('Postprocess upscaler', upscaler1);
    if (upscaler2 === 'None' || visibility <= 0) return [{ image: first, info: said }];
    const second = await enlarge(image, upscaler2, request, upscale, said);
    said.set('Postprocess upscaler 2', upscaler2);
    return [{ image: mixed(first, second, visibility), info: said }];
  },
};

/** What later steps cut to, whether this one is on or not. A1111 knows none for 'Scale by' without a limit of the sides. */
export function targetSize({ width, height }: Size, request: UpscaleRequest): Size | null {
  const { mode, scale, maxSideLength } = request;
  const target =
    mode === 'Scale to'
      ? { width: request.width, height: request.height }
      : limited({ width: Math.trunc(width * scale), height: Math.trunc(height * scale) }, maxSideLength);
  return target.width > 0 && target.height > 0 ? target : null;
}

/** As it is, or with the longer side at the limit; nothing is left of it with a limit of 0. */
export function limited({ width, height }: Size, limit: number): Size {
  if (height > width && height > limit) return { width: Math.floor((limit * width) / height), height: limit };
  if (width > limit) return { width: limit, height: Math.floor((limit * height) / width) };
  return { width: Math.trunc(width), height: Math.trunc(height) };
}

async function enlarge(
  image: PixelImage,
  upscaler: UpscalerName,
  { mode, scale, maxSideLength, crop, ...asked }: UpscaleRequest,
  upscale: Upscale,
  info: Info,
): Promise<PixelImage> {
  const toSize = ({ width, height }: Size): Promise<PixelImage> =>
    upscale(image, upscaler, Math.max(width / image.width, height / image.height));
  if (mode === 'Scale to') {
    info.set('Postprocess upscale to', sizeText(asked));
    const large = await toSize(asked);
    if (!crop) return large;
    info.set('Postprocess crop to', sizeText(asked));
    return inTheMiddle(large, asked);
  }
  info.set('Postprocess upscale by', scale);
  if (maxSideLength === 0 || Math.max(image.width, image.height) * scale <= maxSideLength)
    return upscale(image, upscaler, scale);
  info.set('Max side length', maxSideLength);
  return toSize(limited({ width: image.width * scale, height: image.height * scale }, maxSideLength));
}

/** Sides are multiples of 8 and may fall short of the size: the rest is black. RGB. */
function inTheMiddle(image: PixelImage, { width, height }: Size): PixelImage {
  const canvas = blank({ ...image, channels: 3 as const }, width, height);
  const [left, top] = [half(width) - half(image.width), half(height) - half(image.height)];
  paste(canvas, withoutAlpha(image), left, top);
  return canvas;
}

const half = (side: number): number => Math.floor(side / 2);
const sizeText = ({ width, height }: Size): string => `${width}x${height}`;
