// "Apply color correction to img2img results to match original colors" (A1111 modules/processing.py, apply_color_correction):
// the picture takes the source's histograms of L*a*b*, and keeps its own luminosity.
import { labToRgb, rgbToLab } from './lab.ts';
import type { PixelImage } from './pixels.ts';

/** `picture` in the colours of `source`, which may have another size. RGB both. */
export function correctColors(picture: PixelImage, source: PixelImage): PixelImage {
  const lab = rgbToLab(picture.data);
  matchHistograms(lab, rgbToLab(source.data));
  return { ...picture, data: withLuminosityOf(labToRgb(lab), picture.data) };
}

/** scikit-image's exposure.match_histograms, each channel for itself, in place; cut to bytes. */
function matchHistograms(image: Uint8ClampedArray, template: ArrayLike<number>): void {
  for (let channel = 0; channel < 3; channel += 1) {
    const given = shareUpTo(image, channel);
    const wanted = shareUpTo(template, channel);
    const values = wanted.flatMap((share, value) => (share > (wanted[value - 1] ?? 0) ? [value] : []));
    const level = given.map((share) => Math.trunc(interpolated(share, values, wanted)));
    for (let i = channel; i < image.length; i += 3) image[i] = level[image[i]!]!;
  }
}

/** Of each level, the share of the pixels that are not above it. */
function shareUpTo(pixels: ArrayLike<number>, channel: number): number[] {
  const counts = new Array<number>(256).fill(0);
  for (let i = channel; i < pixels.length; i += 3) counts[pixels[i]!]! += 1;
  let sum = 0;
  return counts.map((count) => (sum += count) / (pixels.length / 3));
}

/** The level that has this share, on the line between the two of `levels` (those that occur) around it. */
function interpolated(share: number, levels: readonly number[], shares: readonly number[]): number {
  const above = levels.findIndex((level) => shares[level]! > share);
  if (above === 0) return levels[0]!;
  if (above < 0) return levels.at(-1)!;
  const [low, high] = [levels[above - 1]!, levels[above]!];
  const slope = (high - low) / (shares[high]! - shares[low]!);
  return slope * (share - shares[low]!) + low;
}

const luminosity = (r: number, g: number, b: number): number => 0.3 * r + 0.59 * g + 0.11 * b;

/** The blend mode "luminosity" (W3C Compositing and Blending Level 1): hue and saturation of the one, luminosity of the other. */
function withLuminosityOf(
  colors: Uint8Array<ArrayBuffer>,
  lights: ArrayLike<number>,
): Uint8Array<ArrayBuffer> {
  const blended = new Uint8Array(colors.length);
  const unit = (bytes: ArrayLike<number>, i: number) =>
    [bytes[i]! / 255, bytes[i + 1]! / 255, bytes[i + 2]! / 255] as const;
  for (let i = 0; i < colors.length; i += 3) {
    const color = unit(colors, i);
    const light = luminosity(...unit(lights, i));
    const raise = light - luminosity(...color);
    const raised = color.map((value) => value + raise);
    const [least, most] = [Math.min(...raised), Math.max(...raised)];
    for (let c = 0; c < 3; c += 1) {
      let value = raised[c]!;
      // Towards grey, as far as it takes to be a colour.
      if (least < 0) value = light + ((value - light) * light) / (light - least);
      if (most > 1) value = light + ((value - light) * (1 - light)) / (most - light);
      blended[i + c] = Math.trunc(255 * Math.min(1, Math.max(0, value)));
    }
  }
  return blended;
}
