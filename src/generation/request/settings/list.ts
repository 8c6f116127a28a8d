// Every setting that decides a picture, one entry each: the page draws its controls from this list, requests are checked
// against it, and the parameters text is written and read by it.
import type { ImageSettings } from '../image-settings.ts';
import { IMG2IMG_SETTINGS } from './img2img.ts';
import { OPTIMIZATION_SETTINGS } from './optimizations.ts';
import { SAMPLER_SETTINGS } from './sampler-parameters.ts';
import { STABLE_DIFFUSION_SETTINGS } from './stable-diffusion.ts';
import { UPSCALING_SETTINGS } from './upscaling.ts';
import type { SettingInfo } from './setting-info.ts';

/**
 * In the order of A1111's Settings tab. Labels and ranges: modules/shared_options.py of 1.10.1; names in the text: its
 * infotext_versions and options' `infotext`. Entries with names that A1111 does not know are marked.
 */
export const IMAGE_SETTINGS: readonly SettingInfo[] = [
  ...STABLE_DIFFUSION_SETTINGS,
  ...UPSCALING_SETTINGS,
  ...IMG2IMG_SETTINGS,
  ...SAMPLER_SETTINGS,
  ...OPTIMIZATION_SETTINGS,
];

/** A1111's defaults. */
export const DEFAULT_IMAGE_SETTINGS = Object.fromEntries(
  IMAGE_SETTINGS.map(({ key, standard }) => [key, standard]),
) as unknown as ImageSettings;
