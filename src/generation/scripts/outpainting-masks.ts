// Masks of outpainting: everything but what is kept of the source.
import type { Mask } from '../../image/mask.ts';
import type { ScriptRequest } from './host.ts';
import type { MaskedContent } from '../request/masked-content.ts';
import { DEFAULT_INPAINT } from '../request/request.ts';

/** White but for a black rectangle, whose edges count, as Pillow draws it. */
export function around(
  width: number,
  height: number,
  [left, top, right, bottom]: readonly [left: number, top: number, right: number, bottom: number],
): Mask {
  const data = new Uint8Array(width * height).fill(255);
  for (let y = Math.max(0, top); y <= Math.min(height - 1, bottom); y += 1) {
    const row = y * width;
    if (left <= right) data.fill(0, row + Math.max(0, left), row + Math.min(width, right + 1));
  }
  return { width, height, channels: 1, data };
}

/** The request as it paints under such a mask, whose pixels come with each pass. */
export function masked(
  parameters: ScriptRequest['parameters'],
  maskedContent: MaskedContent,
  maskBlur: number,
  maskBlurDown: number,
): ScriptRequest['parameters'] {
  const { img2img } = parameters;
  const mask = img2img.source;
  const inpaint = { ...DEFAULT_INPAINT, mask, maskedContent, maskBlur, maskBlurDown };
  return { ...parameters, img2img: { ...img2img, inpaint } };
}
