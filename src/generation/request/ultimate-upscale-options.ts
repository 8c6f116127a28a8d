// The options of Ultimate SD upscale (Coyote-A/ultimate-upscale-for-automatic1111 2322caa, scripts/ultimate-upscale.py), under its labels;
// two that it calls by one name have that of their section before it. Of the keys in the text those of tile size, mask blur, padding and
// upscaler are its own, the others are named as its arguments are.
import type { UpscalerName } from '../../image/upscale.ts';
import { choice, number, upscaler, type ScriptOption } from './script-option.ts';

/** The source is enlarged to a canvas, which is inpainted tile by tile, and over its seams once more. */
export interface UltimateUpscale {
  readonly kind: 'Ultimate SD upscale';
  readonly targetSizeType: TargetSizeType;
  readonly customWidth: number;
  readonly customHeight: number;
  readonly scale: number;
  readonly upscaler: UpscalerName;
  readonly redrawMode: RedrawMode;
  /** Pixels; 0: as high as wide, as wide as high. */
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly maskBlur: number;
  /** Pixels around a tile that are painted along with it. */
  readonly padding: number;
  readonly seamsFixType: SeamsFixType;
  /** A denoising strength. */
  readonly seamsFixDenoise: number;
  readonly seamsFixWidth: number;
  readonly seamsFixMaskBlur: number;
  readonly seamsFixPadding: number;
}

export const TARGET_SIZE_TYPES = ['From img2img2 settings', 'Custom size', 'Scale from image size'] as const;
export type TargetSizeType = (typeof TARGET_SIZE_TYPES)[number];
export const REDRAW_MODES = ['Linear', 'Chess', 'None'] as const;
export type RedrawMode = (typeof REDRAW_MODES)[number];
export const SEAMS_FIX_TYPES = [
  'None',
  'Band pass',
  'Half tile offset pass',
  'Half tile offset pass + intersections',
] as const;
export type SeamsFixType = (typeof SEAMS_FIX_TYPES)[number];

const [, BAND, HALF_TILE, CROSSINGS] = SEAMS_FIX_TYPES;
const CUSTOM = { key: 'targetSizeType', of: ['Custom size'] } as const;
const SEAMS = { key: 'seamsFixType', of: [BAND, HALF_TILE, CROSSINGS] } as const;

const infotext = (name: string): string => `Ultimate SD upscale ${name}`;

/** In the order of its controls. */
export const ULTIMATE_OPTIONS: readonly ScriptOption[] = [
  {
    key: 'targetSizeType',
    label: 'Target size type',
    infotext: infotext('target_size_type'),
    ...choice(TARGET_SIZE_TYPES[0], TARGET_SIZE_TYPES),
  },
  {
    key: 'customWidth',
    label: 'Custom width',
    infotext: infotext('custom_width'),
    only: CUSTOM,
    ...number(2048, 64, 8192, 64),
  },
  {
    key: 'customHeight',
    label: 'Custom height',
    infotext: infotext('custom_height'),
    only: CUSTOM,
    ...number(2048, 64, 8192, 64),
  },
  {
    key: 'scale',
    label: 'Scale',
    infotext: infotext('custom_scale'),
    only: { key: 'targetSizeType', of: ['Scale from image size'] },
    ...number(2, 1, 16, 0.01),
  },
  { key: 'upscaler', label: 'Upscaler', infotext: infotext('upscaler'), ...upscaler },
  {
    key: 'redrawMode',
    label: 'Redraw type',
    infotext: infotext('redraw_mode'),
    ...choice(REDRAW_MODES[0], REDRAW_MODES),
  },
  {
    key: 'tileWidth',
    label: 'Tile width',
    infotext: infotext('tile_width'),
    ...number(512, 0, 2048, 64),
  },
  {
    key: 'tileHeight',
    label: 'Tile height',
    infotext: infotext('tile_height'),
    ...number(0, 0, 2048, 64),
  },
  { key: 'maskBlur', label: 'Redraw mask blur', infotext: infotext('mask_blur'), ...number(8, 0, 64, 1) },
  { key: 'padding', label: 'Redraw padding', infotext: infotext('padding'), ...number(32, 0, 512, 1) },
  {
    key: 'seamsFixType',
    label: 'Seams fix type',
    infotext: infotext('seams_fix_type'),
    ...choice(SEAMS_FIX_TYPES[0], SEAMS_FIX_TYPES),
  },
  {
    key: 'seamsFixDenoise',
    label: 'Seams fix denoise',
    infotext: infotext('seams_fix_denoise'),
    only: SEAMS,
    ...number(0.35, 0, 1, 0.01),
  },
  {
    key: 'seamsFixWidth',
    label: 'Seams fix width',
    infotext: infotext('seams_fix_width'),
    only: { key: 'seamsFixType', of: [BAND] },
    ...number(64, 0, 128, 1),
  },
  {
    key: 'seamsFixMaskBlur',
    label: 'Seams fix mask blur',
    infotext: infotext('seams_fix_mask_blur'),
    only: { key: 'seamsFixType', of: [HALF_TILE, CROSSINGS] },
    ...number(4, 0, 64, 1),
  },
  {
    key: 'seamsFixPadding',
    label: 'Seams fix padding',
    infotext: infotext('seams_fix_padding'),
    only: SEAMS,
    ...number(16, 0, 128, 1),
  },
];
