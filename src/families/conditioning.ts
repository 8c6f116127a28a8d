// What UNets read of a picture beside the latent, told by the number of their channels.

/**
 * `inpainting`: a mask, and the latent of the picture without what it covers. `editing`: the latent of the picture
 * (InstructPix2Pix). `none`: nothing.
 */
export type Conditioning = 'inpainting' | 'editing' | 'none';

export interface UNetChannels {
  /** Of the latent that is sampled. */
  readonly latentChannels: number;
  /** That the UNet reads. */
  readonly unetChannels: number;
}

export function conditioningOf({ latentChannels, unetChannels }: UNetChannels): Conditioning {
  const further = unetChannels - latentChannels;
  if (further === latentChannels + 1) return 'inpainting';
  return further === latentChannels ? 'editing' : 'none';
}
