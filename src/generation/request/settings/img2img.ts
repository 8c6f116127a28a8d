// img2img, and which pictures of a run are kept beside the last.
import { number, toggle, type SettingInfo } from './setting-info.ts';

export const IMG2IMG_SETTINGS: readonly SettingInfo[] = [
  {
    key: 'inpaintingMaskWeight',
    label: 'Inpainting conditioning mask strength',
    section: 'img2img',
    infotext: 'Conditional mask weight',
    ...number(1, 0, 1, 0.01),
  },
  {
    key: 'initialNoiseMultiplier',
    label: 'Noise multiplier for img2img',
    section: 'img2img',
    infotext: 'Noise multiplier',
    ...number(1, 0, 1.5, 0.001, 100),
  },
  {
    key: 'img2imgExtraNoise',
    label: 'Extra noise multiplier for img2img and hires fix',
    section: 'img2img',
    infotext: 'Extra noise',
    ...number(0, 0, 1, 0.01, 100),
  },
  {
    key: 'img2imgColorCorrection',
    label: 'Apply color correction to img2img results to match original colors',
    section: 'img2img',
    // Not in A1111's text, though it changes the picture; nor are the next ones.
    infotext: 'Img2img color correction',
    ...toggle(false),
  },
  {
    key: 'img2imgFixSteps',
    label: 'With img2img, do exactly the amount of steps the slider specifies',
    section: 'img2img',
    infotext: 'Exact img2img steps',
    ...toggle(false),
  },
  {
    key: 'img2imgBackgroundColor',
    label: 'With img2img, fill transparent parts of the input image with this color',
    section: 'img2img',
    infotext: 'Img2img background color',
    ...({ kind: 'color', standard: '#ffffff' } as const),
  },
  {
    key: 'returnMask',
    label: 'For inpainting, include the greyscale mask in results for web',
    section: 'img2img',
    infotext: null,
    ...toggle(false),
  },
  {
    key: 'returnMaskComposite',
    label: 'For inpainting, include masked composite in results for web',
    section: 'img2img',
    infotext: null,
    ...toggle(false),
  },
  {
    key: 'overlayInpaint',
    label: 'Overlay original for inpaint',
    section: 'img2img',
    infotext: 'Overlay original for inpaint',
    ...toggle(true),
  },
  {
    key: 'saveBeforeFaceRestoration',
    label: 'Save a copy of image before doing face restoration.',
    section: 'Saving images',
    infotext: null,
    ...toggle(false),
  },
  {
    key: 'saveBeforeHires',
    label: 'Save a copy of image before applying highres fix.',
    section: 'Saving images',
    infotext: null,
    ...toggle(false),
  },
];
