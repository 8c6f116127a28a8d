// SA-Solver, Xue et al. 2023 (https://arxiv.org/abs/2309.05019): a stochastic Adams method of predictor and corrector over the predictions
// of up to four steps, with noise in the middle part of the way, as in ComfyUI (sample_sa_solver, sample_sa_solver_pece).
import { combine, type Latent } from '../latent.ts';
import { DiscreteTable } from '../noise-table.ts';
import { TRAINING_STEPS } from '../training-steps.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { requireAlphas } from './ddim.ts';

/** Of the network's times, those between which noise is put back. */
const NOISY = { from: 0.8, to: 0.2 };

/** One evaluation a step: what is corrected is not looked at again. */
export function saSolver<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  return solve(denoise, x, sigmas, options, false);
}

/** Two evaluations: predict, evaluate, correct, evaluate. */
export function saSolverPece<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  return solve(denoise, x, sigmas, options, true);
}

async function* solve<T extends Latent>(
  denoise: Denoise<T>,
  start: T,
  sigmas: readonly number[],
  options: SamplerOptions,
  evaluatesAgain: boolean,
): SamplerRun<T> {
  // Orders: steps that are looked at, the latest included.
  const { noise, sNoise = 1, order: predictorOrder = 3, correctorOrder = 4, simpleOrder2 = false } = options;
  const table = new DiscreteTable(requireAlphas(options));
  const [highest, lowest] = [NOISY.from, NOISY.to].map((part) => table.tToSigma(part * (TRAINING_STEPS - 1)));
  const tauAt = (sigma: number): number => (sigma <= highest! && sigma >= lowest! ? 1 : 0);
  const lambdas = sigmas.map((sigma) => -Math.log(sigma));
  // Where the way ends without noise, its last steps look back less.
  const left = (index: number): number => (sigmas.at(-1) === 0 ? sigmas.length - 1 - index : Infinity);

  let x: T = start;
  let predicted: T = start;
  /** The latest predictions, and the noise of the last step. */
  const known: T[] = [];
  let tau = 0;
  let added: readonly [number, Latent] | null = null;
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(predicted, sigma);
    known.push(denoised);
    if (known.length > Math.max(predictorOrder, correctorOrder)) known.shift();

    const corrects = index > 0 && (sigmaNext > 0 || evaluatesAgain);
    const corrector = corrects ? Math.min(correctorOrder, known.length, left(index)) : 0;
    if (corrector === 0) x = predicted;
    else {
      x = stepped(x, known, lambdas, index, {
        ...{ from: index - 1, to: index, order: corrector },
        ...{ tau, simple: simpleOrder2, corrects: true },
      });
      if (added) x = combine([1, x], added);
      if (evaluatesAgain) known[known.length - 1] = (await denoise(x, sigma)).guided;
    }

    if (sigmaNext === 0) predicted = known.at(-1)!;
    else {
      tau = tauAt(sigmaNext);
      const order = Math.min(predictorOrder, known.length, left(index) - 1);
      predicted = stepped(x, known, lambdas, index, {
        ...{ from: index, to: index + 1, order },
        ...{ tau, simple: simpleOrder2, corrects: false },
      });
      added = null;
      if (tau > 0 && sNoise > 0) {
        const shrunk = -Math.expm1(-2 * tau ** 2 * (lambdas[index + 1]! - lambdas[index]!));
        added = [sNoise * sigmaNext * Math.sqrt(shrunk), noise(sigma, sigmaNext)];
        predicted = combine([1, predicted], added);
      }
    }
    yield { index, sigma, sigmaHat: sigma, x: predicted, denoised };
  }
  // ComfyUI's schedules end at 0. Where another one does not, what it gives is what was corrected, before the last prediction.
  return sigmas.at(-1) === 0 ? predicted : x;
}

interface Way {
  /** Places in the schedule. */
  readonly from: number;
  readonly to: number;
  readonly order: number;
  readonly tau: number;
  /** Whether the paper's short form of order 2 (appendix D) is taken, which differs for both parts. */
  readonly simple: boolean;
  readonly corrects: boolean;
}

/** `x` at the other end of a way, by the polynomial through the latest predictions; the paper's equations 15 and 18, without noise. */
function stepped<T extends Latent>(
  x: T,
  known: readonly T[],
  lambdas: readonly number[],
  latest: number,
  { from, to, order, tau, simple, corrects }: Way,
): T {
  const end = lambdas[to]!;
  const length = end - lambdas[from]!;
  const nodes = lambdas.slice(latest + 1 - order, latest + 1).map((lambda) => lambda - end);
  const rate = 1 + tau ** 2;
  const weights =
    simple && order === 2 ? shortWeights(nodes[0]!, length, rate, corrects) : weightsOf(nodes, length, rate);
  const predictions = known.slice(-order).map((one, i) => [weights[i]!, one] as const);
  // sigma at the end over that at the start is e^-length.
  return combine([Math.exp(-rate * length), x], ...predictions);
}

/** `earlier`: the first of two nodes. */
function shortWeights(earlier: number, length: number, rate: number, corrects: boolean): [number, number] {
  const whole = -Math.expm1(-rate * length);
  if (corrects) return [whole - (rate * length) / 2, (rate * length) / 2];
  const first = (rate * length ** 2) / 2 / (earlier + length);
  return [first, whole - first];
}

/** Of the values at `nodes`: their shares in rate * the integral of e^(rate u) times the polynomial through them, for u from -length to 0. */
function weightsOf(nodes: readonly number[], length: number, rate: number): number[] {
  // Of the powers of u, by parts.
  const moments = [-Math.expm1(-rate * length)];
  for (let power = 1; power < nodes.length; power++)
    moments.push(-((-length) ** power) * Math.exp(-rate * length) - (power / rate) * moments[power - 1]!);
  return nodes.map((node, i) => {
    // The polynomial that is 1 there and 0 at the others, the lowest power first.
    let basis = [1];
    for (const [j, other] of nodes.entries()) {
      if (j === i) continue;
      const span = node - other;
      basis = [...basis, 0].map((value, power) => ((basis[power - 1] ?? 0) - other * value) / span);
    }
    return basis.reduce((sum, value, power) => sum + value * moments[power]!, 0);
  });
}
