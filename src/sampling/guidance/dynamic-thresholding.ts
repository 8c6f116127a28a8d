// Dynamic Thresholding, "CFG Scale Fix" (mcmonkeyprojects/sd-dynamic-thresholding, dynthres_core.py; after Saharia et al. 2022, arXiv
// 2205.11487, section 2.3): guided at a high scale, but spread no wider than a lower scale would make it.
import { combine, emptyLike, type Latent, standardDeviation } from '../latent.ts';
import type { BatchShape } from './batch.ts';

export interface ThresholdingOptions {
  /** 0..1: the part of the values that is not clamped. */
  readonly percentile: number;
  /** Each channel of each image on its own, or all together. */
  readonly separateChannels: boolean;
  /** What the spread is measured around. */
  readonly startpoint: 'MEAN' | 'ZERO';
  /** Largest absolute deviation, or standard deviation. */
  readonly variability: 'AD' | 'STD';
  /** How much of the result is thresholded; the rest is ordinary guidance. */
  readonly phi: number;
}

/** `uncond`, and `relative`: the weighted sum of the differences of all positive predictions from it. */
export function dynamicThresholding<T extends Latent>(
  uncond: T,
  relative: T,
  { images, channels, height, width }: BatchShape,
  mimicScale: number,
  cfgScale: number,
  { percentile, separateChannels, startpoint, variability, phi }: ThresholdingOptions,
): T {
  const size = height * width;
  const target = combine([1, uncond], [cfgScale, relative]);
  const mimicked = centered(combine([1, uncond], [mimicScale, relative]), size);
  const guided = centered(target, size);

  const result = emptyLike(target);
  const part = separateChannels ? size : images * channels * size;
  for (let start = 0; start < result.length; start += part) {
    const of = (values: Latent) => values.subarray(start, start + part);
    const aim =
      variability === 'STD' ? standardDeviation(of(mimicked.deviations)) : largest(of(mimicked.deviations));
    const own =
      variability === 'STD'
        ? standardDeviation(of(guided.deviations))
        : quantile(of(guided.deviations).map(Math.abs), percentile);
    const bound = Math.max(aim, own);
    for (let i = start; i < start + part; i++) {
      const deviation = guided.deviations[i]!;
      if (startpoint === 'ZERO') result[i] = target[i]! * (aim / own);
      else if (variability === 'STD') result[i] = (deviation / own) * aim + guided.means[i]!;
      else result[i] = (Math.min(bound, Math.max(-bound, deviation)) / bound) * aim + guided.means[i]!;
    }
  }
  return phi === 1 ? result : combine([phi, result], [1 - phi, target]);
}

/** Of every `size` values the mean, and what each is away from it. */
function centered(
  values: Latent,
  size: number,
): { readonly means: Float64Array; readonly deviations: Float64Array } {
  const means = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += size) {
    let sum = 0;
    for (let i = start; i < start + size; i++) sum += values[i]!;
    means.fill(sum / size, start, start + size);
  }
  return { means, deviations: means.map((mean, i) => values[i]! - mean) };
}

function largest(values: Latent): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

/** `torch.quantile`: between two values in proportion. */
function quantile(values: Latent, part: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = part * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
