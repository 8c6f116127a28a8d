// A rough picture straight from a latent: one linear map from its channels to RGB. A1111's "Approx cheap"
// (modules/sd_vae_approx.py cheap_approximation).
import { ImageError } from './errors.ts';
import { unitToByte } from './pixels.ts';

/**
 * @param latent [channels, height, width], as the sampler holds it (scaled, not divided by the VAE's scale factor).
 * @param colours what each channel adds to red, green and blue (families/).
 * @returns RGBA, height x width: one pixel a latent point (8 x 8 pixels of the picture).
 */
export function latentPreview(
  latent: ArrayLike<number>,
  width: number,
  height: number,
  colours: readonly (readonly [number, number, number])[],
): Uint8ClampedArray<ArrayBuffer> {
  const area = width * height;
  if (latent.length !== colours.length * area) {
    throw new ImageError(
      `A ${width}x${height} latent has ${colours.length * area} numbers; there are ${latent.length}.`,
    );
  }
  const rgba = new Uint8ClampedArray(4 * area).fill(255);
  for (let i = 0; i < area; i += 1) {
    for (let c = 0; c < 3; c += 1) {
      let sum = 0;
      colours.forEach((rgb, l) => (sum += latent[l * area + i]! * rgb[c]!));
      rgba[4 * i + c] = unitToByte(Math.min(1, Math.max(0, sum * 0.5 + 0.5)));
    }
  }
  return rgba;
}
