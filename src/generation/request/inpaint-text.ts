// What parameters texts say of inpainting: A1111's fields, which leave out what is at its default. Which mask it was, and a blur that
// differs from top to bottom, are told under keys of our own.
import type { Infotext } from './infotext/parse.ts';
import type { InfotextScalar } from './infotext/quote.ts';
import {
  DEFAULT_INPAINT,
  DEFAULT_SOFT_INPAINTING,
  INPAINT_AREAS,
  MASK_MODES,
  MASKED_CONTENTS,
  type Inpaint,
  type SoftInpainting,
} from './request.ts';
import { numberFromText } from './settings-text.ts';
import { hashFromText, hashToText } from './source-picture.ts';

const MASK = 'Mask SHA256';
const MODE = 'Mask mode';
const BLUR = 'Mask blur';
const BLUR_DOWN = 'Mask blur down';
const AREA = 'Inpaint area';
const PADDING = 'Masked area padding';
const CONTENT = 'Masked content';
const SOFT = 'Soft inpainting enabled';

/** In the order in which they are told. */
const SOFT_FIELDS = [
  ['scheduleBias', 'Soft inpainting schedule bias'],
  ['preservationStrength', 'Soft inpainting preservation strength'],
  ['transitionContrastBoost', 'Soft inpainting transition contrast boost'],
  ['maskInfluence', 'Soft inpainting mask influence'],
  ['differenceThreshold', 'Soft inpainting difference threshold'],
  ['differenceContrast', 'Soft inpainting difference contrast'],
] as const satisfies readonly (readonly [keyof SoftInpainting, string])[];

type Field = readonly [name: string, reads: (value: string) => boolean];

const isNumber = (value: string): boolean => numberFromText(value) !== null;
const oneOf =
  (choices: readonly string[]) =>
  (value: string): boolean =>
    choices.includes(value);

/** Fields that are read of an inpainting's text, and which of their values are. */
export const INPAINT_FIELDS: readonly Field[] = [
  [MASK, (value) => hashFromText(value) !== null],
  [MODE, oneOf(MASK_MODES)],
  [BLUR, isNumber],
  [BLUR_DOWN, isNumber],
  [AREA, oneOf(INPAINT_AREAS)],
  [PADDING, isNumber],
  [CONTENT, oneOf(MASKED_CONTENTS)],
  [SOFT, oneOf(['True', 'False'])],
  ...SOFT_FIELDS.map(([, name]): Field => [name, isNumber]),
];

export function inpaintToText({
  mask,
  maskMode,
  maskBlur,
  maskBlurDown = maskBlur,
  inpaintArea,
  padding,
  maskedContent,
  soft,
}: Inpaint): Readonly<Record<string, InfotextScalar>> {
  const whole = inpaintArea === DEFAULT_INPAINT.inpaintArea;
  return {
    ...(soft && { [SOFT]: true, ...Object.fromEntries(SOFT_FIELDS.map(([key, name]) => [name, soft[key]])) }),
    ...(maskMode !== DEFAULT_INPAINT.maskMode && { [MODE]: maskMode }),
    ...((maskBlur > 0 || maskBlurDown > 0) && { [BLUR]: maskBlur }),
    ...(maskBlurDown !== maskBlur && { [BLUR_DOWN]: maskBlurDown }),
    ...(!whole && { [AREA]: inpaintArea, [PADDING]: padding }),
    ...(maskedContent !== DEFAULT_INPAINT.maskedContent && { [CONTENT]: maskedContent }),
    [MASK]: hashToText(mask),
  };
}

/** What a text tells of the request's `inpaint`. */
export interface ToldInpaint extends Omit<Inpaint, 'mask'> {
  /** How the SHA-256 of the mask begins; null where the text does not tell, as A1111's do not. */
  readonly maskHash: string | null;
}

/** Null for the text of a picture that was painted over as a whole, or says nothing of a mask. */
export function inpaintFromText(infotext: Infotext): ToldInpaint | null {
  const chosen = <C extends string>(name: string, choices: readonly C[], standard: C): C =>
    choices.find((choice) => choice === infotext[name]) ?? standard;
  const blur = numberFromText(infotext[BLUR]);
  const told = {
    maskHash: hashFromText(infotext[MASK]),
    // A blur of 0 is not told.
    maskBlur: blur ?? 0,
    ...blurDownFromText(infotext),
    maskMode: chosen(MODE, MASK_MODES, DEFAULT_INPAINT.maskMode),
    maskedContent: chosen(CONTENT, MASKED_CONTENTS, DEFAULT_INPAINT.maskedContent),
    inpaintArea: chosen(AREA, INPAINT_AREAS, DEFAULT_INPAINT.inpaintArea),
    padding: numberFromText(infotext[PADDING]) ?? DEFAULT_INPAINT.padding,
    soft: softFromText(infotext),
  };
  const { maskHash, maskMode, maskedContent, inpaintArea, soft } = told;
  // The parser fills in what is at its default.
  const masked =
    maskHash !== null ||
    blur !== null ||
    soft !== null ||
    maskMode !== DEFAULT_INPAINT.maskMode ||
    maskedContent !== DEFAULT_INPAINT.maskedContent ||
    inpaintArea !== DEFAULT_INPAINT.inpaintArea;
  return masked ? told : null;
}

function blurDownFromText(infotext: Infotext): Pick<Inpaint, 'maskBlurDown'> {
  const blur = numberFromText(infotext[BLUR_DOWN]);
  return blur === null ? {} : { maskBlurDown: blur };
}

function softFromText(infotext: Infotext): SoftInpainting | null {
  if (infotext[SOFT] !== 'True') return null;
  const read = SOFT_FIELDS.flatMap(([key, name]) => {
    const value = numberFromText(infotext[name]);
    return value === null ? [] : [[key, value] as const];
  });
  return { ...DEFAULT_SOFT_INPAINTING, ...Object.fromEntries(read) };
}
