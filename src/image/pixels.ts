// Pictures in memory, and between the VAE's numbers and bytes.
import { ImageError } from './errors.ts';

/** 8-bit pixels, rows from the top, channels interleaved: RGB (3) or RGBA (4, alpha not premultiplied). */
export interface PixelImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly data: Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>;
}

/**
 * The VAE's output as bytes: clamp((x + 1) / 2, 0, 1) * 255 in float32, truncated, as A1111 does (processing.py
 * process_images_inner). NaN becomes 0: look for it before.
 *
 * @param x [3, height, width] around -1..1; float16 values widened.
 */
export function vaeOutputToPixels(
  x: ArrayLike<number>,
  width: number,
  height: number,
  channels: 3 | 4 = 3,
): PixelImage {
  const area = width * height;
  if (x.length !== 3 * area) {
    throw new ImageError(`A ${width}x${height} picture needs ${3 * area} numbers; there are ${x.length}.`);
  }
  const data = new Uint8Array(area * channels);
  for (let c = 0; c < 3; c += 1) {
    for (let i = 0; i < area; i += 1) data[i * channels + c] = unitToByte(toUnit(x[c * area + i]!));
  }
  if (channels === 4) for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { width, height, channels, data };
}

/**
 * Bytes as the VAE's encoder takes them: u / 255 * 2 - 1 in float32 (A1111: processing.py, images_tensor_to_samples).
 * An alpha channel is left out; flatten the picture first where it matters.
 *
 * @returns [3, height, width], -1..1.
 */
export function pixelsToVaeInput(image: PixelImage): Float32Array<ArrayBuffer> {
  const area = image.width * image.height;
  if (image.data.length !== area * image.channels) {
    throw new ImageError(
      `A ${image.width}x${image.height} picture of ${image.channels} channels needs ${area * image.channels} bytes; there are ${image.data.length}.`,
    );
  }
  const x = new Float32Array(3 * area);
  for (let c = 0; c < 3; c += 1) {
    for (let i = 0; i < area; i += 1) {
      x[c * area + i] = Math.fround(image.data[i * image.channels + c]! / 255) * 2 - 1;
    }
  }
  return x;
}

/** -1..1 to 0..1, in float32, clamped; NaN stays. */
export function toUnit(x: number): number {
  return Math.min(1, Math.max(0, Math.fround(x + 1) / 2));
}

/** 0..1 to 0..255, multiplied in float32 and truncated; NaN becomes 0. */
export function unitToByte(x: number): number {
  return Math.trunc(Math.fround(x * 255)) || 0;
}

/** RGB of either. */
export function withoutAlpha(picture: PixelImage): PixelImage {
  if (picture.channels === 3) return picture;
  const data = new Uint8Array(3 * picture.width * picture.height);
  for (let i = 0; i < data.length; i += 1) data[i] = picture.data[Math.floor(i / 3) * 4 + (i % 3)]!;
  return { width: picture.width, height: picture.height, channels: 3, data };
}
