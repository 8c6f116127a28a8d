// What this form of Darkroom can and cannot do. (this-copy.single.ts stands in for this file in the single-file build.)

export interface ThisCopy {
  readonly summary: string;
  /** What the browser keeps from this form. */
  readonly limits: readonly string[];
}

export const THIS_COPY: ThisCopy = {
  summary:
    'Darkroom keeps itself in the browser: after one visit it opens without a network, and after its first use it paints without one. Install it from the browser’s address bar or menu, and .safetensors, .ckpt and PNG files can be opened with it.',
  limits: [],
};
