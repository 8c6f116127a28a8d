// Schedulers: how a run's noise levels are spaced (k-diffusion sampling.py get_sigmas_*; A1111 modules/sd_schedulers.py
// and KDiffusionSampler.get_sigmas). Values are rounded to float32, as there.
import { betaQuantile } from './beta-distribution.ts';
import { findScheduler, type Scheduler } from './schedulers.ts';
import { halfToEven } from './half-to-even.ts';
import { exp32, linspace32, pow32 } from './float32-math.ts';
import { linspace, type NoiseTable } from './noise-table.ts';
import { TRAINING_STEPS } from './training-steps.ts';
import {
  ALIGN_YOUR_STEPS,
  ALIGN_YOUR_STEPS_32,
  GITS,
  type OptimizedFor,
  type OptimizedLevels,
} from './optimized-levels.ts';

const fround = Math.fround;

export interface ScheduleRange {
  readonly sigmaMin: number;
  readonly sigmaMax: number;
}

interface SchedulerContext extends ScheduleRange {
  readonly table: NoiseTable;
  /** Undefined: the scheduler's own. */
  readonly rho: number | undefined;
  /** Whose levels those found by optimisation are. */
  readonly optimizedFor: OptimizedFor;
  readonly betaAlpha: number;
  readonly betaBeta: number;
}

/** n noise levels, descending, most with a 0 after them. */
type Sigmas = (n: number, context: SchedulerContext) => number[];

/** A1111's settings that bend a schedule. */
export interface ScheduleOptions {
  /** 0 or absent: the model's. */
  readonly sigmaMin?: number;
  readonly sigmaMax?: number;
  /** 0 or absent: the scheduler's. */
  readonly rho?: number;
  /** Schedules from 10 to 0.1 instead of the model's range. */
  readonly useOldKarrasSigmas?: boolean;
  readonly alwaysDiscardNextToLastSigma?: boolean;
  readonly betaAlpha?: number;
  readonly betaBeta?: number;
}

/** Karras et al. 2022, eq. 5: n levels and a 0, as torch computes it in float32, or in float64 if `precise`. */
export function karrasSigmas(
  n: number,
  sigmaMin: number,
  sigmaMax: number,
  rho = 7,
  precise = false,
): number[] {
  const min = sigmaMin ** (1 / rho);
  const max = sigmaMax ** (1 / rho);
  if (precise) return [...linspace(0, 1, n).map((r) => (max + r * (min - max)) ** rho), 0];
  const spread = fround(min - max);
  const ramp = linspace32(0, 1, n).map((r) => fround(fround(max) + fround(r * spread)));
  return [...pow32(ramp, rho), 0];
}

const karras = (n: number, { sigmaMin, sigmaMax, rho }: SchedulerContext): number[] =>
  karrasSigmas(n, sigmaMin, sigmaMax, rho);

function exponential(n: number, { sigmaMin, sigmaMax }: SchedulerContext): number[] {
  return [...linspace32(Math.log(sigmaMax), Math.log(sigmaMin), n).map(exp32), 0];
}

function polyexponential(n: number, { sigmaMin, sigmaMax, rho = 1 }: SchedulerContext): number[] {
  const low = fround(Math.log(sigmaMin));
  const range = fround(Math.log(sigmaMax) - Math.log(sigmaMin));
  return [...pow32(linspace32(1, 0, n), rho).map((r) => exp32(fround(fround(r * range) + low))), 0];
}

/** Evenly spaced in t, the last one left out (Stability-AI/generative-models). */
function sgmUniform(n: number, { sigmaMin, sigmaMax, table }: SchedulerContext): number[] {
  const times = linspace32(table.sigmaToT(sigmaMax), table.sigmaToT(sigmaMin), n + 1).slice(0, -1);
  return [...times.map((t) => table.tToSigma(t)), 0];
}

/** Sabour et al. 2024, section 3.1: the last value is sigmaMin, there is no 0. */
function klOptimal(n: number, { sigmaMin, sigmaMax }: SchedulerContext): number[] {
  const low = Math.atan(sigmaMin);
  const high = Math.atan(sigmaMax);
  return Array.from({ length: n + 1 }, (_, i) => Math.tan((i / n) * low + (1 - i / n) * high));
}

/** Of levels found for so many steps; other counts interpolate their logarithms. */
const optimized =
  (levels: OptimizedLevels) =>
  (n: number, { optimizedFor }: SchedulerContext): number[] => {
    const listed = levels[optimizedFor];
    if (n === listed.length) return [...listed, 0];
    const logs = listed.map(Math.log).reverse();
    const at = (position: number): number => {
      const low = Math.min(Math.floor(position), logs.length - 2);
      return Math.exp(logs[low]! + (position - low) * (logs[low + 1]! - logs[low]!));
    };
    return [
      ...linspace(0, logs.length - 1, n)
        .map(at)
        .reverse(),
      0,
    ];
  };

/** Every so many entries of the table, from the top. */
function simple(n: number, { table }: SchedulerContext): number[] {
  const { sigmas } = table;
  const stride = sigmas.length / n;
  return [...Array.from({ length: n }, (_, i) => sigmas[sigmas.length - 1 - Math.trunc(i * stride)]!), 0];
}

/** Evenly spaced in t, both ends included. */
function normal(n: number, { sigmaMin, sigmaMax, table }: SchedulerContext): number[] {
  const times = linspace32(table.sigmaToT(sigmaMax), table.sigmaToT(sigmaMin), n);
  return [...times.map((t) => table.tToSigma(t)), 0];
}

