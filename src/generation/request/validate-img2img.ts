// Whether img2img and inpainting can be carried out as asked: the bounds of A1111's controls, and what to say where one is
// overstepped.
import { DENOISING_BOUNDS, SOFT_INPAINTING_BOUNDS, SOFT_INPAINTING_NAMES } from './bounds.ts';
import { MAX_FILE_BYTES } from '../../image/metadata.ts';
import { RESIZE_MODES } from '../../image/resize-modes.ts';
import { choiceProblems, numberProblems } from './problems.ts';
import {
  INPAINT_AREAS,
  MASK_MODES,
  MASKED_CONTENTS,
  type GenerationParameters,
  type Img2Img,
  type Inpaint,
  type SoftInpainting,
} from './request.ts';
import type { SourcePicture } from './source-picture.ts';

/** What can be carried out where texts and programs ask for more than the sliders offer. */
const IMAGE_CFG_LIMITS = { min: -1000, max: 1000 };
const INPAINT_LIMITS = {
  maskBlur: { min: 0, max: 1024 },
  padding: { min: 0, max: 4096 },
};

export function img2imgProblems(img2img: Img2Img | null): string[] {
  if (img2img === null) return [];
  const { source, resizeMode, denoisingStrength, imageCfgScale, inpaint } = img2img;
  return [
    ...pictureProblems('picture', source),
    ...choiceProblems('Resize mode', resizeMode, RESIZE_MODES),
    ...numberProblems('Denoising strength', denoisingStrength, DENOISING_BOUNDS),
    ...numberProblems('Image CFG scale', imageCfgScale, IMAGE_CFG_LIMITS),
    ...(inpaint === null ? [] : inpaintProblems(inpaint)),
  ];
}

/** Several sources are those of one batch's pictures, one each. */
export function sourcesProblems({
  img2img,
  batchSize,
  script,
}: Pick<GenerationParameters, 'img2img' | 'batchSize' | 'script'>): string[] {
  const { source, others = [], inpaint = null } = img2img ?? {};
  if (others.length === 0) return [];
  const sizes = [source, ...others].map((picture) => JSON.stringify(picture?.size));
  return [
    ...others.flatMap((other) => pictureProblems('picture', other)),
    ...(batchSize === others.length + 1
      ? []
      : [
          `There are ${others.length + 1} pictures for img2img; Batch size must be as many, or there must be one.`,
        ]),
    ...(script ? ['A script of img2img takes one picture.'] : []),
    ...(inpaint?.inpaintArea === 'Only masked' && new Set(sizes).size > 1
      ? ['"Only masked" takes several pictures only where they have one size.']
      : []),
  ];
}

function inpaintProblems(inpaint: Inpaint): string[] {
  const {
    mask,
    maskBlur,
    maskBlurDown = maskBlur,
    maskMode,
    maskedContent,
    inpaintArea,
    padding,
    soft,
  } = inpaint;
  return [
    ...pictureProblems('mask', mask),
    ...[...new Set([maskBlur, maskBlurDown])].flatMap((blur) =>
      numberProblems('Mask blur', blur, INPAINT_LIMITS.maskBlur),
    ),
    ...choiceProblems('Mask mode', maskMode, MASK_MODES),
    ...choiceProblems('Masked content', maskedContent, MASKED_CONTENTS),
    ...choiceProblems('Inpaint area', inpaintArea, INPAINT_AREAS),
    ...numberProblems('Only masked padding', padding, INPAINT_LIMITS.padding, true),
    ...(soft === null ? [] : softProblems(soft)),
  ];
}

function softProblems(soft: SoftInpainting): string[] {
  return (Object.keys(SOFT_INPAINTING_BOUNDS) as (keyof SoftInpainting)[]).flatMap((key) =>
    numberProblems(SOFT_INPAINTING_NAMES[key], soft[key], SOFT_INPAINTING_BOUNDS[key]),
  );
}

function pictureProblems(what: string, picture: SourcePicture): string[] {
  const problems: string[] = [];
  if (!(picture?.file instanceof Blob) || picture.file.size > MAX_FILE_BYTES)
    problems.push(`The ${what} for img2img is missing or too large; choose another.`);
  if (!/^[0-9a-f]{64}$/.test(picture?.sha256))
    problems.push(`The ${what} for img2img has no sound SHA-256; choose it again.`);
  return problems;
}
