// cv::GaussianBlur by its deviation alone: of bytes in the fixed-point numbers that OpenCV takes for them (one rounding at the end),
// of numbers channel by channel, in more precision and then rounded to float32. Edges mirrored.
import { blurPlane } from '../blur-plane.ts';
import type { Bytes } from '../bytes.ts';
import { halfToEven } from '../../sampling/half-to-even.ts';
import { fixedKernel } from '../mask-blur.ts';
import { mirrored } from '../mirrored.ts';
import type { Pause } from '../pause.ts';
import type { Raster } from '../resize.ts';
import type { Numbers } from './resize-numbers.ts';

/** Pixels to each side of a kernel that reaches so many deviations. */
const reachOf = (deviation: number, deviations: number): number =>
  Math.floor(halfToEven(deviation * deviations * 2 + 1) / 2);

export async function blurBytes<R extends Raster>(image: R, deviation: number, pause: Pause): Promise<R> {
  const { width, height, channels, data } = image;
  const reach = reachOf(deviation, 3);
  const kernel = fixedKernel(deviation, reach);
  // Of a wide one most weights are 0.
  const taps = [...kernel.keys()].filter((k) => kernel[k] !== 0);
  const stride = width * channels;
  const across = new Uint16Array(data.length);
  const places = Int32Array.from(
    { length: width + 2 * reach },
    (_, x) => mirrored(x - reach, width) * channels,
  );
  for (let y = 0; y < height; y += 1) {
    await pause();
    for (let x = 0; x < width; x += 1)
      for (let c = 0; c < channels; c += 1) {
        let sum = 0;
        for (let k = 0; k < kernel.length; k += 1) sum += kernel[k]! * data[y * stride + places[x + k]! + c]!;
        across[y * stride + x * channels + c] = sum;
      }
  }
  const out: Bytes = new Uint8Array(data.length);
  const sums = new Float64Array(stride);
  for (let y = 0; y < height; y += 1) {
    await pause();
    sums.fill(0x8000);
    for (const k of taps) {
      const from = mirrored(y + k - reach, height) * stride;
      const weight = kernel[k]!;
      for (let i = 0; i < stride; i += 1) sums[i] = sums[i]! + weight * across[from + i]!;
    }
    for (let i = 0; i < stride; i += 1) out[y * stride + i] = Math.min(255, Math.floor(sums[i]! / 0x10000));
  }
  return { ...image, data: out };
}

/** What comes out is float32, whatever goes in. */
export async function blurNumbers(
  {
    width,
    height,
    channels,
    data,
  }: { readonly [K in keyof Numbers]: K extends 'data' ? ArrayLike<number> : Numbers[K] },
  deviation: number,
  pause: Pause,
): Promise<Numbers> {
  const size = 2 * reachOf(deviation, 4) + 1;
  const out = new Float32Array(width * height * channels);
  for (let c = 0; c < channels; c += 1) {
    const plane = Float64Array.from({ length: width * height }, (_, i) => data[i * channels + c]!);
    const blurred = await blurPlane({ width, height, data: plane }, size, pause, deviation);
    for (let i = 0; i < width * height; i += 1) out[i * channels + c] = blurred.data[i]!;
  }
  return { width, height, channels, data: out };
}
