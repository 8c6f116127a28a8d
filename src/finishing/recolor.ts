// A picture in the colours of another, its own light and dark kept: what the ControlNet extension's recolor does with the grey that it
// takes of a picture (scripts/preprocessor/legacy/processor.py recolor_luminance, recolor_intensity) and with the picture that is
// made from that (scripts/controlnet.py, recolor_luminance_post_processing, recolor_intensity_post_processing). Colours are taken
// as bytes all along, and the light of red, green and blue as what they are: the extension weighs red as blue and blue as red.
import { hsvToRgb, rgbToHsv } from '../image/hsv.ts';
import { labToRgb, rgbToLab } from '../image/lab.ts';
import { withoutAlpha, type PixelImage } from '../image/pixels.ts';
import { resize } from '../image/resize.ts';
import type { KeptLight } from './extras-request.ts';

interface ColourSpace {
  readonly from: (rgb: ArrayLike<number>) => Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>;
  readonly to: (bytes: ArrayLike<number>) => Uint8Array<ArrayBuffer>;
  /** Which of its three components is light. */
  readonly light: 0 | 2;
}

const SPACES: Readonly<Record<KeptLight, ColourSpace>> = {
  Luminance: { from: rgbToLab, to: labToRgb, light: 0 },
  Intensity: { from: rgbToHsv, to: hsvToRgb, light: 2 },
};

/** The light of every pixel, (v / 255) ** gamma, in bytes, truncated. An alpha channel is left out. */
export function lightOf(picture: PixelImage, kept: KeptLight, gamma: number): Uint8Array<ArrayBuffer> {
  const { from, light } = SPACES[kept];
  const bytes = from(withoutAlpha(picture).data);
  const bent = Uint8Array.from({ length: 256 }, (_, value) => {
    const unit = Math.fround(value / 255);
    return Math.trunc(Math.fround(Math.fround(unit ** gamma) * 255));
  });
  return Uint8Array.from({ length: bytes.length / 3 }, (_, i) => bent[bytes[3 * i + light]!]!);
}

/** The colours of an RGB picture in the light of another of its size, a byte a pixel. */
export function inLight(colours: PixelImage, light: ArrayLike<number>, kept: KeptLight): PixelImage {
  const space = SPACES[kept];
  const bytes = space.from(withoutAlpha(colours).data);
  for (let i = 0; i < light.length; i += 1) bytes[3 * i + space.light] = light[i]!;
  return { ...colours, channels: 3, data: space.to(bytes) };
}

/** The picture with the colours of another, which is brought to its size; its alpha stays. */
export function recolored(
  picture: PixelImage,
  colours: PixelImage,
  kept: KeptLight,
  gamma: number,
): PixelImage {
  const { width, height, channels, data } = picture;
  const sized = resize(withoutAlpha(colours), width, height, 'lanczos');
  const made = inLight(sized, lightOf(picture, kept, gamma), kept);
  if (channels === 3) return made;
  const withAlpha = new Uint8Array(data);
  for (let i = 0; i < width * height; i += 1)
    withAlpha.set(made.data.subarray(3 * i, 3 * i + 3), channels * i);
  return { width, height, channels, data: withAlpha };
}
