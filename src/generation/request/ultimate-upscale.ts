// How much Ultimate SD upscale paints: its canvas, and the sizes of its passes (Coyote-A/ultimate-upscale-for-automatic1111 2322caa). What
// of the canvas each of them paints: scripts/ultimate-upscale-places.ts.
import type { Size } from '../../image/picture-file.ts';
import type { UltimateUpscale } from './ultimate-upscale-options.ts';

export interface UltimateSizes {
  readonly canvas: Size;
  /** Of the passes over the tiles, in pixels. */
  readonly redraw: readonly Size[];
  /** ... and over the seams, in their order. */
  readonly seams: readonly Size[];
}

/** Sides of what is redrawn, and of a canvas that is told by its scale, are multiples of this. */
const SIZE_STEP = 64;
export const LEAST_TILE = 64;
/** As the largest picture that there may be has of the smallest ones. */
const MOST_TILES = 2 ** 14;

const roundedUp = (length: number): number => Math.ceil(length / SIZE_STEP) * SIZE_STEP;
/** To what has a latent; the original paints as much of sizes between. */
const roundedDown = (length: number): number => Math.floor(length / 8) * 8;

/** A side of 0 is as long as the other. */
export function tileOf({ tileWidth, tileHeight }: UltimateUpscale): Size {
  return { width: tileWidth || tileHeight, height: tileHeight || tileWidth };
}

/** How many tiles a canvas has. */
export function cellsOf(tile: Size, canvas: Size): { readonly columns: number; readonly rows: number } {
  return { columns: Math.ceil(canvas.width / tile.width), rows: Math.ceil(canvas.height / tile.height) };
}

/** `settings`: the size that img2img is set to. Of tiles that are too small, or too many, nothing is painted. */
export function ultimateSizes(script: UltimateUpscale, settings: Size, source: Size): UltimateSizes {
  const canvas = canvasOf(script, settings, source);
  const tile = tileOf(script);
  const { columns, rows } = cellsOf(tile, canvas);
  if (Math.min(tile.width, tile.height) < LEAST_TILE || columns * rows > MOST_TILES)
    return { canvas, redraw: [], seams: [] };
  const padded = (length: number): number => roundedUp(length + script.padding);
  const band = roundedDown(script.seamsFixWidth + 2 * script.seamsFixPadding);
  const [upright, level] = [(columns - 1) * rows, columns * (rows - 1)];
  const crossings = (columns - 1) * (rows - 1);
  const seams = {
    None: [],
    'Band pass': [
      ...times(columns - 1, { ...canvas, width: band }),
      ...times(rows - 1, { ...canvas, height: band }),
    ],
    'Half tile offset pass': times(upright + level, tile),
    'Half tile offset pass + intersections': times(upright + level + crossings, tile),
  };
  const tiles = { width: padded(tile.width), height: padded(tile.height) };
  return {
    canvas,
    redraw: script.redrawMode === 'None' ? [] : times(columns * rows, tiles),
    seams: seams[script.seamsFixType],
  };
}

function times(count: number, { width, height }: Size): Size[] {
  return Array.from({ length: count }, () => ({ width: roundedDown(width), height: roundedDown(height) }));
}

function canvasOf(
  { targetSizeType, customWidth, customHeight, scale }: UltimateUpscale,
  settings: Size,
  source: Size,
): Size {
  if (targetSizeType === 'Custom size') return { width: customWidth, height: customHeight };
  if (targetSizeType === 'Scale from image size')
    return { width: roundedUp(source.width * scale), height: roundedUp(source.height * scale) };
  return { width: settings.width, height: settings.height };
}
