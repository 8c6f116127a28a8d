// What parameters texts say of img2img. A1111 tells the denoising strength alone; a resize mode that is not its default, and which
// picture it was, are told under keys of our own. Of a mask: inpaint-text.ts.
import { RESIZE_MODES, type ResizeMode } from '../../image/resize-modes.ts';
import { hiresFromText } from './hires-text.ts';
import type { Infotext } from './infotext/parse.ts';
import type { InfotextScalar } from './infotext/quote.ts';
import { INPAINT_FIELDS, inpaintFromText, inpaintToText, type ToldInpaint } from './inpaint-text.ts';
import { DEFAULT_IMG2IMG, type Img2Img } from './request.ts';
import { masksItself } from './script.ts';
import { scriptFromText } from './script-text.ts';
import { numberFromText } from './settings-text.ts';
import { hashFromText, hashToText } from './source-picture.ts';

const STRENGTH = 'Denoising strength';
const RESIZE_MODE = 'Resize mode';
const SOURCE = 'Init image SHA256';
/** Has a place of its own in the text (infotext/create.ts). */
const IMAGE_CFG_SCALE = 'Image CFG scale';

/** Fields that are read of an img2img text, and which of their values are. */
export const IMG2IMG_FIELDS: readonly (readonly [name: string, reads: (value: string) => boolean])[] = [
  [STRENGTH, (value) => numberFromText(value) !== null],
  [RESIZE_MODE, (value) => RESIZE_MODES.some((mode) => mode === value)],
  [SOURCE, (value) => hashFromText(value) !== null],
  [IMAGE_CFG_SCALE, (value) => numberFromText(value) !== null],
  ...INPAINT_FIELDS,
];

export function img2imgToText({
  source,
  resizeMode,
  denoisingStrength,
  inpaint,
}: Img2Img): Readonly<Record<string, InfotextScalar>> {
  return {
    [STRENGTH]: denoisingStrength,
    ...(resizeMode !== DEFAULT_IMG2IMG.resizeMode && { [RESIZE_MODE]: resizeMode }),
    [SOURCE]: hashToText(source),
    ...(inpaint && inpaintToText(inpaint)),
  };
}

/** What a text tells of the request's `img2img`. */
export interface ToldImg2Img {
  readonly denoisingStrength: number;
  readonly resizeMode: ResizeMode;
  readonly imageCfgScale: number;
  /** How the SHA-256 of the source picture begins; null where the text does not tell, as A1111's do not. */
  readonly sourceHash: string | null;
  /** Null where all of it was painted over, or a script has masked it. */
  readonly inpaint: ToldInpaint | null;
}

/** Null for the text of a picture that was not made by img2img. Hires fix has a denoising strength, too. */
export function img2imgFromText(infotext: Infotext): ToldImg2Img | null {
  const denoisingStrength = numberFromText(infotext[STRENGTH]);
  if (denoisingStrength === null || hiresFromText(infotext)) return null;
  const mode = RESIZE_MODES.find((known) => known === infotext[RESIZE_MODE]);
  return {
    denoisingStrength,
    resizeMode: mode ?? DEFAULT_IMG2IMG.resizeMode,
    imageCfgScale: numberFromText(infotext[IMAGE_CFG_SCALE]) ?? DEFAULT_IMG2IMG.imageCfgScale,
    sourceHash: hashFromText(infotext[SOURCE]),
    inpaint: masksItself(scriptFromText(infotext)) ? null : inpaintFromText(infotext),
  };
}
