// Soft inpainting's overlay: where little has changed in the latent, the source stays (A1111 extensions-builtin/soft-inpainting,
// apply_adaptive_masks). float32 wherever torch and numpy compute in it.
import { gaussianBlur } from '../../image/gaussian-blur.ts';
import { greyOf, type Mask } from '../../image/mask.ts';
import { resizeToFit } from '../../image/resize-modes.ts';
import { lengthAcross } from '../../sampling/latent-mask.ts';
import type { SoftInpainting } from '../request/request.ts';

/** Of the kernel: so many pixels to each side. */
const REACH = 2;
const DEVIATION = 1.5;
/** Of the last blur, in pixels of the picture. */
const BLUR_RADIUS = 4;
const round = Math.fround;

/** One picture's latents, [c, height, width]. */
export interface PaintedLatent {
  readonly original: Float32Array;
  readonly painted: Float32Array;
}

/** White where the painted picture is to be seen; of the painted size. `paint`: the latent mask. */
export function softOverlayMask(
  latent: PaintedLatent,
  paint: Float32Array,
  soft: SoftInpainting,
  width: number,
  height: number,
): Mask {
  const [columns, rows] = [Math.floor(width / 8), Math.floor(height / 8)];
  const distances = smoothed(distancesOf(latent, paint.length), columns, rows);
  const data = new Uint8Array(columns * rows);
  for (let i = 0; i < data.length; i += 1)
    data[i] = opacity(distances[i]!, round(soft.differenceThreshold * scaleOf(paint[i]!, soft)), soft);
  const small: Mask = { width: columns, height: rows, channels: 1, data };
  return gaussianBlur(greyOf(resizeToFit(small, 'Resize and fill', width, height)), BLUR_RADIUS);
}

/** Between the latents, of each pixel. */
function distancesOf({ original, painted }: PaintedLatent, area: number): Float32Array {
  const change = painted.map((value, i) => value - original[i]!);
  return Float32Array.from({ length: area }, (_, i) => lengthAcross(change, i, area, change.length / area));
}

/** What the threshold is multiplied by: more where little is masked, as far as the mask has influence. */
function scaleOf(paint: number, { preservationStrength, maskInfluence }: SoftInpainting): number {
  const kept = round(1 - round(paint ** (preservationStrength / 2)));
  const share = round(round(0.5 * (1 - maskInfluence)) + round(kept * maskInfluence));
  return round(share / round(round(1.00001) - share));
}

/** 0..255 for a distance of which `half` gives half of it. */
function opacity(distance: number, half: number, { differenceContrast }: SoftInpainting): number {
  const ratio = round(distance / half);
  const kept = round(1 / round(1 + round(ratio ** differenceContrast)));
  // Perlin's smoother step.
  const curve = round(round(kept * round(round(6 * kept) - 15)) + 10);
  const eased = round(round(round(kept * kept) * kept) * curve);
  return Math.trunc(round(255 * round(1 - eased))) || 0;
}

/** Outliers give way: near the largest of the neighbourhood, then its middle half. */
function smoothed(values: Float32Array, columns: number, rows: number): Float32Array {
  const largest = weightedRange(values, columns, rows, 0.9, 1);
  return weightedRange(largest, columns, rows, 0.25, 0.75);
}

/**
 * Of each pixel the mean of its neighbours that lie, in order and by their weights, between two shares of all; at least 1 of weight.
 */
function weightedRange(
  values: Float32Array,
  columns: number,
  rows: number,
  lowest: number,
  highest: number,
): Float32Array {
  return values.map((_, i) => {
    const found = neighbours(values, i % columns, Math.floor(i / columns), columns, rows);
    const total = found.reduce((sum, { weight }) => sum + weight, 0);
    return meanBetween(found, ...rangeOf(total, lowest, highest));
  });
}

interface Weighed {
  readonly value: number;
  readonly weight: number;
}

/** In order of their values. */
function neighbours(
  values: Float32Array,
  x: number,
  y: number,
  columns: number,
  rows: number,
): readonly Weighed[] {
  const found: Weighed[] = [];
  for (let row = Math.max(0, y - REACH); row <= Math.min(rows - 1, y + REACH); row += 1) {
    for (let column = Math.max(0, x - REACH); column <= Math.min(columns - 1, x + REACH); column += 1)
      found.push({ value: values[row * columns + column]!, weight: weightAt(row - y, column - x) });
  }
  return found.sort((a, b) => a.value - b.value);
}

/** A bell that comes to 0 one pixel beyond the reach. */
function weightAt(dy: number, dx: number): number {
  const bell = (squares: number): number => Math.exp(-squares / DEVIATION ** 2);
  const end = bell((REACH + 1) ** 2);
  return Math.max(0, (bell(dx ** 2 + dy ** 2) - end) * (1 / (1 - end)));
}

function rangeOf(total: number, lowest: number, highest: number): readonly [from: number, to: number] {
  let [from, to] = [total * lowest, total * highest];
  if (to - from >= 1) return [from, to];
  const middle = (from + to) / 2;
  [from, to] = [middle - 0.5, middle + 0.5];
  if (to > total) [from, to] = [total - 1, total];
  return from < 0 ? [0, 1] : [from, to];
}

function meanBetween(found: readonly Weighed[], from: number, to: number): number {
  let [end, sum, weights] = [0, 0, 0];
  for (const { value, weight } of found) {
    const start = end;
    end += weight;
    const share = Math.min(to, end) - Math.max(from, start);
    if (share <= 0) continue;
    sum += value * share;
    weights += share;
  }
  return weights === 0 ? 0 : sum / weights;
}
