// A picture that was painted on, to be redrawn where it was ("Inpaint sketch"; A1111 modules/img2img.py, mode 3): its mask is where it
// differs from what it was.
import { dividedBy255 } from './alpha.ts';
import { gaussianBlur } from './gaussian-blur.ts';
import type { Mask } from './mask.ts';
import type { PixelImage } from './pixels.ts';
import type { Raster } from './resize.ts';

export interface InpaintSketch {
  /** What is painted over, RGB. */
  readonly picture: PixelImage;
  /** Not blurred: that the painting does by itself. */
  readonly mask: Mask;
}

/** Strokes (RGBA, of the picture's size) on a picture (RGB), rounded to the nearest. */
export function withStrokes(picture: PixelImage, strokes: Raster): PixelImage {
  const { data: over } = strokes;
  const data = new Uint8Array(picture.data);
  for (let at = 0, i = 0; i < over.length; at += 3, i += 4) {
    const alpha = over[i + 3]!;
    if (alpha === 0) continue;
    for (let c = 0; c < 3; c += 1) {
      const under = data[at + c]!;
      data[at + c] = Math.round(under + ((over[i + c]! - under) * alpha) / 255);
    }
  }
  return { ...picture, data };
}

/**
 * Both RGB, of one size. `blur`: "Mask blur", in pixels, which softens what was painted as well; `transparency`: "Mask
 * transparency", percent, which makes it and its mask fainter.
 */
export function inpaintSketch(
  original: PixelImage,
  painted: PixelImage,
  blur: number,
  transparency: number,
): InpaintSketch {
  const { width, height } = original;
  // Pillow's Brightness blends with black in float32, and truncates.
  const white = Math.trunc(Math.fround(Math.fround(1 - transparency / 100) * 255));
  const mask = new Uint8Array(width * height);
  for (let pixel = 0; pixel < mask.length; pixel += 1)
    if (differs(original.data, painted.data, 3 * pixel)) mask[pixel] = white;
  const drawn: Mask = { width, height, channels: 1, data: mask };
  return {
    picture: composite(original, gaussianBlur(painted, blur), gaussianBlur(drawn, blur)),
    mask: drawn,
  };
}

function differs(a: Uint8Array | Uint8ClampedArray, b: Uint8Array | Uint8ClampedArray, at: number): boolean {
  return a[at] !== b[at] || a[at + 1] !== b[at + 1] || a[at + 2] !== b[at + 2];
}

/** Pillow's Image.composite: `over` where the mask is white. */
function composite(under: PixelImage, over: PixelImage, mask: Mask): PixelImage {
  const data = new Uint8Array(under.data);
  for (let pixel = 0, at = 0; at < data.length; pixel += 1, at += 3) {
    const opacity = mask.data[pixel]!;
    if (opacity === 0) continue;
    for (let c = at; c < at + 3; c += 1)
      data[c] = dividedBy255(data[c]! * (255 - opacity) + over.data[c]! * opacity);
  }
  return { ...under, data };
}
