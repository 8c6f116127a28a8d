// What Ultimate SD upscale paints, in its order (Coyote-A/ultimate-upscale-for-automatic1111 2322caa, USDURedraw and USDUSeamsFix): how
// large the canvas is, and of each pass what is masked and at which size it is painted.
import type { Size } from '../../image/picture-file.ts';
import { MAX_PIXELS } from '../../image/png.ts';
import type { UltimateUpscale } from './ultimate-upscale-options.ts';

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

/** A run of inpainting, "Only masked". Width and height: what the masked part and its padding are brought to. */
export interface UltimatePass extends Size {
  readonly place: MaskedPlace;
  readonly padding: number;
  readonly maskBlur: number;
  /** Null for the request's. */
  readonly denoisingStrength: number | null;
}

export interface UltimatePlan {
  readonly canvas: Size;
  readonly redraw: readonly UltimatePass[];
  readonly seams: readonly UltimatePass[];
}

/** Sides of what is redrawn, and of a canvas that is told by its scale, are multiples of this. */
const SIZE_STEP = 64;
const LEAST_TILE = 64;

const roundedUp = (length: number): number => Math.ceil(length / SIZE_STEP) * SIZE_STEP;
/** To what has a latent; the original paints as much of sizes between. */
const roundedDown = (length: number): number => Math.floor(length / 8) * 8;

/** What is wrong with the options taken together; empty when nothing is. */
export function ultimateProblems(script: UltimateUpscale): string[] {
  const tile = tileOf(script);
  const problems: string[] = [];
  if (Math.min(tile.width, tile.height) < LEAST_TILE)
    problems.push(
      `Tile width and tile height of ${script.kind} must be at least ${LEAST_TILE}, or one of them 0.`,
    );
  if (script.redrawMode === 'None' && script.seamsFixType === 'None')
    problems.push(`${script.kind} would paint nothing; choose another redraw type or a seams fix type.`);
  const { seamsFixWidth: width, seamsFixPadding: padding } = script;
  if (script.seamsFixType === 'Band pass' && (width < 1 || width + 2 * padding < 8))
    problems.push(`Seams fix width must leave something to paint; it is ${width}.`);
  return problems;
}

/** A side of 0 is as long as the other. */
export function tileOf({ tileWidth, tileHeight }: UltimateUpscale): Size {
  return { width: tileWidth || tileHeight, height: tileHeight || tileWidth };
}

/** `settings`: the size that img2img is set to. Nothing is painted of what is no valid request, or larger than a picture may be. */
export function planUltimateUpscale(script: UltimateUpscale, settings: Size, source: Size): UltimatePlan {
  const canvas = canvasOf(script, settings, source);
  if (canvas.width * canvas.height > MAX_PIXELS || ultimateProblems(script).length > 0)
    return { canvas, redraw: [], seams: [] };
  return { canvas, redraw: redrawPasses(script, canvas), seams: seamPasses(script, canvas) };
}

function canvasOf(
  { targetSizeType, ...script }: UltimateUpscale,
  { width, height }: Size,
  source: Size,
): Size {
  switch (targetSizeType) {
    case 'From img2img2 settings':
      return { width, height };
    case 'Custom size':
      return { width: script.customWidth, height: script.customHeight };
    case 'Scale from image size':
      return {
        width: roundedUp(source.width * script.scale),
        height: roundedUp(source.height * script.scale),
      };
  }
}

function cellsOf(tile: Size, canvas: Size): { readonly columns: number; readonly rows: number } {
  return {
    columns: Math.ceil(canvas.width / tile.width),
    rows: Math.ceil(canvas.height / tile.height),
  };
}

/** Row by row. */
function grid(columns: number, rows: number): (readonly [column: number, row: number])[] {
  return Array.from({ length: Math.max(0, columns) * Math.max(0, rows) }, (_, i) => [
    i % columns,
    Math.floor(i / columns),
  ]);
}

function redrawPasses(script: UltimateUpscale, canvas: Size): UltimatePass[] {
  const { redrawMode, padding, maskBlur } = script;
  if (redrawMode === 'None') return [];
  const tile = tileOf(script);
  const { columns, rows } = cellsOf(tile, canvas);
  const cells = grid(columns, rows);
  const isWhite = ([column, row]: (typeof cells)[number]): boolean => (column + row) % 2 === 0;
  const ordered =
    redrawMode === 'Linear' ? cells : [...cells.filter(isWhite), ...cells.filter((cell) => !isWhite(cell))];
  return ordered.map(([column, row]) => ({
    width: roundedUp(tile.width + padding),
    height: roundedUp(tile.height + padding),
    // Pillow's rectangles have both of their edges, so that tiles overlap by a pixel.
    place: {
      shape: 'tile',
      ...{ left: column * tile.width, top: row * tile.height },
      ...{ width: tile.width + 1, height: tile.height + 1 },
    },
    ...{ padding, maskBlur, denoisingStrength: null },
  }));
}

