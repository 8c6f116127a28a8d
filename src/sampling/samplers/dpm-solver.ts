// DPM-Solver, Lu et al. 2022 (https://arxiv.org/abs/2206.00927): DPM fast with fixed and DPM adaptive with adaptive
// steps (k-diffusion sample_dpm_fast, sample_dpm_adaptive). Both go evenly over t = -log sigma and end at sigmaMin.
import { combine, type Latent } from '../latent.ts';
import { linspace } from '../noise-table.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { ancestralStep, sigmaOf, tOf } from './common.ts';

/** The evaluations of one step, kept by their place in it: solvers of two orders share them. */
class Evaluations<T extends Latent> {
  private readonly kept = new Map<number, T>();
  constructor(private readonly denoise: Denoise<T>) {}

  /** eps at a part `r` of the step. */
  async eps(r: number, x: T, t: number): Promise<T> {
    let eps = this.kept.get(r);
    if (!eps) {
      const sigma = sigmaOf(t);
      const { guided } = await this.denoise(x, sigma);
      eps = combine([1 / sigma, x], [-1 / sigma, guided]);
      this.kept.set(r, eps);
    }
    return eps;
  }
}

/** DPM-Solver of the given order from t to tNext. `r1` places the second evaluation. */
async function solverStep<T extends Latent>(
  order: number,
  evaluations: Evaluations<T>,
  x: T,
  t: number,
  tNext: number,
  r1 = order === 2 ? 1 / 2 : 1 / 3,
): Promise<T> {
  const h = tNext - t;
  const eps = await evaluations.eps(0, x, t);
  const sigmaNext = sigmaOf(tNext);
  if (order === 1) return combine([1, x], [-sigmaNext * Math.expm1(h), eps]);

  const s1 = t + r1 * h;
  const u1 = combine([1, x], [-sigmaOf(s1) * Math.expm1(r1 * h), eps]);
  const eps1 = await evaluations.eps(r1, u1, s1);
  if (order === 2) {
    const bend = (sigmaNext / (2 * r1)) * Math.expm1(h);
    return combine([1, x], [bend - sigmaNext * Math.expm1(h), eps], [-bend, eps1]);
  }

  const r2 = 2 / 3;
  const s2 = t + r2 * h;
  const bend2 = sigmaOf(s2) * (r2 / r1) * (Math.expm1(r2 * h) / (r2 * h) - 1);
  const u2 = combine([1, x], [bend2 - sigmaOf(s2) * Math.expm1(r2 * h), eps], [-bend2, eps1]);
  const eps2 = await evaluations.eps(r2, u2, s2);
  const bend3 = (sigmaNext / r2) * (Math.expm1(h) / h - 1);
  return combine([1, x], [bend3 - sigmaNext * Math.expm1(h), eps], [-bend3, eps2]);
}

/** Ends of the way in t, and its ancestral parts: where to step down to, and the noise to put back. */
function rangeOf(
  sigmas: readonly number[],
  options: SamplerOptions,
): { readonly start: number; readonly end: number } {
  // The last sigma is 0, which has no logarithm.
  const max = options.sigmaMax ?? sigmas[0] ?? NaN;
  const min = options.sigmaMin ?? sigmas[sigmas.length - 2] ?? NaN;
  if (!(min > 0 && max > min))
    throw new RangeError(`DPM-Solver needs 0 < sigmaMin < sigmaMax, got ${min} and ${max}.`);
  return { start: tOf(max), end: tOf(min) };
}

function ancestralTime(
  t: number,
  tNext: number,
  end: number,
  eta: number,
): { readonly to: number; readonly up: number } {
  if (eta === 0) return { to: tNext, up: 0 };
  const { down } = ancestralStep(sigmaOf(t), sigmaOf(tNext), eta);
  const to = Math.min(end, tOf(down));
  return { to, up: Math.sqrt(sigmaOf(tNext) ** 2 - sigmaOf(to) ** 2) };
}

/** Steps that DPM fast makes of a number of evaluations. */
export const dpmFastSteps = (evaluations: number): number => Math.floor(evaluations / 3) + 1;

