// What saves time, and what keeps old pictures reproducible.
import { number, toggle, type SettingInfo } from './setting-info.ts';

export const OPTIMIZATION_SETTINGS: readonly SettingInfo[] = [
  {
    key: 'sMinUncond',
    label: 'Negative Guidance minimum sigma',
    section: 'Optimizations',
    infotext: 'NGMS',
    ...number(0, 0, 15, 0.01, 10_000),
  },
  {
    key: 'sMinUncondAll',
    label: 'Negative Guidance minimum sigma all steps',
    section: 'Optimizations',
    infotext: 'NGMS all steps',
    ...toggle(false),
  },
  {
    key: 'tokenMergingRatio',
    label: 'Token merging ratio',
    section: 'Optimizations',
    infotext: 'Token merging ratio',
    ...number(0, 0, 0.9, 0.1, 1),
  },
  {
    key: 'tokenMergingRatioImg2img',
    label: 'Token merging ratio for img2img',
    section: 'Optimizations',
    // In an img2img picture's text it stands as "Token merging ratio".
    infotext: null,
    ...number(0, 0, 0.9, 0.1, 1),
  },
  {
    key: 'tokenMergingRatioHr',
    label: 'Token merging ratio for high-res pass',
    section: 'Optimizations',
    infotext: 'Token merging ratio hr',
    ...number(0, 0, 0.9, 0.1, 1),
  },
  {
    key: 'spectrumWindow',
    label: 'Step forecasting (Spectrum), window',
    section: 'Optimizations',
    // A1111 has nothing like it.
    infotext: 'Spectrum window',
    ...number(0, 0, 6, 1),
  },
  {
    key: 'padConds',
    label: 'Pad prompt/negative prompt',
    section: 'Optimizations',
    infotext: 'Pad conds',
    ...toggle(false),
  },
  {
    key: 'padCondsV0',
    label: 'Pad prompt/negative prompt (v0)',
    section: 'Optimizations',
    infotext: 'Pad conds v0',
    ...toggle(false),
  },
  {
    key: 'batchCondUncond',
    label: 'Batch cond/uncond',
    section: 'Optimizations',
    infotext: null,
    ...toggle(true),
  },
  {
    key: 'oldEmphasis',
    label: 'Use old emphasis implementation',
    section: 'Compatibility',
    // Not in A1111's text, though it changes the picture.
    infotext: 'Old emphasis',
    ...toggle(false),
  },
  {
    key: 'useOldKarrasSigmas',
    label: 'Use old karras scheduler sigmas (0.1 to 10)',
    section: 'Compatibility',
    // Not in A1111's text, though it changes the picture.
    infotext: 'Old karras sigmas',
    ...toggle(false),
  },
  {
    key: 'oldScheduling',
    label: 'Use old prompt editing timelines',
    section: 'Compatibility',
    infotext: 'Old prompt editing timelines',
    ...toggle(false),
  },
  {
    key: 'downcastAlphas',
    label: 'Downcast model alphas_cumprod to fp16 before sampling',
    section: 'Compatibility',
    infotext: 'Downcast alphas_cumprod',
    ...toggle(false),
  },
  {
    key: 'controlHeads8',
    label: 'ControlNet: SD 2 networks with 8 heads, as the extension runs them',
    section: 'Compatibility',
    // The extension has no other way.
    infotext: 'ControlNet 8 heads',
    ...toggle(false),
  },
];
