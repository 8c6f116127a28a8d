// Self-Attention Guidance (Hong et al. 2022, arXiv 2210.00939, section 4): where the network looks at most, its own prediction is
// blurred, and pictures are guided away from what the network then makes of it. This is the blurring (ashen-sensored/sd_webui_SAG;
// ComfyUI's nodes_sag.py).
import { emptyLike, type Latent } from '../latent.ts';
import type { BatchShape } from './batch.ts';

const TAPS = 9;
const REACH = (TAPS - 1) / 2;

/** Whether a latent can be blurred: its edges are mirrored. */
export function canBlur({ height, width }: Pick<BatchShape, 'height' | 'width'>): boolean {
  return Math.min(height, width) > REACH;
}

/** How much each place is looked at, of each image: [images, height, width], 1 on average. */
export interface AttentionSums {
  readonly data: Latent;
  readonly height: number;
  readonly width: number;
}

/** `clean` latents with the cells blurred, by `sigma` cells, whose sum is above `threshold`. */
export function blurAttended<T extends Latent>(
  clean: T,
  shape: BatchShape,
  sums: AttentionSums,
  sigma: number,
  threshold: number,
): T {
  const { images, channels, height, width } = shape;
  const result = emptyLike(clean);
  const blurred = blur(clean, shape, sigma);
  for (let image = 0; image < images; image++) {
    for (let y = 0; y < height; y++) {
      const row = image * sums.height + Math.floor((y * sums.height) / height);
      for (let x = 0; x < width; x++) {
        const sum = sums.data[row * sums.width + Math.floor((x * sums.width) / width)]!;
        for (let channel = 0; channel < channels; channel++) {
          const at = ((image * channels + channel) * height + y) * width + x;
          result[at] = (sum > threshold ? blurred : clean)[at]!;
        }
      }
    }
  }
  return result;
}

/** Gaussian, 9 x 9, edges mirrored. */
function blur<T extends Latent>(x: T, { height, width }: BatchShape, sigma: number): T {
  const weights = gaussian(sigma);
  const across = emptyLike(x);
  for (let start = 0; start < x.length; start += width) blurLine(x, across, start, 1, width, weights);
  const result = emptyLike(x);
  for (let start = 0; start < x.length; start += height * width)
    for (let column = 0; column < width; column++)
      blurLine(across, result, start + column, width, height, weights);
  return result;
}

function blurLine(
  from: Latent,
  to: Latent,
  start: number,
  stride: number,
  length: number,
  weights: readonly number[],
): void {
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap++)
      sum += weights[tap]! * from[start + mirrored(i + tap - REACH, length) * stride]!;
    to[start + i * stride] = sum;
  }
}

function mirrored(i: number, length: number): number {
  if (i < 0) return -i;
  return i < length ? i : 2 * (length - 1) - i;
}

/** Sigma 0 blurs nothing. */
function gaussian(sigma: number): readonly number[] {
  const values = Array.from({ length: TAPS }, (_, i) =>
    sigma > 0 ? Math.exp(-0.5 * ((i - REACH) / sigma) ** 2) : Number(i === REACH),
  );
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

/** Height and width of a level of a network, each half of the one before, that has so many tokens; null where none has. */
export function gridOf(
  tokens: number,
  { height, width }: Pick<BatchShape, 'height' | 'width'>,
): { readonly height: number; readonly width: number } | null {
  for (let level = 0; 2 ** level <= 2 * Math.max(height, width); level++) {
    const grid = { height: Math.ceil(height / 2 ** level), width: Math.ceil(width / 2 ** level) };
    if (grid.height * grid.width === tokens) return grid;
  }
  return null;
}
