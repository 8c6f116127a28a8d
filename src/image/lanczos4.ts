// Resampling of 8-bit pictures, to the byte as OpenCV's resize does it with INTER_LANCZOS4: eight neighbours along each side whatever
// the scale, weights in 1/2048, one rounding at the end.
import { halfToEven } from '../sampling/half-to-even.ts';
import type { Pause } from './pause.ts';
import type { Raster } from './resize.ts';

const TAPS = 8;
const ONE = 2048;

export async function resizeLanczos4<R extends Raster>(
  image: R,
  width: number,
  height: number,
  pause: Pause,
): Promise<R> {
  if (width === image.width && height === image.height) return image;
  const { channels, data } = image;
  const [columns, rows] = [tapsAlong(image.width, width), tapsAlong(image.height, height)];
  const stride = width * channels;
  const out = new Uint8Array(stride * height);
  /** Rows of the picture at the new width; the taps of a row of the result are among the last of them. */
  const narrow = new Map<number, Int32Array>();
  const sums = new Float64Array(stride);
  for (let y = 0; y < height; y += 1) {
    await pause();
    const taps = rows[y]!;
    for (const known of narrow.keys()) if (known < taps.at[0]!) narrow.delete(known);
    sums.fill(ONE * (ONE / 2));
    for (let k = 0; k < TAPS; k += 1) {
      const from = taps.at[k]!;
      const row = narrow.get(from) ?? acrossRow(data, from * image.width, channels, columns);
      narrow.set(from, row);
      const weight = taps.weights[k]!;
      for (let i = 0; i < stride; i += 1) sums[i] = sums[i]! + weight * row[i]!;
    }
    for (let i = 0; i < stride; i += 1)
      out[y * stride + i] = Math.min(255, Math.max(0, Math.floor(sums[i]! / (ONE * ONE))));
  }
  return { ...image, width, height, data: out };
}

interface Taps {
  readonly at: Int32Array;
  readonly weights: Int32Array;
}

function acrossRow(data: Raster['data'], first: number, channels: number, columns: readonly Taps[]) {
  const row = new Int32Array(columns.length * channels);
  for (let x = 0; x < columns.length; x += 1) {
    const { at, weights } = columns[x]!;
    for (let c = 0; c < channels; c += 1) {
      let sum = 0;
      for (let k = 0; k < TAPS; k += 1) sum += data[(first + at[k]!) * channels + c]! * weights[k]!;
      row[x * channels + c] = sum;
    }
  }
  return row;
}

/** For each place of a side that is to have `wanted` pixels. */
function tapsAlong(length: number, wanted: number): Taps[] {
  const scale = 1 / (wanted / length);
  return Array.from({ length: wanted }, (_, i) => {
    const place = Math.fround((i + 0.5) * scale - 0.5);
    const low = Math.floor(place);
    return {
      at: Int32Array.from({ length: TAPS }, (_, k) => Math.min(length - 1, Math.max(0, low - 3 + k))),
      weights: Int32Array.from(lanczosWeights(Math.fround(place - low)), (weight) =>
        halfToEven(weight * ONE),
      ),
    };
  });
}

/** For a place that lies so far behind the fourth of its neighbours; in float32, as there. */
export function lanczosWeights(fraction: number): readonly number[] {
  const start = (-(fraction + 3) * Math.PI) / 4;
  const raw = Array.from({ length: TAPS }, (_, i) => {
    const distance = Math.fround(fraction + 3 - i);
    if (Math.abs(distance) < 1e-6) return 1e30;
    const angle = (-distance * Math.PI) / 4;
    return Math.fround(Math.sin(start + (5 * i * Math.PI) / 4) / angle ** 2);
  });
  const by = Math.fround(1 / raw.reduce((sum, weight) => Math.fround(sum + weight), 0));
  return raw.map((weight) => Math.fround(weight * by));
}
