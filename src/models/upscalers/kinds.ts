// The kinds of networks that enlarge pictures, and what is told of one without building it. The page knows this much.

/** By whom each was made: see the file of its name. */
export const UPSCALER_KINDS = [
  'esrgan',
  'srvgg',
  'span',
  'real-plksr',
  'swin-ir',
  'hat',
  'dat',
  'omni-sr',
] as const;
export type UpscalerKind = (typeof UPSCALER_KINDS)[number];

/** What `detect` says of an upscaler. Everything else is read off its tensors where it is built. */
export interface UpscalerInfo {
  readonly kind: UpscalerKind;
  /** Pixels of the result a pixel of the picture, along each side. 1: it cleans a picture and leaves its size. */
  readonly scale: number;
}
