// The further channels of UNets that read a picture beside the latent. Inpainting models: a mask, and the latent of the picture without
// what the mask covers. InstructPix2Pix: the latent of the picture (A1111 modules/processing.py, txt2img_image_conditioning,
// inpainting_image_conditioning and edit_image_conditioning).
import { conditioningOf } from '../../families/conditioning.ts';
import type { Mask } from '../../image/mask.ts';
import { BadParametersError } from '../../runtime/errors.ts';
import type { SampledNetworks } from '../../runtime/networks.ts';

type Encoding = Pick<SampledNetworks, 'latentChannels' | 'unetChannels' | 'scaleFactor' | 'encode'>;

/**
 * "Everything is to be painted, over nothing": a mask of ones and a grey picture, of this size in latent pixels. Null for models
 * that read no picture. @throws BadParametersError for those that cannot do without one.
 */
export async function blankConditioning(
  networks: Encoding,
  height: number,
  width: number,
): Promise<Float32Array | null> {
  const conditioning = conditioningOf(networks);
  if (conditioning === 'none') return null;
  if (conditioning === 'editing') {
    throw new BadParametersError(
      'This is an InstructPix2Pix model: it changes a picture by a written instruction, and cannot begin without one. Use it in img2img.',
    );
  }
  const grey = await networks.encode(new Float32Array(3 * 64 * height * width), height * 8, width * 8);
  return joined(new Float32Array(height * width).fill(1), grey);
}

/** A mask of an inpainting model: how much of each pixel is hidden, 0..1. */
export interface ConditioningMask {
  /** Of the picture. */
  readonly picture: Float32Array;
  /** Of the latent. */
  readonly latent: Float32Array;
}

/** `rounded`: black and white alone. `height`, `width`: of the latent. */
export function conditioningMaskOf(
  mask: Mask,
  rounded: boolean,
  height: number,
  width: number,
): ConditioningMask {
  const picture = Float32Array.from(mask.data, (value) => (rounded ? Math.round(value / 255) : value / 255));
  // Each is one of the pixels that it stands for (torch's interpolate, mode="nearest").
  const latent = Float32Array.from({ length: height * width }, (_, i) => {
    const y = Math.floor((Math.floor(i / width) * mask.height) / height);
    return picture[y * mask.width + Math.floor(((i % width) * mask.width) / width)]!;
  });
  return { picture, latent };
}

/**
 * Over a picture, whose latent `encode` gives. `weight`: "Inpainting conditioning mask strength", 1 hides all that is masked. `mask`:
 * left out, everything is. Null for models that read no picture.
 */
export async function pictureConditioning(
  networks: Encoding,
  image: Float32Array,
  weight: number,
  encode: (image: Float32Array) => Promise<Float32Array>,
  mask: ConditioningMask | null = null,
): Promise<Float32Array | null> {
  switch (conditioningOf(networks)) {
    case 'none':
      return null;
    case 'editing':
      // As the VAE gives it, without the factor that latents have.
      return (await encode(image)).map((value) => value / networks.scaleFactor);
    case 'inpainting': {
      const hidden = (i: number): number => weight * (mask ? mask.picture[i % mask.picture.length]! : 1);
      const latent = await encode(image.map((value, i) => value * (1 - hidden(i))));
      const area = latent.length / networks.latentChannels;
      return joined(mask?.latent ?? new Float32Array(area).fill(1), latent);
    }
  }
}

export function joined(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
