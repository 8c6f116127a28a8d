// The further channels of an inpainting UNet: a mask, and the latent of the picture without what the mask covers (A1111
// modules/processing.py, txt2img_image_conditioning and inpainting_image_conditioning).
import type { SampledNetworks } from '../../runtime/networks.ts';

type Encoding = Pick<SampledNetworks, 'latentChannels' | 'unetChannels' | 'encode'>;

/** "Everything is to be painted, over nothing": a mask of ones and a grey picture, of this size in latent pixels. Null for other models. */
export async function blankConditioning(
  networks: Encoding,
  height: number,
  width: number,
): Promise<Float32Array | null> {
  if (!inpaints(networks)) return null;
  const grey = await networks.encode(new Float32Array(3 * 64 * height * width), height * 8, width * 8);
  return maskedLatent(grey, networks.latentChannels);
}

/**
 * The same over a picture, whose latent `encode` gives. `weight`: "Inpainting conditioning mask strength", 1 hides all of it.
 */
export async function pictureConditioning(
  networks: Encoding,
  image: Float32Array,
  weight: number,
  encode: (image: Float32Array) => Promise<Float32Array>,
): Promise<Float32Array | null> {
  if (!inpaints(networks)) return null;
  return maskedLatent(await encode(image.map((value) => value * (1 - weight))), networks.latentChannels);
}

function inpaints({ unetChannels, latentChannels }: Encoding): boolean {
  return unetChannels !== latentChannels;
}

function maskedLatent(latent: Float32Array, channels: number): Float32Array {
  const area = latent.length / channels;
  const joined = new Float32Array(area + latent.length).fill(1, 0, area);
  joined.set(latent, area);
  return joined;
}
