// Planes of numbers resized as torch.nn.functional.interpolate does it, align_corners=False: what A1111 makes of latents.
import { emptyPlanes, type Planes } from './tiles.ts';

/** By torch's names; "antialiased": with antialias=True. */
export type PlaneFilter =
  'bilinear' | 'bilinear antialiased' | 'bicubic' | 'bicubic antialiased' | 'nearest' | 'nearest-exact';

/** What one place along a side is made of: neighbours, and how much each counts. */
interface Taps {
  readonly at: readonly number[];
  readonly weights: readonly number[];
}

/** The taps of place `i`; `scale`: the length over the length that is wanted. */
type TapsOf = (i: number, length: number, scale: number) => Taps;

/** torch's bicubic kernel, and the one it takes where it antialiases. */
const CUBIC = -0.75;
const CUBIC_ANTIALIASED = -0.5;

const FILTERS: Readonly<Record<PlaneFilter, TapsOf>> = {
  bilinear: (i, length, scale) => {
    const at = Math.max(0, (i + 0.5) * scale - 0.5);
    const low = Math.floor(at);
    return { at: [low, Math.min(low + 1, length - 1)], weights: [1 - (at - low), at - low] };
  },
  'bilinear antialiased': antialiased((x) => Math.max(0, 1 - Math.abs(x)), 1),
  bicubic: (i, length, scale) => {
    const at = (i + 0.5) * scale - 0.5;
    const places = [-1, 0, 1, 2].map((step) => Math.floor(at) + step);
    return {
      at: places.map((place) => Math.min(Math.max(place, 0), length - 1)),
      weights: places.map((place) => cubic(at - place, CUBIC)),
    };
  },
  'bicubic antialiased': antialiased((x) => cubic(x, CUBIC_ANTIALIASED), 2),
  // In float32, as torch has it: float64 would come out on the other side of some whole numbers.
  nearest: (i, length, scale) => single(Math.fround(i * Math.fround(scale)), length),
  'nearest-exact': (i, length, scale) => single(Math.fround((i + 0.5) * Math.fround(scale)), length),
};

export function resizePlanes(from: Planes, height: number, width: number, filter: PlaneFilter): Planes {
  const to = emptyPlanes(from.channels, height, width);
  const tapsOf = FILTERS[filter];
  const along = (length: number, wanted: number): Taps[] =>
    Array.from({ length: wanted }, (_, i) => tapsOf(i, length, length / wanted));
  const [rows, columns] = [along(from.height, height), along(from.width, width)];
  const narrow = new Float64Array(from.height * width);
  for (let c = 0; c < from.channels; c += 1) {
    const plane = from.data.subarray(c * from.height * from.width, (c + 1) * from.height * from.width);
    for (let y = 0; y < from.height; y += 1) {
      for (const [x, { at, weights }] of columns.entries())
        narrow[y * width + x] = weighted(plane, y * from.width, 1, at, weights);
    }
    for (const [y, { at, weights }] of rows.entries()) {
      for (let x = 0; x < width; x += 1)
        to.data[(c * height + y) * width + x] = weighted(narrow, x, width, at, weights);
    }
  }
  return to;
}

function weighted(
  values: Float32Array | Float64Array,
  first: number,
  stride: number,
  at: readonly number[],
  weights: readonly number[],
): number {
  let sum = 0;
  for (let i = 0; i < at.length; i += 1) sum += values[first + at[i]! * stride]! * weights[i]!;
  return sum;
}

function single(at: number, length: number): Taps {
  return { at: [Math.min(Math.floor(at), length - 1)], weights: [1] };
}

/** A filter as wide as what is made smaller; what it would reach beyond the sides does not count. */
function antialiased(filter: (x: number) => number, reach: number): TapsOf {
  return (i, length, scale) => {
    const stretch = Math.max(scale, 1);
    const centre = scale * (i + 0.5);
    const first = Math.max(0, Math.trunc(centre - reach * stretch + 0.5));
    const end = Math.min(length, Math.trunc(centre + reach * stretch + 0.5));
    const at = Array.from({ length: end - first }, (_, tap) => first + tap);
    const weights = at.map((place) => filter((place - centre + 0.5) / stretch));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { at, weights: weights.map((weight) => weight / total) };
  };
}

/** Keys' cubic convolution. */
function cubic(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}
