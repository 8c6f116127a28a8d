// How the masked part is painted over, as the controls have it: soft inpainting keeps its sliders while it is off.
import { INPAINT_BOUNDS, SOFT_INPAINTING_BOUNDS } from '../generation/request/bounds.ts';
import {
  DEFAULT_INPAINT,
  DEFAULT_SOFT_INPAINTING,
  INPAINT_AREAS,
  MASK_MODES,
  MASKED_CONTENTS,
  type Inpaint,
  type SoftInpainting,
} from '../generation/request/request.ts';
import { snap } from './choices.ts';

export interface InpaintChoice extends Omit<Inpaint, 'mask' | 'soft'> {
  readonly softOn: boolean;
  readonly soft: SoftInpainting;
}

/** What a request carries of it. */
export function inpaintOf({ softOn, soft, ...choice }: InpaintChoice): Omit<Inpaint, 'mask'> {
  return { ...choice, soft: softOn ? soft : null };
}

/** What is not masked is painted over. */
export function isInverted({ maskMode }: InpaintChoice): boolean {
  return maskMode !== DEFAULT_INPAINT.maskMode;
}

/** What a text tells, with the sliders as they are where it tells nothing of them. */
export function choiceOf(told: Omit<Inpaint, 'mask'>, before: InpaintChoice): InpaintChoice {
  return parseInpaintChoice({ ...told, softOn: told.soft !== null, soft: told.soft ?? before.soft });
}

/** A blur that a text had as another one from top to bottom is one again. */
export function withBlur(choice: InpaintChoice, maskBlur: number): InpaintChoice {
  return parseInpaintChoice({ ...choice, maskBlur, maskBlurDown: undefined });
}

/** Out of anything, each field brought into its range, or A1111's default. */
export function parseInpaintChoice(stored: unknown): InpaintChoice {
  const from = record(stored);
  const soft = record(from['soft']);
  const sliders = (Object.keys(SOFT_INPAINTING_BOUNDS) as (keyof SoftInpainting)[]).map(
    (key) => [key, snap(soft[key], SOFT_INPAINTING_BOUNDS[key], DEFAULT_SOFT_INPAINTING[key])] as const,
  );
  const chosen = <C extends string>(value: unknown, choices: readonly C[], standard: C): C =>
    choices.find((choice) => choice === value) ?? standard;
  const down = from['maskBlurDown'];
  return {
    maskBlur: snap(from['maskBlur'], INPAINT_BOUNDS.maskBlur, DEFAULT_INPAINT.maskBlur),
    ...(typeof down === 'number' && { maskBlurDown: snap(down, INPAINT_BOUNDS.maskBlur, 0) }),
    maskMode: chosen(from['maskMode'], MASK_MODES, DEFAULT_INPAINT.maskMode),
    maskedContent: chosen(from['maskedContent'], MASKED_CONTENTS, DEFAULT_INPAINT.maskedContent),
    inpaintArea: chosen(from['inpaintArea'], INPAINT_AREAS, DEFAULT_INPAINT.inpaintArea),
    padding: snap(from['padding'], INPAINT_BOUNDS.padding, DEFAULT_INPAINT.padding),
    softOn: from['softOn'] === true,
    soft: Object.fromEntries(sliders) as Record<keyof SoftInpainting, number>,
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