/** Every so many entries of the table, from the bottom: where the count does not divide it, there are more than n. */
function ddim(n: number, { table }: SchedulerContext): number[] {
  const { sigmas } = table;
  const stride = Math.max(Math.floor(sigmas.length / n), 1);
  const out: number[] = [];
  for (let i = 1; i < sigmas.length; i += stride) out.push(sigmas[i]!);
  return [...out.reverse(), 0];
}

/** Lee et al. 2024, "Beta Sampling is All You Need", over sigma as A1111 has it. */
function beta(n: number, { sigmaMin, sigmaMax, betaAlpha, betaBeta }: SchedulerContext): number[] {
  const positions = linspace(0, 1, n).map((p) => betaQuantile(1 - p, betaAlpha, betaBeta));
  return [...positions.map((p) => sigmaMin + p * (sigmaMax - sigmaMin)), 0];
}

/** Evenly spaced in t from the top, the lowest left out ("trailing" of diffusers): what SD-Turbo was trained for, as Forge has it. */
function turbo(n: number, { table }: SchedulerContext): number[] {
  const times = Array.from({ length: n }, (_, i) =>
    Math.max(0, halfToEven((TRAINING_STEPS * (n - i)) / n - 1)),
  );
  return [...times.map((t) => table.tToSigma(t)), 0];
}

/** Half of the steps go down evenly by a small part, the others ever faster (genmo's Mochi, as ComfyUI has it). */
function linearQuadratic(n: number, { sigmaMax }: SchedulerContext): number[] {
  const part = 0.025;
  const even = Math.floor(n / 2);
  if (even === 0) return [sigmaMax, 0];
  const faster = n - even;
  const rest = even - part * n;
  const square = rest / (even * faster ** 2);
  const slope = part / even - (2 * rest) / faster ** 2;
  const gone = (i: number): number =>
    i < even ? (i * part) / even : square * i ** 2 + slope * i + square * even ** 2;
  return [...Array.from({ length: n }, (_, i) => sigmaMax * (1 - gone(i))), 0];
}

/** Lee et al. 2024 over the table's entries, as ComfyUI has it, with RES4LYF's numbers. Entries that come twice are left out. */
function beta57(n: number, { table: { sigmas } }: SchedulerContext): number[] {
  const entries = Array.from({ length: n }, (_, i) =>
    halfToEven(betaQuantile(1 - i / n, 0.5, 0.7) * (sigmas.length - 1)),
  );
  return [...entries.filter((entry, i) => entry !== entries[i - 1]).map((entry) => sigmas[entry]!), 0];
}

const uniform = (n: number, { table }: SchedulerContext): number[] => table.uniformSigmas(n);

/** By label. None for Automatic, which leaves it to the sampler. */
const SIGMAS: Readonly<Record<string, Sigmas>> = {
  Uniform: uniform,
  Karras: karras,
  Exponential: exponential,
  Polyexponential: polyexponential,
  'SGM Uniform': sgmUniform,
  'KL Optimal': klOptimal,
  'Align Your Steps': optimized(ALIGN_YOUR_STEPS),
  Simple: simple,
  Normal: normal,
  DDIM: ddim,
  Beta: beta,
  Turbo: turbo,
  'Align Your Steps GITS': optimized(GITS),
  'Align Your Steps 11': optimized(ALIGN_YOUR_STEPS),
  'Align Your Steps 32': optimized(ALIGN_YOUR_STEPS_32),
  'Linear Quadratic': linearQuadratic,
  Beta57: beta57,
};

export interface SigmasRequest {
  /** Name or label; unknown ones count as Automatic. */
  readonly scheduler: string;
  /** The sampler's own scheduler, for Automatic. */
  readonly samplerScheduler?: string;
  readonly discardNextToLastSigma?: boolean;
  readonly steps: number;
  readonly table: NoiseTable;
  /** Whose levels those found by optimisation are; SD 1's where it is left out. */
  readonly optimizedFor?: OptimizedFor;
  readonly options?: ScheduleOptions;
}

/** The scheduler a request comes down to; undefined for the uniform steps of Automatic without a preference. */
export function effectiveScheduler(scheduler: string, samplerScheduler?: string): Scheduler | undefined {
  const found = scheduler === 'Automatic' ? samplerScheduler : scheduler;
  const entry = found === undefined ? undefined : findScheduler(found);
  return entry && entry.label in SIGMAS ? entry : undefined;
}

/** The noise levels of a run, descending. Mostly steps + 1 values of which the last is 0. */
export function buildSigmas(request: SigmasRequest): number[] {
  const {
    scheduler,
    samplerScheduler,
    discardNextToLastSigma = false,
    table,
    optimizedFor = 'sd1',
    options = {},
  } = request;
  const discard = discardNextToLastSigma || options.alwaysDiscardNextToLastSigma === true;
  const n = request.steps + (discard ? 1 : 0);
  const entry = effectiveScheduler(scheduler, samplerScheduler);

  const modelMin = table.sigmas[0]!;
  const modelMax = table.sigmas[table.sigmas.length - 1]!;
  const sigmas = entry
    ? SIGMAS[entry.label]!(n, {
        sigmaMin: options.sigmaMin || (options.useOldKarrasSigmas ? 0.1 : modelMin),
        sigmaMax: options.sigmaMax || (options.useOldKarrasSigmas ? 10 : modelMax),
        table,
        rho: options.rho || undefined,
        optimizedFor,
        betaAlpha: options.betaAlpha ?? 0.6,
        betaBeta: options.betaBeta ?? 0.6,
      })
    : table.uniformSigmas(n);
  if (discard) sigmas.splice(-2, 1);
  return sigmas.map(fround);
}