/** Third-order steps, and lower ones at the end, so that the evaluations come out as asked. */
export async function* dpmFast<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  const { noise, eta = 0, sNoise = 1, evaluations = sigmas.length - 1 } = options;
  const { start, end } = rangeOf(sigmas, options);
  const steps = dpmFastSteps(evaluations);
  const times = linspace(start, end, steps + 1);
  const rest = evaluations % 3;
  const orderOf = (step: number): number => {
    if (rest > 0) return step === steps - 1 ? rest : 3;
    return step === steps - 1 ? 1 : step === steps - 2 ? 2 : 3;
  };
  for (let index = 0; index < steps; index++) {
    const [t, tNext] = [times[index]!, times[index + 1]!];
    const sigma = sigmaOf(t);
    const { to, up } = ancestralTime(t, tNext, end, eta);
    const step = new Evaluations(denoise);
    const denoised = combine([1, x], [-sigma, await step.eps(0, x, t)]);
    x = await solverStep(orderOf(index), step, x, t, to);
    // Drawn even when eta is 0, as in the reference.
    x = combine([1, x], [sNoise * up, noise(sigma, sigmaOf(tNext))]);
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}

/** Step size control by a PID controller with a limiter (k-diffusion PIDStepSizeController). */
class StepSizeController {
  private errors: [number, number, number] | null = null;
  private readonly b1: number;
  private readonly b2: number;
  private readonly b3: number;

  constructor(
    public h: number,
    p: number,
    i: number,
    d: number,
    order: number,
    private readonly acceptSafety: number,
  ) {
    this.b1 = (p + i + d) / order;
    this.b2 = -(p + 2 * d) / order;
    this.b3 = d / order;
  }

  /** Whether a step with this error is taken; sets the size of the next try. */
  propose(error: number): boolean {
    const inverse = 1 / (error + 1e-8);
    const [, last, beforeLast] = (this.errors ??= [inverse, inverse, inverse]);
    const factor = inverse ** this.b1 * last ** this.b2 * beforeLast ** this.b3;
    const limited = 1 + Math.atan(factor - 1);
    const accept = limited >= this.acceptSafety;
    if (accept) this.errors = [inverse, inverse, last];
    this.h *= limited;
    return accept;
  }
}

/** Steps as long as the difference between two orders allows. Yields after each try, taken or not. */
export async function* dpmAdaptive<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  const { noise, eta = 0, sNoise = 1, order = 3, rtol = 0.05, atol = 0.0078, hInit = 0.05 } = options;
  const { pCoefficient = 0, iCoefficient = 1, dCoefficient = 0, acceptSafety = 0.81 } = options;
  if (order !== 2 && order !== 3) throw new RangeError(`DPM adaptive has order 2 or 3, not ${order}.`);
  const { start, end } = rangeOf(sigmas, options);
  const controller = new StepSizeController(
    Math.abs(hInit),
    pCoefficient,
    iCoefficient,
    dCoefficient,
    eta !== 0 ? 1.5 : order,
    acceptSafety,
  );
  const counts = { accepted: 0, rejected: 0, evaluations: 0 };
  let s = start;
  let lowBefore = x;
  for (let index = 0; s < end - 1e-5; index++) {
    const t = Math.min(end, s + controller.h);
    if (!(t > s))
      throw new RangeError('DPM adaptive found no step small enough: the latents are not finite.');
    const { to, up } = ancestralTime(s, t, end, eta);
    const step = new Evaluations(denoise);
    const denoised = combine([1, x], [-sigmaOf(s), await step.eps(0, x, s)]);
    const low = await solverStep(order - 1, step, x, s, to, order === 3 ? 1 / 3 : undefined);
    const high = await solverStep(order, step, x, s, to);
    const error = scaledError(low, high, lowBefore, atol, rtol);
    if (controller.propose(error)) {
      lowBefore = low;
      x = combine([1, high], [sNoise * up, noise(sigmaOf(s), sigmaOf(t))]);
      s = t;
      counts.accepted += 1;
    } else {
      counts.rejected += 1;
    }
    counts.evaluations += order;
    const adaptive = { error, h: controller.h, ...counts, progress: (s - start) / (end - start) };
    yield { index, sigma: sigmaOf(s), sigmaHat: sigmaOf(s), x, denoised, adaptive };
  }
  return x;
}

/** Root mean square of the difference, in units of the tolerance. */
function scaledError(low: Latent, high: Latent, before: Latent, atol: number, rtol: number): number {
  let squares = 0;
  for (let i = 0; i < low.length; i++) {
    const delta = Math.max(atol, rtol * Math.max(Math.abs(low[i]!), Math.abs(before[i]!)));
    squares += ((low[i]! - high[i]!) / delta) ** 2;
  }
  return Math.sqrt(squares / low.length);
}
