// UniPC, Zhao et al. 2023 (https://arxiv.org/abs/2302.04867): a multistep predictor whose evaluation at the new time
// also corrects the step (A1111 modules/models/diffusion/uni_pc). Predicts x0; variants bh1, bh2 and vary_coeff.
import { combine, type Latent, type Term } from '../latent.ts';
import { linspace } from '../noise-table.ts';
import type { Denoise, SamplerOptions, SamplerRun, UniPcSkipType, UniPcVariant } from '../types.ts';
import { requireAlphas } from './ddim.ts';

/** Levels at continuous time 0.001 .. 1, straight lines in log alpha between the table's entries. */
class VpSchedule {
  readonly count: number;
  /** Of sqrt(alphas_cumprod), index 0 at time 1 / count. */
  private readonly logAlphas: readonly number[];

  constructor(alphasCumprod: ArrayLike<number>) {
    this.logAlphas = Array.from(alphasCumprod, (alpha) => 0.5 * Math.log(alpha));
    this.count = this.logAlphas.length;
  }

  logAlpha(time: number): number {
    const position = time * this.count - 1;
    const low = Math.min(Math.max(Math.floor(position), 0), this.count - 2);
    const [a, b] = [this.logAlphas[low]!, this.logAlphas[low + 1]!];
    return a + (position - low) * (b - a);
  }

  alpha(time: number): number {
    return Math.exp(this.logAlpha(time));
  }

  sigma(time: number): number {
    return Math.sqrt(1 - Math.exp(2 * this.logAlpha(time)));
  }

  /** Half the log of the signal-to-noise ratio. */
  lambda(time: number): number {
    const log = this.logAlpha(time);
    return log - 0.5 * Math.log(1 - Math.exp(2 * log));
  }

  timeOf(lambda: number): number {
    const log = -0.5 * Math.log1p(Math.exp(-2 * lambda));
    let low = 0;
    while (low < this.count - 2 && this.logAlphas[low + 1]! >= log) low++;
    const [a, b] = [this.logAlphas[low]!, this.logAlphas[low + 1]!];
    return (low + 1 + (log - a) / (b - a)) / this.count;
  }
}

function timesOf(
  skip: UniPcSkipType,
  schedule: VpSchedule,
  from: number,
  to: number,
  steps: number,
): number[] {
  switch (skip) {
    case 'time_uniform':
      return linspace(from, to, steps + 1);
    case 'time_quadratic':
      return linspace(Math.sqrt(from), Math.sqrt(to), steps + 1).map((root) => root ** 2);
    case 'logSNR':
      return linspace(schedule.lambda(from), schedule.lambda(to), steps + 1).map((lambda) =>
        schedule.timeOf(lambda),
      );
  }
}

/** Solution of a small linear system, by Gauss elimination with row exchanges. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const n = rows.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++) {
      if (Math.abs(rows[i]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = i;
    }
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const top = rows[column]!;
    for (const row of rows) {
      if (row === top) continue;
      const factor = row[column]! / top[column]!;
      for (let k = column; k <= n; k++) row[k]! -= factor * top[k]!;
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}

/** Weights of the older differences and of the newest one, to be multiplied by -alpha of the new time. */
interface Weights {
  readonly predictor: readonly number[];
  readonly corrector: readonly number[];
}

/** `ratios`: places of the older evaluations in units of the step, then 1 for the new one. */
function bhWeights(variant: 'bh1' | 'bh2', ratios: readonly number[], hh: number): Weights {
  const order = ratios.length;
  const base = variant === 'bh1' ? hh : Math.expm1(hh);
  const rows: number[][] = [];
  const right: number[] = [];
  let phi = Math.expm1(hh) / hh - 1;
  let factorial = 1;
  for (let i = 1; i <= order; i++) {
    rows.push(ratios.map((ratio) => ratio ** (i - 1)));
    right.push((phi * factorial) / base);
    factorial *= i + 1;
    phi = phi / hh - 1 / factorial;
  }
  // Orders 1 and 2 use the simplified weights of the paper's appendix.
  const older = rows.slice(0, -1).map((row) => row.slice(0, -1));
  const predictor = order === 2 ? [0.5] : solve(older, right.slice(0, -1));
  const corrector = order === 1 ? [0.5] : solve(rows, right);
  return { predictor: predictor.map((w) => w * base), corrector: corrector.map((w) => w * base) };
}

