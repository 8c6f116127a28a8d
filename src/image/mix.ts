// Two pictures shining through each other, as Pillow's Image.blend does it.
import { withoutAlpha, type PixelImage } from './pixels.ts';

/** `share` of the second, 0..1: computed in float32, truncated. Of one size; the first's channels count. */
export function mixed(first: PixelImage, second: PixelImage, share: number): PixelImage {
  const other = second.channels === first.channels ? second : alike(second, first);
  if (share <= 0) return first;
  if (share >= 1) return other;
  const by = Math.fround(share);
  const data = new Uint8Array(first.data.length);
  for (let i = 0; i < data.length; i += 1) {
    const a = first.data[i]!;
    data[i] = Math.trunc(Math.fround(a + Math.fround(by * (other.data[i]! - a))));
  }
  return { ...first, data };
}

/** Opaque where the other has an alpha channel, without one where it has none. */
function alike(image: PixelImage, { channels }: PixelImage): PixelImage {
  if (channels === 3) return withoutAlpha(image);
  const data = new Uint8Array(4 * image.width * image.height).fill(255);
  for (let i = 0; i < data.length / 4; i += 1) data.set(image.data.subarray(3 * i, 3 * i + 3), 4 * i);
  return { ...image, channels, data };
}
