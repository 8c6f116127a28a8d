// Where along a side cv::resize looks for each place of the result, and how much each of those counts (OpenCV 4.6,
// modules/imgproc/src/resize.cpp): positions and weights in float32.
import { lanczosWeights } from '../lanczos4.ts';

export type OpencvFilter = 'nearest' | 'area' | 'cubic' | 'lanczos4';

/** For place `i` of the result: `weights[i * size + k]` times the one at `at[i * size + k]`, of which `count[i]` are in use. */
export interface Taps {
  readonly size: number;
  readonly count: Int32Array;
  readonly at: Int32Array;
  readonly weights: Float32Array;
}

const { fround } = Math;

/** The taps across and down. */
export function tapsOf(
  from: { readonly width: number; readonly height: number },
  width: number,
  height: number,
  filter: OpencvFilter,
): readonly [columns: Taps, rows: Taps] {
  const taps = TAPS[filter === 'area' ? areaKind(from, width, height) : filter];
  return [taps(from.width, width), taps(from.height, height)];
}

/** Where a picture grows in one direction at least, "area" is a linear filter of its own. */
export function areaKind(
  from: { readonly width: number; readonly height: number },
  width: number,
  height: number,
): 'area' | 'linear' {
  return width <= from.width && height <= from.height ? 'area' : 'linear';
}

const TAPS: Readonly<Record<OpencvFilter | 'linear', (length: number, wanted: number) => Taps>> = {
  nearest: (length, wanted) => {
    const step = 1 / (wanted / length);
    return gathered(wanted, 1, (i) => [[Math.min(length - 1, Math.floor(i * step)), 1]]);
  },
  linear: (length, wanted) => {
    const [share, step] = [wanted / length, 1 / (wanted / length)];
    return gathered(wanted, 2, (i) => {
      const low = Math.floor(i * step);
      const raw = fround(i + 1 - (low + 1) * share);
      const part = raw <= 0 || low >= length - 1 ? 0 : fround(raw - Math.floor(raw));
      const at = Math.min(length - 1, low);
      return [
        [at, fround(1 - part)],
        [Math.min(length - 1, at + 1), part],
      ];
    });
  },
  cubic: (length, wanted) => around(length, wanted, 4, cubicWeights),
  lanczos4: (length, wanted) => around(length, wanted, 8, lanczosWeights),
  area: (length, wanted) => {
    const step = 1 / (wanted / length);
    return gathered(wanted, Math.ceil(step) + 2, (i) => areaTaps(length, step, i));
  },
};

/** Of a place and what it covers in the source; less than a thousandth of a pixel does not count. */
function areaTaps(length: number, step: number, i: number): [at: number, weight: number][] {
  const [start, end] = [i * step, i * step + step];
  const cell = Math.min(step, length - start);
  const last = Math.min(Math.floor(end), length - 1);
  const first = Math.min(Math.ceil(start), last);
  const taps: [number, number][] = [];
  if (first - start > 1e-3) taps.push([first - 1, fround((first - start) / cell)]);
  for (let at = first; at < last; at += 1) taps.push([at, fround(1 / cell)]);
  if (end - last > 1e-3) taps.push([last, fround(Math.min(end - last, 1, cell) / cell)]);
  return taps;
}

/** So many neighbours of a place, the edge repeated. */
function around(
  length: number,
  wanted: number,
  size: number,
  weightsAt: (part: number) => readonly number[],
) {
  const step = 1 / (wanted / length);
  return gathered(wanted, size, (i) => {
    const place = fround((i + 0.5) * step - 0.5);
    const low = Math.floor(place);
    return weightsAt(fround(place - low)).map((weight, k) => [
      Math.min(length - 1, Math.max(0, low + k + 1 - size / 2)),
      weight,
    ]);
  });
}

/** Keys' cubic convolution with a = -0.75, in float32; the last takes what the others leave. */
function cubicWeights(x: number): readonly number[] {
  const a = -0.75;
  const [beyond, rest] = [fround(x + 1), fround(1 - x)];
  const line = (d: number, times: number, plus: number): number => fround(fround(d * times) + plus);
  const far = line(line(line(a, beyond, -5 * a), beyond, 8 * a), beyond, -4 * a);
  const near = (d: number): number => line(fround(line(a + 2, d, -(a + 3)) * d), d, 1);
  const [second, third] = [near(x), near(rest)];
  return [far, second, third, fround(fround(fround(1 - far) - second) - third)];
}

function gathered(
  wanted: number,
  size: number,
  tapsAt: (i: number) => readonly (readonly [at: number, weight: number])[],
): Taps {
  const count = new Int32Array(wanted);
  const at = new Int32Array(wanted * size);
  const weights = new Float32Array(wanted * size);
  for (let i = 0; i < wanted; i += 1) {
    const taps = tapsAt(i);
    count[i] = taps.length;
    for (const [k, [place, weight]] of taps.entries()) {
      at[i * size + k] = place;
      weights[i * size + k] = weight;
    }
  }
  return { size, count, at, weights };
}
