// A rough picture straight from a latent: one linear map from its four channels to RGB. A1111's "Approx cheap"
// (modules/sd_vae_approx.py cheap_approximation; coefficients from discuss.huggingface.co "Decoding latents to RGB without upscaling").
import { ImageError } from './errors.ts';
import { unitToByte } from './pixels.ts';

type Rgb = readonly [number, number, number];

const FACTORS: Readonly<Record<'sd' | 'sdxl', readonly Rgb[]>> = {
  sd: [
    [0.298, 0.207, 0.208],
    [0.187, 0.286, 0.173],
    [-0.158, 0.189, 0.264],
    [-0.184, -0.271, -0.473],
  ],
  sdxl: [
    [0.3448, 0.4168, 0.4395],
    [-0.1953, -0.029, 0.025],
    [0.1074, 0.0886, -0.0163],
    [-0.373, -0.2499, -0.2088],
  ],
};

/**
 * @param latent [4, height, width], as the sampler holds it (scaled, not divided by the VAE's scale factor).
 * @param space 'sd' for SD 1.x and 2.x, 'sdxl' for SDXL.
 * @returns RGBA, height x width: one pixel a latent point (8 x 8 pixels of the picture).
 */
export function latentPreview(
  latent: ArrayLike<number>,
  width: number,
  height: number,
  space: 'sd' | 'sdxl' = 'sd',
): Uint8ClampedArray<ArrayBuffer> {
  const area = width * height;
  if (latent.length !== 4 * area) {
    throw new ImageError(`A ${width}x${height} latent has ${4 * area} numbers; there are ${latent.length}.`);
  }
  const rgba = new Uint8ClampedArray(4 * area).fill(255);
  const factors = FACTORS[space];
  for (let i = 0; i < area; i += 1) {
    for (let c = 0; c < 3; c += 1) {
      let sum = 0;
      for (let l = 0; l < 4; l += 1) sum += latent[l * area + i]! * factors[l]![c]!;
      rgba[4 * i + c] = unitToByte(Math.min(1, Math.max(0, sum * 0.5 + 0.5)));
    }
  }
  return rgba;
}
