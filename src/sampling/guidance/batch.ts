// Latents of several images at once, as guidance sees them.
import type { Latent } from '../latent.ts';

/** Of latents [images, channels, height, width], flat in C order. */
export interface BatchShape {
  readonly images: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** The latents of each image, which share the memory of all. @throws RangeError where they do not divide. */
export function imagesOf<T extends Latent>(latents: T, images: number): T[] {
  const size = latents.length / images;
  if (!Number.isInteger(size)) {
    throw new RangeError(`${latents.length} values are not the latents of ${images} images.`);
  }
  return Array.from({ length: images }, (_, i) => latents.subarray(i * size, (i + 1) * size) as T);
}

export function dot(a: Latent, b: Latent): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export function norm(a: Latent): number {
  return Math.sqrt(dot(a, a));
}
