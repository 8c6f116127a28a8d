// A1111's scripts of img2img. Names of scripts and of their controls are A1111's, and the same in every language.
import type { Script } from '../../../generation/request/script.ts';

const about: Readonly<Record<Script['kind'], string>> = {
  Loopback: 'Each picture is the source of the next one.',
  'SD upscale': 'Enlarges the source and redraws it in tiles of the width and height that are set.',
  'Outpainting mk2':
    'Paints on beyond the edges of the source. Recommended: 80 to 100 sampling steps, Euler a, denoising strength 0.8.',
  "Poor man's outpainting":
    'Paints on beyond the edges of the source, in tiles of the width and height that are set.',
  'Ultimate SD upscale':
    'Enlarges the source and inpaints it tile by tile, and over the seams once more. A side of 0 is as long as the other.',
  'img2img alternative test': 'Looks for the noise that would become the source, and paints from it.',
};

export const scripts = {
  title: 'Script',
  none: 'None',
  about,
};
