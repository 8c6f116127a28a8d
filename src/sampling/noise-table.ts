// The model's noise levels: alphas_cumprod as trained, the sigmas that follow from it, and the way between sigma and
// the network's time t (k-diffusion external.py DiscreteSchedule; A1111 sd_models.py, sd_samplers_lcm.py).

const fround = Math.fround;

/** Training steps of every Stable Diffusion model. */
export const TRAINING_STEPS = 1000;

/**
 * alphas_cumprod of the "linear" (in square roots) schedule, 1000 values: betas are the squares of a line from
 * sqrt(start) to sqrt(end), the product runs in float64 and is stored as float32. All SD models use the defaults.
 */
export function linearAlphasCumprod(start = 0.00085, end = 0.012): Float32Array {
  const from = Math.sqrt(start);
  const to = Math.sqrt(end);
  let product = 1;
  return Float32Array.from({ length: TRAINING_STEPS }, (_, i) => {
    const beta = (from + ((to - from) * i) / (TRAINING_STEPS - 1)) ** 2;
    product *= 1 - beta;
    return product;
  });
}

/**
 * A table rescaled so that the last level holds (almost) no signal: Lin et al. 2023, algorithm 1, with A1111's last
 * value in place of 0 ("Noise schedule for sampling: Zero Terminal SNR").
 */
export function zeroTerminalSnr(alphasCumprod: ArrayLike<number>): Float32Array {
  const roots = Float32Array.from(alphasCumprod, Math.sqrt);
  const first = roots[0]!;
  const last = roots[roots.length - 1]!;
  const factor = fround(first / fround(first - last));
  const out = roots.map((root) => fround(fround(root - last) * factor) ** 2);
  out[out.length - 1] = 4.8973451890853435e-8;
  return out;
}

/** A table rounded to float16 ("Downcast model alphas_cumprod to fp16 before sampling"). */
export function downcastAlphas(alphasCumprod: ArrayLike<number>): Float32Array {
  return Float32Array.from(alphasCumprod, roundToHalf);
}

/** Nearest float16 of a number in [0, 65504], ties to even. */
function roundToHalf(value: number): number {
  const exponent = Math.max(Math.floor(Math.log2(value)), -14);
  const unit = 2 ** (exponent - 10);
  const scaled = value / unit;
  const below = Math.floor(scaled);
  const rest = scaled - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1);
  return (up ? below + 1 : below) * unit;
}

/** Noise levels of a model, as schedulers and denoisers see them. */
export interface NoiseTable {
  /** Ascending. */
  readonly sigmas: readonly number[];
  /** Network time of a noise level; fractional unless the table quantizes. Levels outside the table are taken to its ends. */
  sigmaToT(sigma: number): number;
  tToSigma(t: number): number;
  /** n levels evenly spaced in t, descending, then 0: the schedule "Automatic" and "Uniform". */
  uniformSigmas(n: number): number[];
}

const sigmaOf = (alpha: number): number => Math.sqrt((1 - alpha) / alpha);

/** Table of an ordinary model. Interpolates log sigma between the trained times. */
export class DiscreteTable implements NoiseTable {
  readonly sigmas: readonly number[];
  private readonly logSigmas: readonly number[];

  /** `quantize`: A1111's "Enable quantization in K samplers", whole times only. */
  constructor(
    alphasCumprod: ArrayLike<number>,
    private readonly quantize = false,
  ) {
    this.sigmas = Array.from(alphasCumprod, sigmaOf);
    this.logSigmas = this.sigmas.map(Math.log);
  }

  sigmaToT(sigma: number): number {
    const log = Math.log(sigma);
    const logs = this.logSigmas;
    if (this.quantize) return nearestIndex(logs, log);
    let low = 0;
    while (low < logs.length - 2 && logs[low + 1]! <= log) low++;
    const w = (log - logs[low]!) / (logs[low + 1]! - logs[low]!);
    return low + Math.min(Math.max(w, 0), 1);
  }

  tToSigma(t: number): number {
    const low = Math.floor(t);
    const w = t - low;
    return Math.exp((1 - w) * this.logSigmas[low]! + w * this.logSigmas[Math.ceil(t)]!);
  }

  uniformSigmas(n: number): number[] {
    return [...linspace(this.sigmas.length - 1, 0, n).map((t) => this.tToSigma(fround(t))), 0];
  }
}

/** LCM distils 50 of the 1000 times; its network is only ever asked at those. */
const LCM_STEPS = 50;
export const LCM_SKIP = TRAINING_STEPS / LCM_STEPS;

/** Table of A1111's LCM sampler (modules/sd_samplers_lcm.py LCMCompVisDenoiser). */
export class LcmTable implements NoiseTable {
  private readonly table: DiscreteTable;
  readonly sigmas: readonly number[];

  constructor(alphasCumprod: ArrayLike<number>) {
    const last = alphasCumprod.length - 1;
    const kept = Array.from(
      { length: LCM_STEPS },
      (_, i) => alphasCumprod[last - (LCM_STEPS - 1 - i) * LCM_SKIP]!,
    );
    this.table = new DiscreteTable(kept);
    this.sigmas = this.table.sigmas;
  }

  sigmaToT(sigma: number): number {
    return nearestIndex(this.sigmas.map(Math.log), Math.log(sigma)) * LCM_SKIP + LCM_SKIP - 1;
  }

  tToSigma(t: number): number {
    return this.table.tToSigma(Math.min(Math.max((t - (LCM_SKIP - 1)) / LCM_SKIP, 0), LCM_STEPS - 1));
  }

  uniformSigmas(n: number): number[] {
    const start = this.sigmaToT(this.sigmas[LCM_STEPS - 1]!);
    const end = this.sigmaToT(this.sigmas[0]!);
    return [...linspace(start, end, n).map((t) => this.tToSigma(fround(t))), 0];
  }
}

/** Index of the value nearest to `target`; the first of equals. */
export function nearestIndex(values: readonly number[], target: number): number {
  let best = 0;
  values.forEach((value, i) => {
    if (Math.abs(value - target) < Math.abs(values[best]! - target)) best = i;
  });
  return best;
}

/** n numbers from `start` to `end`, evenly spaced; just `start` when n is 1. */
export function linspace(start: number, end: number, n: number): number[] {
  const step = n > 1 ? (end - start) / (n - 1) : 0;
  // From both ends inwards, as torch does, so that both are exact.
  return Array.from({ length: n }, (_, i) => (i < n / 2 ? start + step * i : end - step * (n - 1 - i)));
}
