// Otsu's threshold (Otsu 1979) as OpenCV 4.6 computes it (modules/imgproc/src/thresh.cpp, getThreshVal_Otsu_8u).
import type { Plane8 } from './plane.ts';

/** float32's epsilon. */
const LEAST = 2 ** -23;

/** What lies above it is white. */
export function otsuThreshold({ data }: Plane8): number {
  const counts = new Float64Array(256);
  for (const value of data) counts[value]! += 1;
  const share = 1 / data.length;
  const mean = counts.reduce((sum, count, value) => sum + value * count, 0) * share;
  let [below, meanBelow, most, threshold] = [0, 0, 0, 0];
  for (let value = 0; value < 256; value += 1) {
    const part = counts[value]! * share;
    meanBelow *= below;
    below += part;
    const above = 1 - below;
    if (Math.min(below, above) < LEAST || Math.max(below, above) > 1 - LEAST) continue;
    meanBelow = (meanBelow + value * part) / below;
    const meanAbove = (mean - below * meanBelow) / above;
    const spread = below * above * (meanBelow - meanAbove) ** 2;
    if (spread > most) [most, threshold] = [spread, value];
  }
  return threshold;
}

/** Black and white, by Otsu's threshold. */
export function blackAndWhite(plane: Plane8): Plane8 {
  const threshold = otsuThreshold(plane);
  return { ...plane, data: plane.data.map((value) => (value > threshold ? 255 : 0)) };
}
