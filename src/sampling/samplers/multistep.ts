// Linear multistep methods over sigma: LMS, and iPNDM with fixed and with variable steps, and DEIS. Each advances
// x by a weighted sum of the newest derivatives; they differ in the weights alone.
import { combine, type Latent, type Term } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { derivative } from './common.ts';

/** Weights of the derivatives, newest first, for the step from sigmas[index]; they include the step's length. */
type Weights = (sigmas: readonly number[], index: number, order: number) => readonly number[];

async function* multistep<T extends Latent>(
  weights: Weights,
  maxOrder: number,
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
): SamplerRun<T> {
  const derivatives: T[] = [];
  for (let index = 0; index < sigmas.length - 1; index++) {
    const sigma = sigmas[index]!;
    const { guided: denoised } = await denoise(x, sigma);
    derivatives.unshift(derivative(x, sigma, denoised));
    derivatives.length = Math.min(derivatives.length, maxOrder);
    const factors = weights(sigmas, index, derivatives.length);
    x = combine([1, x], ...factors.map((factor, i): Term => [factor, derivatives[i]!]));
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}

/** Lagrange basis polynomial j of `nodes`, at `at`. */
function lagrange(nodes: readonly number[], j: number, at: number): number {
  return nodes.reduce(
    (product, node, k) => (k === j ? product : (product * (at - node)) / (nodes[j]! - node)),
    1,
  );
}

/** Five points are exact for polynomials up to degree 9; the bases of four nodes have degree 3. */
const GAUSS_LEGENDRE_5: readonly (readonly [point: number, weight: number])[] = [
  [0, 128 / 225],
  [0.5384693101056831, 0.47862867049936647],
  [-0.5384693101056831, 0.47862867049936647],
  [0.906179845938664, 0.23692688505618908],
  [-0.906179845938664, 0.23692688505618908],
];

/** The newest `order` sigmas at a step, newest first. */
const newest = (sigmas: readonly number[], index: number, order: number): number[] =>
  Array.from({ length: order }, (_, j) => sigmas[index - j]!);

/** Integrals of the bases over the step: Katherine Crowson's linear multistep (k-diffusion sample_lms). */
export function lms<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { order = 4 }: SamplerOptions,
): SamplerRun<T> {
  const weights: Weights = (all, index, n) => {
    const nodes = newest(all, index, n);
    const middle = (all[index]! + all[index + 1]!) / 2;
    const half = (all[index + 1]! - all[index]!) / 2;
    return nodes.map((_, j) =>
      GAUSS_LEGENDRE_5.reduce((sum, [p, w]) => sum + w * half * lagrange(nodes, j, middle + p * half), 0),
    );
  };
  return multistep(weights, order, denoise, x, sigmas);
}

/** Adams-Bashforth for even steps. */
const ADAMS_BASHFORTH: readonly (readonly number[])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];

/** The step's length: Euler's method, which at the last step ends at the denoised latent. */
const length = (sigmas: readonly number[], index: number): number => sigmas[index + 1]! - sigmas[index]!;

/**
 * iPNDM, Zhang and Chen 2022 (https://arxiv.org/abs/2204.13902), as Forge and ComfyUI have it (sample_ipndm, from
 * zju-pi/diff-sampler).
 */
export function ipndm<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { order = 4 }: SamplerOptions,
): SamplerRun<T> {
  const weights: Weights = (all, index, n) => {
    const h = length(all, index);
    return all[index + 1] === 0 ? [h] : ADAMS_BASHFORTH[n - 1]!.map((factor) => factor * h);
  };
  return multistep(weights, Math.min(order, ADAMS_BASHFORTH.length), denoise, x, sigmas);
}

/**
 * iPNDM for uneven steps (sample_ipndm_v of the same). The weights are those that Forge and ComfyUI use: from the third
 * order on they differ from Adams-Bashforth's where the steps are uneven.
 */
export function ipndmV<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { order = 4 }: SamplerOptions,
): SamplerRun<T> {
  const weights: Weights = (all, index, n) => {
    const h = length(all, index);
    return all[index + 1] === 0 ? [h] : variableStepFactors(all, index, n).map((factor) => factor * h);
  };
  return multistep(weights, Math.min(order, 4), denoise, x, sigmas);
}

function variableStepFactors(sigmas: readonly number[], index: number, order: number): number[] {
  if (order === 1) return [1];
  const h = length(sigmas, index);
  const h1 = length(sigmas, index - 1);
  const second = [1 + h / h1 / 2, -h / h1 / 2];
  if (order === 2) return second;
  const h2 = length(sigmas, index - 2);
  const b = h1 / h2;
  const k = (1 - h ** 2 / (3 * h1 * (h1 + h2))) / 2;
  const third = [second[0]! + k, second[1]! - (1 + b) * k, b * k];
  if (order === 3) return third;
  const h3 = length(sigmas, index - 3);
  const c = (h1 * (h1 + h2)) / (h2 * (h2 + h3));
  const steps = (h * (h + h1) * (h + h1 + h2)) / (h1 * (h1 + h2) * (h1 + h2 + h3));
  const m = ((1 - h / (3 * (h + h1))) / 2 + ((1 - h / (2 * (h + h1))) * h) / (6 * (h + h1 + h2))) * steps;
  return [third[0]! + m, third[1]! - (1 + b + c) * m, third[2]! + (b + c * (1 + h2 / h3)) * m, -b * c * m];
}

// The variance-preserving time of Song et al. 2021, for sigmas from 0.002 to 80, on which DEIS interpolates.
const DEIS_EPSILON = 1e-3;
const LOG_MIN = Math.log(0.002 ** 2 + 1);
const LOG_MAX = Math.log(80 ** 2 + 1);
const BETA_D = (2 * (LOG_MIN / DEIS_EPSILON - LOG_MAX)) / (DEIS_EPSILON - 1);
const BETA_MIN = LOG_MAX - 0.5 * BETA_D;
/** Points over which the reference sums each step. */
const DEIS_POINTS = 10000;

const vpTime = (sigma: number): number =>
  (Math.sqrt(BETA_MIN ** 2 + 2 * BETA_D * Math.log(sigma ** 2 + 1)) - BETA_MIN) / BETA_D;

/** d sigma / d time. */
function vpSpeed(time: number): number {
  const alpha = Math.exp(-0.5 * time ** 2 * BETA_D - time * BETA_MIN);
  return (0.5 * (time * BETA_D + BETA_MIN)) / Math.sqrt(alpha * (1 - alpha));
}

/** DEIS "tab", Zhang and Chen 2022, as Forge and ComfyUI have it (sample_deis, from zju-pi/diff-sampler). */
export function deis<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { order = 3 }: SamplerOptions,
): SamplerRun<T> {
  const weights: Weights = (all, index, n) => {
    if (n === 1 || all[index + 1]! <= 0) return [length(all, index)];
    const nodes = newest(all, index, n).map(vpTime);
    const [from, to] = [vpTime(all[index]!), vpTime(all[index + 1]!)];
    const sums = nodes.map(() => 0);
    for (let i = 0; i < DEIS_POINTS; i++) {
      const time = from + ((to - from) * i) / (DEIS_POINTS - 1);
      const speed = vpSpeed(time);
      nodes.forEach((_, j) => (sums[j]! += speed * lagrange(nodes, j, time)));
    }
    return sums.map((sum) => (sum * (to - from)) / DEIS_POINTS);
  };
  return multistep(weights, order, denoise, x, sigmas);
}
