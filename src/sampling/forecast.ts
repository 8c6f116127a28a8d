// Step forecasting (Spectrum; Han et al. 2026, arXiv 2603.01623): a network's answers along a run are smooth in its time, so
// that some of them can be extrapolated from those before instead of being computed. That changes the picture.
//
// Each answer is fitted, number by number, by Chebyshev polynomials of time (ridge regression), and what these give is blended
// with a step along the last difference. Both are sums of past answers: all there is to compute are the factors. Which
// evaluations are computed is known beforehand: the first ones, then one in every window, which grows, and the last ones.
import { combine, type Latent, type Term } from './latent.ts';
import { TRAINING_STEPS } from './training-steps.ts';

/** How forecasts are made; names of the paper's section 3. */
export interface ForecastSettings {
  /** Highest degree of the polynomials ("M"). */
  readonly degree: number;
  /** The ridge regression's weight on the coefficients' squares (equation 8, "lambda"). */
  readonly ridge: number;
  /** How much of a forecast is the polynomial's; the rest is the last difference's ("w"). */
  readonly blend: number;
  /** How much the window grows with each evaluation that is computed ("alpha"). */
  readonly growth: number;
  /** Evaluations that are computed before any is forecast. */
  readonly warmUp: number;
  /** From this part of the run on all are computed: details are decided here. */
  readonly lastPart: number;
}

const SETTINGS: ForecastSettings = {
  degree: 3,
  ridge: 0.1,
  blend: 0.5,
  growth: 0.5,
  warmUp: 6,
  lastPart: 0.9,
};
/** Answers that a forecast goes by: the last ones. */
const MOST_KEPT = 6;

/** Which evaluations of a run of so many are forecast. */
export class ForecastPlan {
  #evaluation = 0;
  #skipped = 0;
  #window: number;

  /** `window`: of so many evaluations one is computed, at first. */
  constructor(
    private readonly total: number,
    window: number,
    private readonly settings = SETTINGS,
  ) {
    this.#window = window;
  }

  /** Whether the next evaluation may be forecast. */
  get mayForecast(): boolean {
    const { warmUp, lastPart } = this.settings;
    if (this.#evaluation < warmUp || this.#evaluation >= Math.floor(lastPart * this.total)) return false;
    return (this.#skipped + 1) % Math.max(1, Math.floor(this.#window)) !== 0;
  }

  /** The next one was forecast, or computed. */
  note(forecast: boolean): void {
    if (forecast) {
      this.#skipped++;
    } else {
      const { warmUp, growth } = this.settings;
      if (this.#evaluation >= warmUp) this.#window += growth;
      this.#skipped = 0;
    }
    this.#evaluation++;
  }
}

/** How many of a run's evaluations are computed. `window` 0: all. */
export function computedEvaluations(total: number, window: number): number {
  if (window === 0) return total;
  const plan = new ForecastPlan(total, window);
  let computed = 0;
  for (let i = 0; i < total; i++) {
    const forecast = plan.mayForecast;
    if (!forecast) computed++;
    plan.note(forecast);
  }
  return computed;
}

/** What an answer hangs on, beside the latents: the network's time, 0..999, and the prompt. */
interface Asked<C> {
  readonly t: number;
  readonly cond: C;
}

interface Answer<C, T extends Latent> {
  readonly time: number;
  readonly cond: C;
  readonly output: T;
}

/** Forecasts what a network would answer in one run. */
export class Forecaster<C, T extends Latent> {
  readonly #plan: ForecastPlan;
  /** Of each item of a call, by its place, the last answers. */
  #answers: Answer<C, T>[][] = [];

  constructor(total: number, window: number) {
    this.#plan = new ForecastPlan(total, window);
  }

  /** The answers to these items; null where the network is to be asked, and `learn` be told. */
  forecast(items: readonly Asked<C>[]): T[] | null {
    if (!this.#plan.mayForecast) return null;
    const outputs: T[] = [];
    for (const [place, { t, cond }] of items.entries()) {
      const past = this.#answers[place] ?? [];
      // To another prompt it answers otherwise.
      if (past.length < 2 || past.at(-1)!.cond !== cond) return null;
      const factors = forecastFactors(
        past.map(({ time }) => time),
        t,
      );
      const [first, ...rest] = past.map(({ output }, i): Term<T> => [factors[i]!, output]);
      outputs.push(combine(first!, ...rest));
    }
    this.#plan.note(true);
    return outputs;
  }

  /** What the network answered. */
  learn(items: readonly Asked<C>[], outputs: readonly T[]): void {
    this.#plan.note(false);
    for (const [place, { t, cond }] of items.entries()) {
      const past = this.#answers[place] ?? [];
      const same = past.at(-1)?.cond === cond ? past : [];
      this.#answers[place] = [...same, { time: t, cond, output: outputs[place]! }].slice(-MOST_KEPT);
    }
  }

  /** Another network answers from now on. */
  forget(): void {
    this.#answers = [];
  }
}

/** What past answers, at these times of the network, are to be multiplied by so that their sum is the answer at `time`. */
export function forecastFactors(times: readonly number[], time: number): number[] {
  const chebyshev = chebyshevFactors(times, time);
  const difference = differenceFactors(times, time);
  const { blend } = SETTINGS;
  return times.map((_, i) => blend * chebyshev[i]! + (1 - blend) * difference[i]!);
}

/** The ridge regression's: T(time) (X^T X + lambda I)^-1 X^T, X having the polynomials at each of the times. */
export function chebyshevFactors(
  times: readonly number[],
  time: number,
  { degree, ridge }: Pick<ForecastSettings, 'degree' | 'ridge'> = SETTINGS,
): number[] {
  const rows = times.map((one) => chebyshev(one, degree));
  const normal = Array.from({ length: degree + 1 }, (_, i) =>
    Array.from(
      { length: degree + 1 },
      (_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0) + (i === j ? ridge : 0),
    ),
  );
  const solved = solve(normal, chebyshev(time, degree));
  return rows.map((row) => row.reduce((sum, value, i) => sum + value * solved[i]!, 0));
}

/** The last answer, and as much of its difference from the one before at another time as time has gone on. */
export function differenceFactors(times: readonly number[], time: number): number[] {
  const last = times.length - 1;
  const factors = times.map((_, i) => (i === last ? 1 : 0));
  const before = times.findLastIndex((one) => one !== times[last]);
  if (before < 0) return factors;
  const part = (time - times[last]!) / (times[last]! - times[before]!);
  factors[last]! += part;
  factors[before]! -= part;
  return factors;
}

/** Chebyshev polynomials of the first kind, of the network's time brought to -1..1. */
function chebyshev(time: number, degree: number): number[] {
  const x = (2 * time) / (TRAINING_STEPS - 1) - 1;
  const values = [1, x];
  while (values.length <= degree) values.push(2 * x * values.at(-1)! - values.at(-2)!);
  return values;
}

/** a x = b for a symmetric positive definite a, by Gaussian elimination, which needs no pivots there. */
function solve(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = a.map((row, i) => [...row, b[i]!]);
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= n; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    const known = x.reduce((sum, value, j) => (j > i ? sum + rows[i]![j]! * value : sum), 0);
    x[i] = (rows[i]![n]! - known) / rows[i]![i]!;
  }
  return x;
}
