// Kinds of guidance against the programs that they are of (tests/reference/extensions, functions.json), on given predictions.
import { describe, expect, it } from 'vitest';
import { readTensors } from '../../../tests/goldens.ts';
import { listReference, readReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { combine } from '../latent.ts';
import { AdaptiveProjection } from './adaptive-projection.ts';
import { blurAttended } from './attention-mask.ts';
import { imagesOf, type BatchShape } from './batch.ts';
import { limitToPositive } from './channel-norm.ts';
import { dynamicThresholding } from './dynamic-thresholding.ts';
import { mahiro } from './mahiro.ts';
import { scaleAt, type ScaleMode } from './scale-modes.ts';
import { dampTangential } from './tangential-damping.ts';
import { zeroStar } from './zero-star.ts';

interface GuidanceCase {
  readonly kind: string;
  readonly options: Readonly<Record<string, number>>;
  readonly sigma: number;
  readonly cond_scale: number;
  readonly out: string;
}
interface ThresholdCase {
  readonly percentile: number;
  readonly separate: boolean;
  readonly startpoint: 'MEAN' | 'ZERO';
  readonly variability: 'AD' | 'STD';
  readonly phi: number;
  readonly mimic: number;
  readonly cfg: number;
  readonly mimic_mode?: ScaleMode;
  readonly mimic_min?: number;
  readonly cfg_mode?: ScaleMode;
  readonly cfg_min?: number;
  readonly step?: number;
  /** Of the prompts that AND joins: there are as many predictions of each image. */
  readonly weights?: readonly number[];
  readonly out: string;
}
interface ScaleCase {
  readonly mode: ScaleMode;
  readonly scale: number;
  readonly min: number;
  readonly sched_val: number;
  readonly steps: number;
  readonly by_step: readonly number[];
}
interface BlurCase {
  readonly x0: string;
  readonly attn: string;
  readonly heads: number;
  readonly sigma: number;
  readonly threshold: number;
  readonly out: string;
}
interface Functions {
  readonly guidance: { readonly cases: readonly GuidanceCase[] };
  readonly dynthresh: { readonly cases: readonly ThresholdCase[] };
  readonly dynthresh_scales: readonly ScaleCase[];
  readonly sag_blur: { readonly cases: readonly BlurCase[] };
}

/** The reference's README; sums of float32 there. */
const TOLERANCE = 1e-5;

const FOLDER = 'extensions';
const functions = listReference(FOLDER).includes('functions.json')
  ? readReferenceJson<Functions>(FOLDER, 'functions.json')
  : null;
const tensors = functions
  ? await readTensors(bytesSource(readReference(FOLDER, 'functions.safetensors.gz')))
  : null;

/** A tensor and its shape as a batch. */
function the(name: string): { readonly data: Float32Array; readonly shape: BatchShape } {
  const { data, dims } = tensors!.get(name)!;
  const [images = 1, channels = 1, height = 1, width = 1] = dims;
  return { data, shape: { images, channels, height, width } };
}

describe.skipIf(!functions)('guidance', () => {
  const cases = functions?.guidance.cases ?? [];
  const projections = new Map<string, AdaptiveProjection<Float32Array>>();

  const guide = ({ kind, options, sigma, cond_scale: scale }: GuidanceCase): Float32Array | null => {
    const [x, cond, uncond] = ['x', 'cond', 'uncond'].map((name) => the(`guidance.${name}`).data) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const { shape } = the('guidance.x');
    const { images } = shape;
    const ordinary = (positive: Float32Array, negative: Float32Array) =>
      combine([scale, positive], [1 - scale, negative]);
    const guided = ordinary(cond, uncond);
    switch (kind) {
      case 'cfg':
        return guided;
      case 'apg': {
        const key = JSON.stringify(options);
        const { eta = 1, norm_threshold: normThreshold = 0, momentum = 0 } = options;
        const projection = projections.get(key) ?? new AdaptiveProjection({ eta, normThreshold, momentum });
        projections.set(key, projection);
        return ordinary(projection.positive(cond, uncond, images, sigma, scale), uncond);
      }
      case 'cfg_zero_star':
        return zeroStar(x, cond, uncond, guided, images, scale);
      case 'cfg_norm':
        return limitToPositive(cond, guided, shape, options['strength']!);
      case 'tcfg':
        return ordinary(cond, dampTangential(x, cond, uncond, images));
      case 'mahiro':
        return mahiro(cond, uncond, guided, shape, scale);
      default:
        return null;
    }
  };

  it.each(cases)('$kind $options, sigma $sigma', (one) => {
    const actual = guide(one);
    // Rescaling is held against its own file's test.
    if (!actual) return expect(one.kind).toBe('rescale_cfg');
    expect(relativeError(actual, the(one.out).data)).toBeLessThan(TOLERANCE);
  });
});

describe.skipIf(!functions)('dynamic thresholding', () => {
  it.each(functions?.dynthresh_scales ?? [])('$mode, least $min', (one) => {
    const { mode, scale, min, sched_val: value, steps, by_step: expected } = one;
    const actual = expected.map((_, step) => scaleAt({ mode, scale, least: min, value }, step, steps));
    expect(relativeError(Float64Array.from(actual), Float64Array.from(expected))).toBeLessThan(1e-12);
  });

  it.each(functions?.dynthresh.cases ?? [])(
    '$startpoint $variability, $percentile, separate $separate, phi $phi $about',
    (one) => {
      const { percentile, separate, startpoint, variability, phi, weights = [1] } = one;
      const { data: uncond, shape } = the('dynthresh.uncond');
      const cond = the(one.weights ? 'dynthresh.cond_and' : 'dynthresh.cond').data;
      const parts = imagesOf(cond, shape.images * weights.length);
      const relative = imagesOf(uncond, shape.images).flatMap((from, image) => {
        const of = parts.slice(image * weights.length, (image + 1) * weights.length);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const terms = of.map((part, i) => [weights[i]!, part] as const);
        return [...combine([-total, from], ...terms)];
      });
      const scale = (full: number, mode: ScaleMode = 'Constant', least = 0) =>
        scaleAt({ mode, scale: full, least, value: 4 }, one.step ?? 3, 10);
      const actual = dynamicThresholding(
        uncond,
        Float32Array.from(relative),
        shape,
        scale(one.mimic, one.mimic_mode, one.mimic_min),
        scale(one.cfg, one.cfg_mode, one.cfg_min),
        { percentile, separateChannels: separate, startpoint, variability, phi },
      );
      expect(relativeError(actual, the(one.out).data)).toBeLessThan(TOLERANCE);
    },
  );
});

describe.skipIf(!functions)('self-attention guidance', () => {
  it.each(functions?.sag_blur.cases ?? [])('$out: sigma $sigma, above $threshold', (one) => {
    const { data: clean, shape } = the(one.x0);
    const { data: attention, dims } = tensors!.get(one.attn)!;
    const tokens = dims[1]!;
    const sums = new Float64Array(tokens);
    attention.forEach((value, i) => (sums[i % tokens]! += value / one.heads));
    // Of the level of the network that has so many tokens.
    const sideOf = (side: number, level: number) => Math.ceil(side / 2 ** level);
    const level = [0, 1, 2, 3, 4].find(
      (candidate) => sideOf(shape.height, candidate) * sideOf(shape.width, candidate) === tokens,
    )!;
    const [height, width] = [sideOf(shape.height, level), sideOf(shape.width, level)];
    const actual = blurAttended(clean, shape, { data: sums, height, width }, one.sigma, one.threshold);
    expect(relativeError(actual, the(one.out).data)).toBeLessThan(TOLERANCE);
  });
});
