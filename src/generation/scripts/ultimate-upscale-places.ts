// What of the canvas the passes of Ultimate SD upscale paint, in its order (Coyote-A/ultimate-upscale-for-automatic1111 2322caa,
// USDURedraw and USDUSeamsFix).
import type { Size } from '../../image/picture-file.ts';
import { cellsOf, tileOf, type UltimateSizes } from '../request/ultimate-upscale.ts';
import type { UltimateUpscale } from '../request/ultimate-upscale-options.ts';

/** The part of the canvas that a pass masks, in pixels. It may reach beyond the canvas. */
export interface MaskedPlace extends Size {
  readonly left: number;
  readonly top: number;
  /**
   * All of it, or a shade that is strongest along a line through the middle ('upright', 'level') or in the middle ('round'); a band is
   * one that crosses the canvas.
   */
  readonly shape: 'tile' | 'upright band' | 'level band' | 'upright' | 'level' | 'round';
}

interface Painted {
  readonly place: MaskedPlace;
  /** Pixels around the place. */
  readonly padding: number;
  readonly maskBlur: number;
  /** Null for the request's. */
  readonly denoisingStrength: number | null;
}

/** A run of inpainting, "Only masked". Width and height: what the masked part and its padding are brought to. */
export type UltimatePass = Painted & Size;

export function ultimatePasses(
  script: UltimateUpscale,
  { canvas, redraw, seams }: UltimateSizes,
): { readonly redraw: readonly UltimatePass[]; readonly seams: readonly UltimatePass[] } {
  const [tiles, overSeams] = [redrawn(script, canvas), seamsOf(script, canvas)];
  return {
    redraw: redraw.map((size, i) => ({ ...tiles[i]!, ...size })),
    seams: seams.map((size, i) => ({ ...overSeams[i]!, ...size })),
  };
}

/** Row by row. */
function grid(columns: number, rows: number): (readonly [column: number, row: number])[] {
  return Array.from({ length: columns * rows }, (_, i) => [i % columns, Math.floor(i / columns)]);
}

function redrawn(script: UltimateUpscale, canvas: Size): Painted[] {
  const { padding, maskBlur } = script;
  const tile = tileOf(script);
  const { columns, rows } = cellsOf(tile, canvas);
  const cells = grid(columns, rows);
  const isWhite = ([column, row]: (typeof cells)[number]): boolean => (column + row) % 2 === 0;
  const ordered =
    script.redrawMode === 'Chess'
      ? [...cells.filter(isWhite), ...cells.filter((cell) => !isWhite(cell))]
      : cells;
  return ordered.map(([column, row]) => ({
    // Pillow's rectangles have both of their edges, so that tiles overlap by a pixel.
    place: {
      shape: 'tile',
      ...{ left: column * tile.width, top: row * tile.height },
      ...{ width: tile.width + 1, height: tile.height + 1 },
    },
    ...{ padding, maskBlur, denoisingStrength: null },
  }));
}

function seamsOf(script: UltimateUpscale, canvas: Size): Painted[] {
  const { seamsFixPadding: padding, seamsFixMaskBlur: maskBlur, seamsFixDenoise: denoisingStrength } = script;
  switch (script.seamsFixType) {
    case 'None':
      return [];
    case 'Band pass':
      return bands(script, canvas).map((place) => ({ place, padding, maskBlur: 0, denoisingStrength }));
    case 'Half tile offset pass':
      return astride(script, canvas).map((place) => ({ place, padding, maskBlur, denoisingStrength }));
    case 'Half tile offset pass + intersections':
      return [
        ...astride(script, canvas).map((place) => ({ place, padding, maskBlur, denoisingStrength })),
        ...crossings(script, canvas).map((place) => ({ place, padding: 0, maskBlur, denoisingStrength })),
      ];
  }
}

/** Along the whole of each seam. */
function bands(script: UltimateUpscale, canvas: Size): MaskedPlace[] {
  const { seamsFixWidth: width } = script;
  const tile = tileOf(script);
  const { columns, rows } = cellsOf(tile, canvas);
  const half = Math.floor(width / 2);
  const seams = (count: number): number[] => Array.from({ length: count - 1 }, (_, i) => i + 1);
  return [
    ...seams(columns).map((column) => ({
      shape: 'upright band' as const,
      ...{ left: column * tile.width - half, top: 0, width, height: canvas.height },
    })),
    ...seams(rows).map((row) => ({
      shape: 'level band' as const,
      ...{ left: 0, top: row * tile.height - half, width: canvas.width, height: width },
    })),
  ];
}

/** Tiles that lie astride of the seams, level ones first. */
function astride(script: UltimateUpscale, canvas: Size): MaskedPlace[] {
  const tile = tileOf(script);
  const { columns, rows } = cellsOf(tile, canvas);
  const [across, down] = [Math.floor(tile.width / 2), Math.floor(tile.height / 2)];
  return [
    ...grid(columns, rows - 1).map(([column, row]) => ({
      ...{ shape: 'level' as const, left: column * tile.width, top: row * tile.height + down, ...tile },
    })),
    ...grid(columns - 1, rows).map(([column, row]) => ({
      ...{ shape: 'upright' as const, left: column * tile.width + across, top: row * tile.height, ...tile },
    })),
  ];
}

/** Tiles around the points where four tiles meet. */
function crossings(script: UltimateUpscale, canvas: Size): MaskedPlace[] {
  const tile = tileOf(script);
  const { columns, rows } = cellsOf(tile, canvas);
  const [across, down] = [Math.floor(tile.width / 2), Math.floor(tile.height / 2)];
  return grid(columns - 1, rows - 1).map(([column, row]) => ({
    shape: 'round',
    ...{ left: column * tile.width + across, top: row * tile.height + down, ...tile },
  }));
}
