// SEEDS, Gonzalez et al. 2023 (https://arxiv.org/abs/2305.14267): exponential solvers of the SDE with two and three evaluations a step,
// as in ComfyUI (sample_seeds_2, sample_seeds_3).
import { combine, type Latent } from '../latent.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { sigmaOf, tOf } from './common.ts';
import { phi1, phi2 } from './exponential.ts';

/** Where the evaluations between lie, as parts of a step. */
const MIDDLE = 1 / 2;
const THIRDS = [1 / 3, 2 / 3] as const;

/** One step in lambda = -log sigma. */
interface Step {
  readonly from: number;
  readonly h: number;
  /** With the part of the way that noise takes. */
  readonly hEta: number;
  readonly eta: number;
}

export async function* seeds2<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(x, sigma);
    if (sigmaNext === 0) x = denoised;
    else {
      const step = stepOf(sigma, sigmaNext, options);
      const walk = new NoiseWalk(step, options);
      const middle = sigmaAt(step, MIDDLE);
      const between = walk.to(MIDDLE, advanced(step, MIDDLE, x, [[phi1(-MIDDLE * step.hEta), denoised]]));
      const second = (await denoise(between, middle)).guided;
      // The prediction carried on from the middle to the whole step.
      const weight = 1 / (2 * MIDDLE);
      const target = combine([1 - weight, denoised], [weight, second]);
      x = walk.to(1, advanced(step, 1, x, [[phi1(-step.hEta), target]]));
    }
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}

export async function* seeds3<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  options: SamplerOptions,
): SamplerRun<T> {
  const [r1, r2] = THIRDS;
  for (let index = 0; index < sigmas.length - 1; index++) {
    const [sigma, sigmaNext] = [sigmas[index]!, sigmas[index + 1]!];
    const { guided: denoised } = await denoise(x, sigma);
    if (sigmaNext === 0) x = denoised;
    else {
      const step = stepOf(sigma, sigmaNext, options);
      const { hEta } = step;
      const walk = new NoiseWalk(step, options);
      const first = walk.to(r1, advanced(step, r1, x, [[phi1(-r1 * hEta), denoised]]));
      const second = (await denoise(first, sigmaAt(step, r1))).guided;
      const a2 = (r2 / r1) * phi2(-r2 * hEta);
      const middle = advanced(step, r2, x, [
        [phi1(-r2 * hEta) - a2, denoised],
        [a2, second],
      ]);
      const third = (await denoise(walk.to(r2, middle), sigmaAt(step, r2))).guided;
      const a3 = phi2(-hEta) / r2;
      const end = advanced(step, 1, x, [
        [phi1(-hEta) - a3, denoised],
        [a3, third],
      ]);
      x = walk.to(1, end);
    }
    yield { index, sigma, sigmaHat: sigma, x, denoised };
  }
  return x;
}

function stepOf(sigma: number, sigmaNext: number, { eta = 1 }: SamplerOptions): Step {
  const h = tOf(sigmaNext) - tOf(sigma);
  return { from: sigma, h, hEta: h * (eta + 1), eta };
}

function sigmaAt({ from, h }: Step, part: number): number {
  return sigmaOf(tOf(from) + part * h);
}

/** The latent after a part of the step, without its noise: predictions weighed by functions of the part's length. */
function advanced<T extends Latent>(
  step: Step,
  part: number,
  x: T,
  predictions: readonly (readonly [weight: number, denoised: T])[],
): T {
  const { from, h, hEta, eta } = step;
  const shrink = (sigmaAt(step, part) / from) * Math.exp(-part * h * eta);
  return combine([shrink, x], ...predictions.map(([weight, one]) => [part * hEta * weight, one] as const));
}

/** The noise of a step, drawn piece by piece: what was drawn fades as the next piece comes. */
class NoiseWalk {
  #part = 0;
  #noise: Latent | null = null;

  constructor(
    private readonly step: Step,
    private readonly options: SamplerOptions,
  ) {}

  /** The latent at a later part of the step, with the noise up to there. */
  to<T extends Latent>(part: number, x: T): T {
    const { step } = this;
    const { noise, sNoise = 1 } = this.options;
    if (step.eta <= 0 || sNoise <= 0) return x;
    const length = (part - this.#part) * step.h * step.eta;
    const drawn = noise(sigmaAt(step, this.#part), sigmaAt(step, part));
    const fresh = Math.sqrt(-Math.expm1(-2 * length));
    const walked = this.#noise
      ? combine([Math.exp(-length), this.#noise], [fresh, drawn])
      : combine([fresh, drawn]);
    this.#noise = walked;
    this.#part = part;
    return combine([1, x], [sigmaAt(step, part) * sNoise, walked]);
  }
}
