// Stable Diffusion XL: base and inpainting models, and what is made of them: Pony, Illustrious, NoobAI, Turbo, Lightning and the
// rest (Podell et al. 2023; Stability-AI/generative-models, sd_xl_base.yaml).
import type { Family, LatentInfo, Size, TextEncoderInfo } from './family.ts';

/** OpenCLIP ViT-bigG, which the refiner has alone. */
export const OPEN_CLIP_G: TextEncoderInfo = {
  type: 'open-clip',
  name: 'OpenCLIP-G',
  width: 1280,
  layers: 32,
  state: 'penultimate',
  finalNorm: false,
  pooled: true,
  exact: false,
};

/** Colours: A1111's modules/sd_vae_approx.py cheap_approximation. */
export const SDXL_LATENT: LatentInfo = {
  of: 'Stable Diffusion XL',
  channels: 4,
  scaleFactor: 0.13025,
  preview: [
    [0.3448, 0.4168, 0.4395],
    [-0.1953, -0.029, 0.025],
    [0.1074, 0.0886, -0.0163],
    [-0.373, -0.2499, -0.2088],
  ],
  // sdxl_vae, sdxl-vae-fp16-fix, taesdxl_decoder.
  vaeNames: /xl/i,
  tinyVae: 'taesdxl',
};

/** Of those it was trained with (Podell et al. 2023, appendix I), one for each usual aspect ratio. */
export const SDXL_SIZES: readonly Size[] = [
  { width: 1024, height: 1024 },
  { width: 1152, height: 896 },
  { width: 896, height: 1152 },
  { width: 1216, height: 832 },
  { width: 832, height: 1216 },
  { width: 1344, height: 768 },
  { width: 768, height: 1344 },
  { width: 1536, height: 640 },
  { width: 640, height: 1536 },
];

export const SDXL: Family = {
  id: 'sdxl',
  name: 'Stable Diffusion XL',
  shortName: 'Stable Diffusion XL',
  recognise: ({ vector, namedAsInSd }) => vector && !namedAsInSd,
  kinds: [
    {
      kind: 'sdxl-base',
      label: 'Stable Diffusion XL base',
      channels: 4,
      supported: true,
      prediction: 'epsilon',
    },
    {
      kind: 'sdxl-inpainting',
      label: 'Stable Diffusion XL inpainting',
      channels: 9,
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
        state: 'clip-skip-if-set',
        finalNorm: false,
        pooled: false,
        exact: true,
      },
      OPEN_CLIP_G,
    ],
    width: 2048,
    emptyNegative: 'zeros',
  },
  unet: {
    heads: { size: 64 },
    linearProjections: true,
    modelChannels: 320,
    vector: ['height', 'width', 'crop top', 'crop left', 'target height', 'target width'],
  },
  latent: SDXL_LATENT,
  noiseLevelsOfFile: false,
  greyMasks: false,
  optimizedFor: 'sdxl',
  architectures: {},
  mayPredictV: true,
  sizes: { usual: SDXL_SIZES },
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
      name: /\b(lightning|dmd2?)\b/,
      label: 'SDXL Lightning',
      steps: 8,
      cfgScale: 1,
      sampler: 'Euler',
      scheduler: 'SGM Uniform',
    },
    {
      name: /\bhyper\b/,
      label: 'Hyper-SDXL',
      steps: 8,
      cfgScale: 1,
      sampler: 'Euler',
      scheduler: 'SGM Uniform',
    },
    { name: /\blcm\b/, label: 'LCM', steps: 6, cfgScale: 1.5, sampler: 'LCM', scheduler: 'Automatic' },
    {
      name: /\bsd ?xl turbo\b/,
      label: 'SDXL Turbo',
      steps: 4,
      cfgScale: 1,
      sampler: 'Euler a',
      scheduler: 'Automatic',
      sizes: [{ width: 512, height: 512 }],
    },
    {
      name: /\bturbo\b/,
      label: 'Turbo',
      steps: 8,
      cfgScale: 2,
      sampler: 'DPM++ SDE',
      scheduler: 'Karras',
    },
  ],
};
