// A picture in which the RetinaFace of the reference data, whose weights are random, finds a few faces that are large enough. Tests only.
import type { PixelImage } from '../src/image/pixels.ts';

export function pictureWithFaces(): PixelImage {
  const side = 512;
  const data = Uint8Array.from({ length: 3 * side * side }, (_, i) => (i * 7919) % 256);
  return { width: side, height: side, channels: 3, data };
}
