// What is left of a picture around the painted part, and how both become one again (A1111 modules/processing.py,
// StableDiffusionProcessingImg2Img.init, uncrop and apply_overlay; modules/masking.py, fill).
import { compose, dividedBy255, premultiplied, unpremultiplied } from './alpha.ts';
import { pausingBlur } from './gaussian-blur.ts';
import { inColour, type Mask } from './mask.ts';
import type { Region } from './masked-region.ts';
import { withoutPause, type Pause } from './pause.ts';
import { paste } from './paste.ts';
import type { Size } from './picture-file.ts';
import type { PixelImage } from './pixels.ts';
import type { Raster } from './resize.ts';

/** RGBA. */
export interface Overlay extends PixelImage {
  readonly channels: 4;
}

/** The picture (RGB) with a hole where `mask`, of its size, is white. */
export function overlayOf(picture: PixelImage, mask: Mask): Overlay {
  return unpremultiplied(withHole(picture, mask));
}

/** The same with colours times alpha. */
function withHole({ width, height, data }: PixelImage, mask: Mask): Overlay {
  const held = new Uint8Array(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const kept = 255 - mask.data[pixel]!;
    for (let c = 0; c < 3; c += 1) held[4 * pixel + c] = dividedBy255(data[3 * pixel + c]! * kept);
    held[4 * pixel + 3] = kept;
  }
  return { width, height, channels: 4, data: held };
}

/** What of a picture lies under `mask`, of its size, and nothing else (Pillow's Image.composite in RGBa, with transparency). */
export function seenThrough(picture: PixelImage, mask: Mask): Overlay {
  const held = premultiplied(withAlpha(picture));
  return unpremultiplied({
    ...held,
    data: held.data.map((value, i) => dividedBy255(value * mask.data[i >> 2]!)),
  });
}

/** Radii of the blurs that fill a hole, and how often each is laid over the ones before. */
const FILLING = [
  [256, 1],
  [64, 1],
  [16, 2],
  [4, 4],
  [2, 2],
  [0, 1],
] as const;

/** The picture (RGB) with what is masked painted in the colours around: "Masked content: fill". */
export async function filled(
  picture: PixelImage,
  mask: Mask,
  pause: Pause = withoutPause,
): Promise<PixelImage> {
  const { width, height } = picture;
  const around = withHole(picture, mask);
  const canvas: Overlay = { width, height, channels: 4, data: new Uint8Array(width * height * 4) };
  for (const [radius, times] of FILLING) {
    const blurred = unpremultiplied(await pausingBlur(around, radius, pause));
    for (let i = 0; i < times; i += 1) {
      await pause();
      compose(canvas, blurred);
    }
  }
  return withoutAlpha(canvas);
}

/** A painted part, of the region's size, back at its place in a picture of `size`, which is transparent around it. RGBA. */
export function uncropped(part: Raster, { left, top }: Region, { width, height }: Size): Overlay {
  const canvas: Overlay = { width, height, channels: 4, data: new Uint8Array(width * height * 4) };
  paste(canvas, withAlpha(inColour(part)), left, top);
  return canvas;
}

/** `overlay` laid on a painted picture of any size, at its top left corner. RGB. */
export function overlaid(picture: PixelImage, overlay: Overlay): PixelImage {
  const canvas = withAlpha(picture);
  compose(canvas, overlay);
  return withoutAlpha(canvas);
}

function withAlpha({ width, height, channels, data }: Raster): Overlay {
  if (channels === 4) return { width, height, channels, data: new Uint8Array(data) };
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < data.length; i += 1) rgba[Math.floor(i / 3) * 4 + (i % 3)] = data[i]!;
  return { width, height, channels: 4, data: rgba };
}

function withoutAlpha({ width, height, data }: Overlay): PixelImage {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < rgb.length; i += 1) rgb[i] = data[Math.floor(i / 3) * 4 + (i % 3)]!;
  return { width, height, channels: 3, data: rgb };
}
