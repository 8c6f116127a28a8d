// What hires fix makes of a request: the size it comes to, and the parameters of its second pass (A1111 modules/processing.py,
// StableDiffusionProcessingTxt2Img.calculate_target_resolution and sample_hr_pass).
import type { Size } from '../../image/picture-file.ts';
import type { GenerationParameters, Hires } from './request.ts';
import { tokenMergingOfSecondPass } from './token-merging.ts';

/** Pixels of a latent's cell. */
const CELL = 8;

export interface HiresSize {
  /** What the first pass is enlarged to, in pixels of any number. SDXL is told this size. */
  readonly enlarged: Size;
  /** What is cut off of that, in cells. */
  readonly cut: Size;
  /** What is left: the picture, in pixels, multiples of 8. */
  readonly picture: Size;
}

type Asked = Pick<Hires, 'scale' | 'resizeWidth' | 'resizeHeight'>;

/** `first`: the request's size. Where both sides are given, the shape is theirs: what overlaps is cut off. */
export function hiresSize(first: Size, asked: Asked): HiresSize {
  const enlarged = enlargedSize(first, asked);
  const { resizeWidth, resizeHeight } = asked;
  const both = resizeWidth > 0 && resizeHeight > 0;
  const cut = {
    width: both ? cellsOver(enlarged.width, resizeWidth) : 0,
    height: both ? cellsOver(enlarged.height, resizeHeight) : 0,
  };
  const left = (side: 'width' | 'height') => CELL * (Math.floor(enlarged[side] / CELL) - cut[side]);
  return { enlarged, cut, picture: { width: left('width'), height: left('height') } };
}

/** Rounding may leave a side a pixel short, for which A1111 cuts off nearly all of it. */
function cellsOver(side: number, wanted: number): number {
  return Math.max(0, Math.floor((side - wanted) / CELL));
}

function enlargedSize({ width, height }: Size, { scale, resizeWidth, resizeHeight }: Asked): Size {
  if (resizeWidth === 0 && resizeHeight === 0)
    return { width: Math.trunc(width * scale), height: Math.trunc(height * scale) };
  const toWidth = { width: resizeWidth, height: Math.floor((resizeWidth * height) / width) };
  const toHeight = { width: Math.floor((resizeHeight * width) / height), height: resizeHeight };
  if (resizeHeight === 0) return toWidth;
  if (resizeWidth === 0) return toHeight;
  return width / height < resizeWidth / resizeHeight ? toWidth : toHeight;
}

/** The size of a request's pictures, in pixels. */
export function pictureSize({
  width,
  height,
  hires,
}: Size & Partial<Pick<GenerationParameters, 'hires'>>): Size {
  return hires ? hiresSize({ width, height }, hires).picture : { width, height };
}

/** The second pass as a request of its own, in its own size. */
export function secondPass(parameters: GenerationParameters, hires: Hires): GenerationParameters {
  return {
    ...parameters,
    ...hiresSize(parameters, hires).picture,
    steps: hires.steps || parameters.steps,
    sampler: hires.sampler ?? parameters.sampler,
    scheduler: hires.scheduler ?? parameters.scheduler,
    cfgScale: hires.cfgScale ?? parameters.cfgScale,
    prompt: hires.prompt || parameters.prompt,
    negativePrompt: hires.negativePrompt || parameters.negativePrompt,
    settings: { ...parameters.settings, tokenMergingRatio: tokenMergingOfSecondPass(parameters) },
  };
}
