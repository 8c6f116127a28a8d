// Resizing of planes as matrices: what torch.nn.functional.interpolate does to one axis (ATen/native/UpSample.h), corners not aligned,
// without smoothing.
import type { PlaneMatrices } from './plane-maps.ts';
import type { Sizes } from '../level.ts';

export const SCALERS = ['bicubic', 'bilinear', 'nearest', 'nearest-exact'] as const;

export type Scaler = (typeof SCALERS)[number];

/** Keys' kernel with PyTorch's choice of its parameter. */
const CUBIC = -0.75;

/**
 * Of one axis: [to, from]. `step`: how far apart pixels of the result lie in what is resized; where a factor is told, it is one over that,
 * whatever size comes out.
 */
export function resizingMatrix(scaler: Scaler, from: number, to: number, step?: number): Float32Array {
  const matrix = new Float32Array(to * from);
  const apart = Math.fround(step ?? from / to);
  for (let i = 0; i < to; i++) {
    for (const [at, weight] of taps(scaler, i, apart)) {
      const inside = Math.min(from - 1, Math.max(0, at));
      matrix[i * from + inside]! += weight;
    }
  }
  return matrix;
}

/** Of both axes. */
export function resizing(scaler: Scaler, from: Sizes, to: Sizes, step?: number): PlaneMatrices {
  return {
    rows: resizingMatrix(scaler, from.height, to.height, step),
    columns: resizingMatrix(scaler, from.width, to.width, step),
  };
}

/** Where pixel `i` of the result looks, and with what weight. Floats are rounded as PyTorch's are. */
function taps(scaler: Scaler, i: number, step: number): readonly (readonly [at: number, weight: number])[] {
  if (scaler === 'nearest') return [[Math.floor(Math.fround(i * step)), 1]];
  const centre = Math.fround(Math.fround(i + 0.5) * step);
  if (scaler === 'nearest-exact') return [[Math.floor(centre), 1]];
  const place = Math.fround(centre - 0.5);
  if (scaler === 'bilinear') {
    const inside = Math.max(0, place);
    const first = Math.floor(inside);
    return [
      [first, 1 - (inside - first)],
      [first + 1, inside - first],
    ];
  }
  const first = Math.floor(place);
  return [-1, 0, 1, 2].map((offset) => [first + offset, cubic(place - first - offset)] as const);
}

function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1;
  if (x < 2) return ((CUBIC * x - 5 * CUBIC) * x + 8 * CUBIC) * x - 4 * CUBIC;
  return 0;
}
