// The refiner of Stable Diffusion XL (Podell et al. 2023, section 2.5; Stability-AI/generative-models, sd_xl_refiner.yaml).
import type { Family } from './family.ts';
import { OPEN_CLIP_G, SDXL_LATENT, SDXL_SIZES } from './sdxl.ts';

export const SDXL_REFINER: Family = {
  id: 'sdxl-refiner',
  name: 'Stable Diffusion XL refiner',
  shortName: 'the SDXL refiner',
  // The base has three levels.
  recognise: ({ vector, namedAsInSd, levels }) => vector && !namedAsInSd && levels === 4,
  kinds: [
    {
      kind: 'sdxl-refiner',
      label: 'Stable Diffusion XL refiner',
      channels: 4,
      supported: true,
      prediction: 'epsilon',
    },
  ],
  text: { encoders: [OPEN_CLIP_G], width: 1280, emptyNegative: 'zeros' },
  unet: {
    heads: { size: 64 },
    linearProjections: true,
    modelChannels: 384,
    vector: ['height', 'width', 'crop top', 'crop left', 'aesthetic score'],
  },
  latent: SDXL_LATENT,
  noiseLevelsOfFile: false,
  greyMasks: false,
  optimizedFor: 'sdxl',
  architectures: {},
  mayPredictV: false,
  sizes: { usual: SDXL_SIZES },
  variants: [],
};