function varyingWeights(ratios: readonly number[], hh: number): Weights {
  const order = ratios.length;
  const phis: number[] = [];
  let phi = Math.expm1(hh);
  let factorial = 1;
  for (let k = 1; k <= order + 1; k++) {
    phis.push(phi);
    phi = phi / hh - 1 / factorial;
    factorial *= k + 1;
  }
  /** Columns of the inverse of C, C[j][k] = ratio_j^k / (k + 1)!, weighed by phi: solves C^T w = phi. */
  const solveFor = (nodes: readonly number[], weights: readonly number[]): number[] => {
    const transposed = nodes.map((_, k) => nodes.map((ratio) => ratio ** k / factorialOf(k + 1)));
    return solve(transposed, weights);
  };
  const older = ratios.slice(0, -1);
  const predictor = solveFor(older, phis.slice(1, order));
  // The reference leaves the inverse's last row out of the older differences, and takes the newest one's weight
  // from the row before it.
  const inverse = ratios.map((_, k) =>
    solveFor(
      ratios,
      ratios.map((__, i) => (i === k ? 1 : 0)),
    ),
  );
  const corrector = older.map((_, j) =>
    older.reduce((sum, __, k) => sum + phis[k + 1]! * inverse[k]![j]!, 0),
  );
  corrector.push(phis[order]! * inverse[Math.max(order - 2, 0)]![order - 1]!);
  return { predictor, corrector };
}

const factorialOf = (n: number): number => (n <= 1 ? 1 : n * factorialOf(n - 1));

function weightsOf(variant: UniPcVariant, ratios: readonly number[], hh: number): Weights {
  return variant === 'vary_coeff' ? varyingWeights(ratios, hh) : bhWeights(variant, ratios, hh);
}

/**
 * Takes as many steps as there are timesteps, on a grid of its own. Needs `order` steps or more.
 * @throws RangeError with fewer.
 */
export async function* unipc<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  timesteps: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  const {
    order = 3,
    uniPcVariant = 'bh1',
    uniPcSkipType = 'time_uniform',
    uniPcLowerOrderFinal = true,
  } = options;
  const steps = timesteps.length;
  if (steps < order) {
    throw new RangeError(
      `UniPC of order ${order} needs at least ${order} steps, not ${steps}. Raise the steps.`,
    );
  }
  const schedule = new VpSchedule(requireAlphas(options));
  const start = options.isImg2img ? (timesteps[steps - 1]! + 1) / 1000 : 1;
  const times = timesOf(uniPcSkipType, schedule, start, 1 / schedule.count, steps);

  const predict = async (at: T, time: number): Promise<T> => {
    const { guided: eps } = await denoise(at, (time - 1 / schedule.count) * 1000);
    const alpha = schedule.alpha(time);
    return combine([1 / alpha, at], [-schedule.sigma(time) / alpha, eps]);
  };

  /** Evaluations so far, newest first. */
  const known: { readonly time: number; readonly x0: T }[] = [
    { time: times[0]!, x0: await predict(x, times[0]!) },
  ];
  for (let index = 0; index < steps; index++) {
    const time = times[index + 1]!;
    const isLast = index === steps - 1;
    // The first steps have fewer evaluations to look back on.
    let stepOrder = Math.min(order, index + 1);
    if (uniPcLowerOrderFinal) stepOrder = Math.min(stepOrder, steps - index);

    const { time: from, x0 } = known[0]!;
    const lambdaFrom = schedule.lambda(from);
    const h = schedule.lambda(time) - lambdaFrom;
    const older = known.slice(1, stepOrder).map((entry) => ({
      x0: entry.x0,
      ratio: (schedule.lambda(entry.time) - lambdaFrom) / h,
    }));
    const { predictor, corrector } = weightsOf(uniPcVariant, [...older.map(({ ratio }) => ratio), 1], -h);
    const alpha = schedule.alpha(time);
    const plain = combine([schedule.sigma(time) / schedule.sigma(from), x], [-alpha * Math.expm1(-h), x0]);
    const differences = (weights: readonly number[]): Term[] =>
      older.flatMap((entry, i): Term[] => {
        const weight = (-alpha * weights[i]!) / entry.ratio;
        return [
          [weight, entry.x0],
          [-weight, x0],
        ];
      });

    x = combine([1, plain], ...differences(predictor));
    if (!isLast) {
      const newest = await predict(x, time);
      const weight = -alpha * corrector[corrector.length - 1]!;
      x = combine([1, plain], ...differences(corrector), [weight, newest], [-weight, x0]);
      known.unshift({ time, x0: newest });
      known.length = Math.min(known.length, order);
    }
    const t = (time - 1 / schedule.count) * 1000;
    yield { index, sigma: t, sigmaHat: t, x, denoised: known[0]!.x0 };
  }
  return x;
}