function seamPasses(script: UltimateUpscale, canvas: Size): UltimatePass[] {
  switch (script.seamsFixType) {
    case 'None':
      return [];
    case 'Band pass':
      return bandPasses(script, canvas);
    case 'Half tile offset pass':
      return halfTilePasses(script, canvas);
    case 'Half tile offset pass + intersections':
      return [...halfTilePasses(script, canvas), ...crossingPasses(script, canvas)];
  }
}

/** Along the whole of each seam. */
function bandPasses(script: UltimateUpscale, canvas: Size): UltimatePass[] {
  const { seamsFixWidth: width, seamsFixPadding: padding, seamsFixDenoise: denoisingStrength } = script;
  const tile = tileOf(script);
  const { columns, rows } = cellsOf(tile, canvas);
  const painted = roundedDown(width + 2 * padding);
  const half = Math.floor(width / 2);
  const common = { padding, maskBlur: 0, denoisingStrength };
  const seams = (count: number): number[] => Array.from({ length: count - 1 }, (_, i) => i + 1);
  return [
    ...seams(columns).map((column): UltimatePass => ({
      ...{ width: painted, height: roundedDown(canvas.height), ...common },
      place: {
        shape: 'upright band',
        ...{ left: column * tile.width - half, top: 0, width, height: canvas.height },
      },
    })),
    ...seams(rows).map((row): UltimatePass => ({
      ...{ width: roundedDown(canvas.width), height: painted, ...common },
      place: {
        shape: 'level band',
        ...{ left: 0, top: row * tile.height - half, width: canvas.width, height: width },
      },
    })),
  ];
}

/** By tiles that lie astride of the seams, level ones first. */
function halfTilePasses(script: UltimateUpscale, canvas: Size): UltimatePass[] {
  const tile = tileOf(script);
  const { columns, rows } = cellsOf(tile, canvas);
  const [across, down] = [Math.floor(tile.width / 2), Math.floor(tile.height / 2)];
  const passOf = offsetPass(script, script.seamsFixPadding);
  return [
    ...grid(columns, rows - 1).map(([column, row]) =>
      passOf('level', column * tile.width, row * tile.height + down),
    ),
    ...grid(columns - 1, rows).map(([column, row]) =>
      passOf('upright', column * tile.width + across, row * tile.height),
    ),
  ];
}

/** By tiles around the points where four tiles meet. */
function crossingPasses(script: UltimateUpscale, canvas: Size): UltimatePass[] {
  const tile = tileOf(script);
  const { columns, rows } = cellsOf(tile, canvas);
  const [across, down] = [Math.floor(tile.width / 2), Math.floor(tile.height / 2)];
  const passOf = offsetPass(script, 0);
  return grid(columns - 1, rows - 1).map(([column, row]) =>
    passOf('round', column * tile.width + across, row * tile.height + down),
  );
}

function offsetPass(script: UltimateUpscale, padding: number) {
  const tile = tileOf(script);
  const { seamsFixDenoise: denoisingStrength, seamsFixMaskBlur: maskBlur } = script;
  return (shape: MaskedPlace['shape'], left: number, top: number): UltimatePass => ({
    ...{ width: roundedDown(tile.width), height: roundedDown(tile.height) },
    place: { shape, left, top, ...tile },
    ...{ padding, maskBlur, denoisingStrength },
  });
}

/**
 * By which whole numbers, one after the other, an upscaler enlarges a picture to be `scale` times as large or more: 4, 3 or 2 as long as
 * one divides what is left. What none divides is rounded up, where the original stops with an error once it has begun.
 */
export function enlargingFactors(scale: number): number[] {
  const factors: number[] = [];
  for (let rest = Math.ceil(scale); ;) {
    const factor = [4, 3, 2].find((divisor) => rest % divisor === 0);
    if (factor !== undefined) {
      factors.push(factor);
      rest /= factor;
      if (rest === 1) return factors;
    } else rest += 1;
  }
}
