// What parameters texts say of img2img. A1111 tells the denoising strength alone; a resize mode that is not its default, and which
// picture it was, are told under keys of our own.
import { RESIZE_MODES, type ResizeMode } from '../../image/resize-modes.ts';
import type { Infotext } from './infotext/parse.ts';
import type { InfotextScalar } from './infotext/quote.ts';
import { DEFAULT_IMG2IMG, type Img2Img } from './request.ts';
import { numberFromText } from './settings-text.ts';

const STRENGTH = 'Denoising strength';
const RESIZE_MODE = 'Resize mode';
const SOURCE = 'Init image SHA256';

/** Hex digits of the source's SHA-256 that are told. */
const HASH_DIGITS = 10;

/** Fields that are read of an img2img text, and which of their values are. */
export const IMG2IMG_FIELDS: readonly (readonly [name: string, reads: (value: string) => boolean])[] = [
  [STRENGTH, (value) => numberFromText(value) !== null],
  [RESIZE_MODE, (value) => RESIZE_MODES.some((mode) => mode === value)],
  [SOURCE, (value) => /^[0-9a-f]+$/.test(value)],
];

export function img2imgToText({
  source,
  resizeMode,
  denoisingStrength,
}: Img2Img): Readonly<Record<string, InfotextScalar>> {
  return {
    [STRENGTH]: denoisingStrength,
    ...(resizeMode !== DEFAULT_IMG2IMG.resizeMode && { [RESIZE_MODE]: resizeMode }),
    [SOURCE]: source.sha256.slice(0, HASH_DIGITS),
  };
}

/** What a text tells of the request's `img2img`. */
export interface ToldImg2Img {
  readonly denoisingStrength: number;
  readonly resizeMode: ResizeMode;
  /** How the SHA-256 of the source picture begins; null where the text does not tell, as A1111's do not. */
  readonly sourceHash: string | null;
}

/** Null for the text of a picture that was not made by img2img. Hires fix has a denoising strength, too. */
export function img2imgFromText(infotext: Infotext): ToldImg2Img | null {
  const denoisingStrength = numberFromText(infotext[STRENGTH]);
  // Sizes that a text does not tell are read as 0.
  const hires = ['Hires upscale', 'Hires upscaler', 'Hires resize-1'].some((key) => infotext[key]);
  if (denoisingStrength === null || hires) return null;
  const source = infotext[SOURCE];
  const mode = RESIZE_MODES.find((known) => known === infotext[RESIZE_MODE]);
  return {
    denoisingStrength,
    resizeMode: mode ?? DEFAULT_IMG2IMG.resizeMode,
    sourceHash: typeof source === 'string' && /^[0-9a-f]{6,64}$/.test(source) ? source : null,
  };
}
