// Upscalers and the restoring of faces.
import { UPSCALERS } from '../../../image/upscale.ts';
import type { ImageSettingKey } from '../image-settings.ts';
import { number, toggle, choice, type SettingInfo } from './setting-info.ts';

const tileSize = (key: ImageSettingKey, label: string, infotext: string, min: number) =>
  ({ key, label, section: 'Upscaling', infotext, ...number(192, min, 512, 16, 4096) }) as const;
const tileOverlap = (key: ImageSettingKey, label: string, infotext: string) =>
  ({ key, label, section: 'Upscaling', infotext, ...number(8, 0, 48, 1) }) as const;

export const UPSCALING_SETTINGS: readonly SettingInfo[] = [
  // Not in A1111's text, though they change the picture.
  tileSize('esrganTile', 'Tile size for ESRGAN upscalers.', 'ESRGAN tile', 0),
  tileOverlap('esrganTileOverlap', 'Tile overlap for ESRGAN upscalers.', 'ESRGAN tile overlap'),
  tileSize('datTile', 'Tile size for DAT upscalers.', 'DAT tile', 0),
  tileOverlap('datTileOverlap', 'Tile overlap for DAT upscalers.', 'DAT tile overlap'),
  {
    key: 'upscalerForImg2img',
    label: 'Upscaler for img2img',
    section: 'Upscaling',
    infotext: 'Upscaler for img2img',
    ...({ kind: 'upscaler', standard: 'None', choices: UPSCALERS } as const),
  },
  tileSize('swinTile', 'Tile size for all SwinIR.', 'SwinIR tile', 16),
  tileOverlap(
    'swinTileOverlap',
    'Tile overlap, in pixels for SwinIR. Low values = visible seam.',
    'SwinIR tile overlap',
  ),
  {
    key: 'faceRestoration',
    label: 'Restore faces',
    section: 'Face restoration',
    // With the model's name, which the text gives where it is on.
    infotext: 'Face restoration',
    ...toggle(false),
  },
  {
    key: 'faceRestorationModel',
    label: 'Face restoration model',
    section: 'Face restoration',
    infotext: 'Face restoration',
    ...choice('CodeFormer', ['CodeFormer', 'GFPGAN']),
  },
  {
    key: 'codeFormerWeight',
    label: 'CodeFormer weight',
    section: 'Face restoration',
    // Not in A1111's text, though it changes the picture; "CodeFormer weight" is what Extras writes there.
    infotext: 'Face restoration weight',
    ...number(0.5, 0, 1, 0.01),
  },
];
