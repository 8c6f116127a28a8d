// Pictures on their way to a control network.
import { inThree, type Plane8 } from '../../image/opencv/plane.ts';
import type { PixelImage } from '../../image/pixels.ts';
import type { Raster } from '../../image/resize.ts';

/**
 * What a control network sees: rows from the top, channels interleaved, 0..255. A fourth channel is the mask of what is painted (255
 * there); such hints have parts of whole numbers, for the extension resizes them as float32.
 */
export interface Hint {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly data: Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer> | Float32Array<ArrayBuffer>;
}

/** RGB. */
export type RgbImage = PixelImage & { readonly channels: 3 };

/** RGB of any picture; what is transparent becomes white (annotator/util.py, HWC3: in float32, truncated). */
export function asRgb({ width, height, channels, data }: Raster): RgbImage {
  if (channels === 3) return { width, height, channels, data };
  if (channels === 1) return inThree({ width, height, data: Uint8Array.from(data) });
  const { fround } = Math;
  const out = new Uint8Array(3 * width * height);
  for (let i = 0; i < out.length; i += 1) {
    const at = 4 * Math.floor(i / 3);
    const alpha = fround(data[at + 3]! / 255);
    out[i] = fround(fround(data[at + (i % 3)]! * alpha) + fround(255 * fround(1 - alpha)));
  }
  return { width, height, channels: 3, data: out };
}

/** A grey picture as RGB. */
export const greyAsRgb = (plane: Plane8): RgbImage => inThree(plane);
