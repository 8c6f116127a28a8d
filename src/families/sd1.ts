// Stable Diffusion 1.x (Rombach et al. 2022; CompVis and Runway, v1-inference.yaml).
import type { Family } from './family.ts';
import { SD_LATENT } from './sd-latent.ts';

export const SD1: Family = {
  id: 'sd1',
  name: 'Stable Diffusion 1.x',
  shortName: 'Stable Diffusion 1',
  recognise: ({ text, linear }) => (text.length > 0 ? text[0] === 'clip' : !linear),
  kinds: [
    { kind: 'sd1', label: 'Stable Diffusion 1.x', channels: 4, supported: true, prediction: 'epsilon' },
    {
      kind: 'sd1-inpainting',
      label: 'Stable Diffusion 1.x inpainting',
      channels: 9,
      supported: true,
      prediction: 'epsilon',
    },
    {
      kind: 'sd1-instruct-pix2pix',
      label: 'InstructPix2Pix (Stable Diffusion 1.x)',
      channels: 8,
      supported: true,
      prediction: 'epsilon',
    },
  ],
  text: {
    encoders: [
      {
        type: 'clip',
        name: 'CLIP-L',
        width: 768,
        layers: 12,
        state: 'clip-skip',
        finalNorm: true,
        pooled: false,
        exact: true,
      },
    ],
    width: 768,
    emptyNegative: 'encoded',
  },
  unet: { heads: { count: 8 }, linearProjections: false, modelChannels: 320, vector: null },
  latent: SD_LATENT,
  noiseLevelsOfFile: true,
  greyMasks: true,
  optimizedFor: 'sd1',
  architectures: {},
  mayPredictV: false,
  sizes: {
    usual: [
      { width: 512, height: 512 },
      { width: 512, height: 768 },
      { width: 768, height: 512 },
      { width: 640, height: 448 },
      { width: 448, height: 640 },
    ],
  },
  variants: [
    {
      name: /\btcd\b/,
      label: 'TCD',
      steps: 4,
      cfgScale: 1,
      sampler: 'TCD',
      scheduler: 'SGM Uniform',
    },
    {
      name: /\blcm\b/,
      label: 'LCM',
      steps: 6,
      cfgScale: 1.5,
      sampler: 'LCM',
      scheduler: 'Automatic',
    },
    {
      name: /\bhyper\b/,
      label: 'Hyper-SD',
      steps: 8,
      cfgScale: 1,
      sampler: 'Euler',
      scheduler: 'SGM Uniform',
    },
  ],
};
