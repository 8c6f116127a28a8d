// What is known of one setting: what it is called, where it stands, and which values it can have.
import type { ImageSettingKey } from '../image-settings.ts';

/** A1111's sections of the Settings tab. */
export type SettingSection =
  | 'Stable Diffusion'
  | 'Stable Diffusion XL'
  | 'VAE'
  | 'Upscaling'
  | 'Face restoration'
  | 'img2img'
  | 'Saving images'
  | 'Live previews'
  | 'Sampler parameters'
  | 'Optimizations'
  | 'Compatibility';

interface Common {
  readonly key: ImageSettingKey;
  /** As A1111's Settings tab names it. */
  readonly label: string;
  readonly section: SettingSection;
  /** Key in the parameters text; null where the setting does not go there (it changes no picture). */
  readonly infotext: string | null;
}

export type SettingInfo = Common &
  (
    | {
        readonly kind: 'number';
        readonly standard: number;
        readonly min: number;
        /** Of the slider. */
        readonly max: number;
        /** Up to which texts and programs may ask. */
        readonly limit: number;
        readonly step: number;
      }
    | { readonly kind: 'switch'; readonly standard: boolean }
    | { readonly kind: 'choice'; readonly standard: string; readonly choices: readonly string[] }
    /** "#rrggbb". */
    | { readonly kind: 'color'; readonly standard: string }
    /** One of the choices, or a VAE of the library by its name. */
    | { readonly kind: 'vae'; readonly standard: string; readonly choices: readonly string[] }
    /** ... or an upscaler of the library. */
    | { readonly kind: 'upscaler'; readonly standard: string; readonly choices: readonly string[] }
  );

/** UTF-16 units of what names a file. */
export const MAX_FILE_NAME = 300;

/** Its range is the slider's; texts and programs may ask for up to `limit`. */
export const number = (standard: number, min: number, max: number, step: number, limit = max) =>
  ({ kind: 'number', standard, min, max, limit, step }) as const;
export const toggle = (standard: boolean) => ({ kind: 'switch', standard }) as const;
export const choice = (standard: string, choices: readonly string[]) =>
  ({ kind: 'choice', standard, choices }) as const;
