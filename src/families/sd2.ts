// Stable Diffusion 2.x and SD-Turbo (Stability-AI/stablediffusion, v2-inference.yaml and v2-inference-v.yaml).
import type { Family } from './family.ts';
import { SD_LATENT } from './sd-latent.ts';

export const SD2: Family = {
  id: 'sd2',
  name: 'Stable Diffusion 2.x',
  shortName: 'Stable Diffusion 2',
  recognise: ({ text, linear }) => (text.length > 0 ? text[0] === 'open-clip' : linear),
  kinds: [
    // Base, 768-v and SD-Turbo have the same tensors.
    { kind: 'sd2', label: 'Stable Diffusion 2.x', channels: 4, supported: true, prediction: null },
    {
      kind: 'sd2-inpainting',
      label: 'Stable Diffusion 2.x inpainting',
      channels: 9,
      supported: true,
      prediction: 'epsilon',
    },
    {
      kind: 'sd2-depth',
      label: 'Stable Diffusion 2.x depth',
      channels: 5,
      supported: false,
      purpose: 'It redraws a given picture along its estimated depth.',
      prediction: 'epsilon',
    },
  ],
  text: {
    encoders: [
      {
        type: 'open-clip',
        name: 'OpenCLIP-H',
        width: 1024,
        layers: 24,
        state: 'penultimate',
        finalNorm: true,
        pooled: false,
        exact: true,
      },
    ],
    width: 1024,
    emptyNegative: 'encoded',
  },
  unet: { heads: { size: 64 }, linearProjections: true, modelChannels: 320, vector: null },
  latent: SD_LATENT,
  noiseLevelsOfFile: true,
  greyMasks: true,
  optimizedFor: 'sd1',
  architectures: { 'stable-diffusion-v2-512': 'epsilon', 'stable-diffusion-v2-768-v': 'v' },
  mayPredictV: true,
  sizes: {
    usual: [
      { width: 512, height: 512 },
      { width: 512, height: 768 },
      { width: 768, height: 512 },
    ],
    v: [
      { width: 768, height: 768 },
      { width: 768, height: 1024 },
      { width: 1024, height: 768 },
    ],
  },
  variants: [
    {
      name: /\bturbo\b/,
      label: 'SD-Turbo',
      steps: 4,
      cfgScale: 1,
      sampler: 'Euler a',
      scheduler: 'SGM Uniform',
      sizes: [{ width: 512, height: 512 }],
    },
  ],
};
