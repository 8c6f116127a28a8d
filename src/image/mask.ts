// Masks: what of a picture is painted over. Grey, white where it is (A1111 modules/processing.py, create_binary_mask, and
// StableDiffusionProcessingImg2Img.init).
import type { Raster } from './resize.ts';

export interface Mask extends Raster {
  readonly channels: 1;
}

/** Alpha above this counts as drawn. */
const DRAWN = 128;

/**
 * The mask that a picture means: its transparency where it has any, drawn or not drawn if `round`, or else its greys.
 */
export function maskOf(picture: Raster, round = true): Mask {
  if (picture.channels === 4 && picture.data.some((value, i) => i % 4 === 3 && value !== 255)) {
    return mapped(picture, (at) => {
      const alpha = picture.data[at + 3]!;
      return round ? (alpha > DRAWN ? 255 : 0) : alpha;
    });
  }
  return greyOf(picture);
}

/** ITU-R 601, in Pillow's integers. */
export function greyOf(picture: Raster): Mask {
  const { data, channels } = picture;
  if (channels === 1) return { ...picture, channels };
  return mapped(
    picture,
    (at) => (data[at]! * 19595 + data[at + 1]! * 38470 + data[at + 2]! * 7471 + 0x8000) >> 16,
  );
}

/** White where a picture is transparent: what is missing is painted. */
export function maskOfTransparency(picture: Raster): Mask {
  return mapped(picture, (at) => (picture.channels === 4 ? 255 - picture.data[at + 3]! : 0));
}

export function inverted(mask: Mask): Mask {
  return { ...mask, data: mask.data.map((value) => 255 - value) };
}

/** As RGB: what files and pages show. */
export function inColour({ width, height, channels, data }: Raster): Raster & { readonly channels: 3 } {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < pixels.length; i += 1)
    pixels[i] = data[Math.floor(i / 3) * channels + (channels === 1 ? 0 : i % 3)]!;
  return { width, height, channels: 3, data: pixels };
}

/** `value`: of the pixel whose samples begin there. */
function mapped({ width, height, channels }: Raster, value: (at: number) => number): Mask {
  const data = Uint8Array.from({ length: width * height }, (_, i) => value(i * channels));
  return { width, height, channels: 1, data };
}
