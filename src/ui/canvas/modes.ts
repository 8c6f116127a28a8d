// A1111's ways of img2img, as tools over the source picture, and the frame for painting beyond it.

/** By A1111's names of its tabs, but for the last, which its outpainting scripts have. */
export const MODES = ['img2img', 'sketch', 'inpaint', 'inpaint-sketch', 'outpaint'] as const;
export type Mode = (typeof MODES)[number];

interface Traits {
  /** What the brush paints on; null where there is none. */
  readonly layer: 'mask' | 'paint' | null;
  /** Only a part of the picture is painted over by the model. */
  readonly masks: boolean;
}

const TRAITS: Readonly<Record<Mode, Traits>> = {
  img2img: { layer: null, masks: false },
  sketch: { layer: 'paint', masks: false },
  inpaint: { layer: 'mask', masks: true },
  'inpaint-sketch': { layer: 'paint', masks: true },
  outpaint: { layer: null, masks: true },
};

export function traitsOf(mode: Mode): Traits {
  return TRAITS[mode];
}

/** Pixels of the picture that are added on each side. */
export interface Margins {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const NO_MARGINS: Margins = { left: 0, top: 0, right: 0, bottom: 0 };
/** As the sizes of requests. */
export const MARGIN_BOUNDS = { min: 0, max: 2048, step: 8 } as const;
