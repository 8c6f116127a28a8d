// Transparency laid over a colour (A1111 modules/images.py, flatten).
import { dividedBy255 } from './alpha.ts';
import { ImageError } from './errors.ts';
import type { PixelImage } from './pixels.ts';

/** RGB as it is; RGBA over `color`, "#rrggbb". Rounded as Pillow's paste with a mask. */
export function flatten(image: PixelImage, color: string): PixelImage {
  if (image.channels === 3) return image;
  const behind = parseColor(color);
  if (!behind) throw new ImageError(`"${color.slice(0, 100)}" is no colour; write it as #ffffff.`);
  const { width, height, data } = image;
  const flat = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const alpha = data[4 * pixel + 3]!;
    for (let c = 0; c < 3; c += 1) {
      flat[3 * pixel + c] = dividedBy255(behind[c]! * (255 - alpha) + data[4 * pixel + c]! * alpha);
    }
  }
  return { width, height, channels: 3, data: flat };
}

/** Red, green and blue of "#rrggbb"; null for anything else. */
export function parseColor(text: string): readonly [number, number, number] | null {
  const digits = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (!digits) return null;
  const [, red, green, blue] = digits.map((two) => parseInt(two, 16));
  return [red!, green!, blue!];
}
