// The arguments of `npm run generate` that say what is painted over: img2img and inpainting.
import { existsSync, readFileSync } from 'node:fs';
import {
  DEFAULT_IMG2IMG,
  DEFAULT_INPAINT,
  DEFAULT_SOFT_INPAINTING,
  INPAINT_AREAS,
  MASK_MODES,
  MASKED_CONTENTS,
  type Img2Img,
  type Inpaint,
} from '../src/generation/request/request.ts';
import { sourcePicture, type SourcePicture } from '../src/generation/request/source-picture.ts';
import { RESIZE_MODES } from '../src/image/resize-modes.ts';
import { UsageError } from './usage-error.ts';

export const IMG2IMG_HELP = `img2img
  --init-image FILE    picture to be painted over (PNG, JPEG, WebP, AVIF, GIF)
  --denoising N        how far from it one may go, 0 to 1 (${DEFAULT_IMG2IMG.denoisingStrength})
  --resize-mode NAME   how it comes to the size (${DEFAULT_IMG2IMG.resizeMode}); others: ${RESIZE_MODES.slice(1, 3).join(', ')},
                       ${RESIZE_MODES[3]}
  --image-cfg N        how closely InstructPix2Pix models keep to it (${DEFAULT_IMG2IMG.imageCfgScale})

Inpaint (with --init-image)
  --mask FILE          white where it is painted; of a picture with transparency, what is not transparent
  --mask-blur N        in pixels, 0 to 64 (${DEFAULT_INPAINT.maskBlur})
  --mask-mode NAME     ${MASK_MODES[0]}, or ${MASK_MODES[1]} (${DEFAULT_INPAINT.maskMode})
  --masked-content NAME  what it begins with: ${MASKED_CONTENTS.join(', ')} (${DEFAULT_INPAINT.maskedContent})
  --inpaint-area NAME  ${INPAINT_AREAS[0]}, or ${INPAINT_AREAS[1]}, at the full size (${DEFAULT_INPAINT.inpaintArea})
  --padding N          pixels around what is masked that are painted with it, 0 to 256 (${DEFAULT_INPAINT.padding})
  --soft-inpainting    keeps of half masked parts what changes little
`;

const text = { type: 'string' } as const;
/** As parseArgs takes them. */
export const IMG2IMG_OPTIONS = {
  'init-image': text,
  denoising: text,
  'resize-mode': text,
  'image-cfg': text,
  mask: text,
  'mask-blur': text,
  'mask-mode': text,
  'masked-content': text,
  'inpaint-area': text,
  padding: text,
  'soft-inpainting': { type: 'boolean' },
} as const;

const OF_MASKS = [
  'mask-blur',
  'mask-mode',
  'masked-content',
  'inpaint-area',
  'padding',
  'soft-inpainting',
] as const;
const OF_SOURCES = ['denoising', 'resize-mode', 'image-cfg', 'mask', ...OF_MASKS] as const;

/** What parseArgs gives. */
export type Img2ImgValues = {
  readonly [Name in Exclude<keyof typeof IMG2IMG_OPTIONS, 'soft-inpainting'>]?: string | undefined;
} & { readonly 'soft-inpainting'?: boolean | undefined };

interface Reader {
  /** A path, meant from where the person is. */
  at(path: string): string;
  /** A number, or what stands in its place. */
  number(name: string, value: string | undefined, fallback: number): number;
}

/** Null without a source. Rejects with UsageError. */
export async function readImg2Img(values: Img2ImgValues, reader: Reader): Promise<Img2Img | null> {
  const file = values['init-image'];
  if (file === undefined) {
    const stray = OF_SOURCES.find((name) => values[name] !== undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} goes with --init-image.`);
    return null;
  }
  return {
    source: await readPictureFile(reader.at(file)),
    resizeMode: named('resize-mode', values['resize-mode'], RESIZE_MODES, DEFAULT_IMG2IMG.resizeMode),
    denoisingStrength: reader.number('denoising', values.denoising, DEFAULT_IMG2IMG.denoisingStrength),
    imageCfgScale: reader.number('image-cfg', values['image-cfg'], DEFAULT_IMG2IMG.imageCfgScale),
    inpaint: await readInpaint(values, reader),
  };
}

async function readInpaint(values: Img2ImgValues, { at, number }: Reader): Promise<Inpaint | null> {
  if (values.mask === undefined) {
    const stray = OF_MASKS.find((name) => values[name] !== undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} goes with --mask.`);
    return null;
  }
  const standard = DEFAULT_INPAINT;
  return {
    mask: await readPictureFile(at(values.mask)),
    maskBlur: number('mask-blur', values['mask-blur'], standard.maskBlur),
    maskMode: named('mask-mode', values['mask-mode'], MASK_MODES, standard.maskMode),
    maskedContent: named('masked-content', values['masked-content'], MASKED_CONTENTS, standard.maskedContent),
    inpaintArea: named('inpaint-area', values['inpaint-area'], INPAINT_AREAS, standard.inpaintArea),
    padding: number('padding', values.padding, standard.padding),
    soft: values['soft-inpainting'] === true ? DEFAULT_SOFT_INPAINTING : null,
  };
}

/** Whatever the case. */
function named<C extends string>(
  name: string,
  value: string | undefined,
  choices: readonly C[],
  standard: C,
): C {
  if (value === undefined) return standard;
  const known = choices.find((choice) => choice.toLowerCase() === value.toLowerCase());
  if (known === undefined) throw new UsageError(`--${name} takes one of ${choices.join(', ')}.`);
  return known;
}

export async function readPictureFile(file: string): Promise<SourcePicture> {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  try {
    return await sourcePicture(new Blob([readFileSync(file)]));
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
