// The model's noise levels: alphas_cumprod as trained, the sigmas that follow from it, and the way between sigma and
// the network's time t (k-diffusion external.py DiscreteSchedule; A1111 sd_models.py, sd_samplers_lcm.py).
import { TRAINING_STEPS } from './training-steps.ts';
import { exp32, linspace32, log32 } from './float32-math.ts';

const fround = Math.fround;

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
  /** Rounding of the table's arithmetic: to float32, or none. */
  round(value: number): number;
  /** Network time of a noise level; fractional unless the table quantizes. Levels outside the table are taken to its ends. */
  sigmaToT(sigma: number): number;
  tToSigma(t: number): number;
  /** n levels evenly spaced in t, descending, then 0: the schedule "Automatic" and "Uniform". */
  uniformSigmas(n: number): number[];
}

/** The arithmetic of a table. */
interface Arithmetic {
  round(value: number): number;
  exp(value: number): number;
  log(value: number): number;
  linspace(start: number, end: number, n: number): number[];
}
const FLOAT32: Arithmetic = { round: fround, exp: exp32, log: log32, linspace: linspace32 };
const FLOAT64: Arithmetic = {
  round: (value) => value,
  exp: (value) => Math.exp(value),
  log: (value) => Math.log(value),
  linspace,
};

/**
 * Table of an ordinary model. Interpolates log sigma between the trained times. Computes as torch does in float32, or in
 * float64 when given a Float64Array.
 */
export class DiscreteTable implements NoiseTable {
  readonly sigmas: readonly number[];
  private readonly logSigmas: readonly number[];
  readonly round: (value: number) => number;
  private readonly arithmetic: Arithmetic;

  /** `quantize`: A1111's "Enable quantization in K samplers", whole times only. */
  constructor(
    alphasCumprod: ArrayLike<number>,
    private readonly quantize = false,
  ) {
    this.arithmetic = alphasCumprod instanceof Float64Array ? FLOAT64 : FLOAT32;
    const { round, log } = this.arithmetic;
    this.round = round;
    this.sigmas = Array.from(alphasCumprod, (alpha) => round(Math.sqrt(round(round(1 - alpha) / alpha))));
    this.logSigmas = this.sigmas.map(log);
  }

  sigmaToT(sigma: number): number {
    const { round, log } = this.arithmetic;
    const logs = this.logSigmas;
    const logSigma = log(round(sigma));
    if (this.quantize) return nearestIndex(logs, logSigma);
    let low = 0;
    while (low < logs.length - 2 && logs[low + 1]! <= logSigma) low++;
    const [below, above] = [logs[low]!, logs[low + 1]!];
    const w = Math.min(Math.max(round(round(below - logSigma) / round(below - above)), 0), 1);
    return round(round(round(1 - w) * low) + round(w * (low + 1)));
  }

  tToSigma(t: number): number {
    const { round, exp } = this.arithmetic;
    // The reference takes times in float32 whatever the table's type.
    const time = fround(t);
    const low = Math.floor(time);
    const w = time - low;
    const [below, above] = [this.logSigmas[low]!, this.logSigmas[Math.ceil(time)]!];
    return exp(round(round(round(1 - w) * below) + round(w * above)));
  }

  uniformSigmas(n: number): number[] {
    const times = this.arithmetic.linspace(this.sigmas.length - 1, 0, n);
    return [...times.map((t) => this.tToSigma(t)), 0];
  }
}

/** LCM distils 50 of the 1000 times; its network is only ever asked at those. */
const LCM_STEPS = 50;
const LCM_SKIP = TRAINING_STEPS / LCM_STEPS;

/** Table of A1111's LCM sampler (modules/sd_samplers_lcm.py LCMCompVisDenoiser). Precision as in `DiscreteTable`. */
export class LcmTable implements NoiseTable {
  private readonly table: DiscreteTable;
  private readonly quantized: DiscreteTable;
  readonly sigmas: readonly number[];
  readonly round: (value: number) => number;

  constructor(alphasCumprod: ArrayLike<number>) {
    const last = alphasCumprod.length - 1;
    const at = (_: unknown, i: number): number => alphasCumprod[last - (LCM_STEPS - 1 - i) * LCM_SKIP]!;
    const kept =
      alphasCumprod instanceof Float64Array
        ? Float64Array.from({ length: LCM_STEPS }, at)
        : Float32Array.from({ length: LCM_STEPS }, at);
    this.table = new DiscreteTable(kept);
    this.quantized = new DiscreteTable(kept, true);
    this.sigmas = this.table.sigmas;
    this.round = this.table.round;
  }

  sigmaToT(sigma: number): number {
    return this.quantized.sigmaToT(sigma) * LCM_SKIP + LCM_SKIP - 1;
  }

  tToSigma(t: number): number {
    const index = fround(fround(t - (LCM_SKIP - 1)) / LCM_SKIP);
    return this.table.tToSigma(Math.min(Math.max(index, 0), LCM_STEPS - 1));
  }

  uniformSigmas(n: number): number[] {
    const start = this.sigmaToT(this.sigmas[LCM_STEPS - 1]!);
    const end = this.sigmaToT(this.sigmas[0]!);
    return [...linspace32(start, end, n).map((t) => this.tToSigma(t)), 0];
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
