// The options of Ultimate SD upscale (Coyote-A/ultimate-upscale-for-automatic1111 2322caa, scripts/ultimate-upscale.py), under its labels;
// two that it calls by one name have that of their section before it.
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
const CUSTOM = { key: 'targetSizeType', of: [TARGET_SIZE_TYPES[1]] } as const;
const seams = (...of: readonly SeamsFixType[]) => ({ key: 'seamsFixType', of }) as const;
const SEAMS = seams(BAND, HALF_TILE, CROSSINGS);

/** Said in texts under the name that the extension has for the argument: "tileWidth" as "Ultimate SD upscale tile_width". */
function option<T extends object>(
  key: Exclude<keyof UltimateUpscale, 'kind'>,
  label: string,
  kind: T,
  only?: ScriptOption['only'],
) {
  const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { key, label, infotext: `Ultimate SD upscale ${name}`, ...kind, ...(only && { only }) };
}

/** In the order of its controls. */
export const ULTIMATE_OPTIONS: readonly ScriptOption[] = [
  option('targetSizeType', 'Target size type', choice(TARGET_SIZE_TYPES[0], TARGET_SIZE_TYPES)),
  option('customWidth', 'Custom width', number(2048, 64, 8192, 64), CUSTOM),
  option('customHeight', 'Custom height', number(2048, 64, 8192, 64), CUSTOM),
  option('scale', 'Scale', number(2, 1, 16, 0.01), { key: 'targetSizeType', of: [TARGET_SIZE_TYPES[2]] }),
  option('upscaler', 'Upscaler', upscaler),
  option('redrawMode', 'Redraw type', choice(REDRAW_MODES[0], REDRAW_MODES)),
  option('tileWidth', 'Tile width', number(512, 0, 2048, 64)),
  option('tileHeight', 'Tile height', number(0, 0, 2048, 64)),
  option('maskBlur', 'Redraw mask blur', number(8, 0, 64, 1)),
  option('padding', 'Redraw padding', number(32, 0, 512, 1)),
  option('seamsFixType', 'Seams fix type', choice(SEAMS_FIX_TYPES[0], SEAMS_FIX_TYPES)),
  option('seamsFixDenoise', 'Seams fix denoise', number(0.35, 0, 1, 0.01), SEAMS),
  option('seamsFixWidth', 'Seams fix width', number(64, 0, 128, 1), seams(BAND)),
  option('seamsFixMaskBlur', 'Seams fix mask blur', number(4, 0, 64, 1), seams(HALF_TILE, CROSSINGS)),
  option('seamsFixPadding', 'Seams fix padding', number(16, 0, 128, 1), SEAMS),
];
