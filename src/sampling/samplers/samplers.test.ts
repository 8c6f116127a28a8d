// Samplers that no reference run covers, on a problem with a known solution: for data of one normal distribution with
// deviation s, the denoised latent is x s^2 / (s^2 + sigma^2) and x follows sqrt(s^2 + sigma^2).
import { describe, expect, it } from 'vitest';
import { DiscreteTable, linearAlphasCumprod } from '../noise-table.ts';
import { getSampler, SAMPLERS } from '../registry.ts';
import { solverOf, stepsOf } from '../solvers.ts';
import { buildSigmas } from '../schedules.ts';
import type { Denoise, SamplerOptions } from '../types.ts';

const SPREAD = 0.5;
const table = new DiscreteTable(linearAlphasCumprod());

const denoise: Denoise<Float64Array> = (x, sigma) => {
  const guided = x.map((value) => (value * SPREAD ** 2) / (SPREAD ** 2 + sigma ** 2));
  return Promise.resolve({ guided, uncond: guided });
};
const silence: SamplerOptions['noise'] = () => new Float64Array(2);

async function sample(
  name: string,
  steps: number,
  options: Partial<SamplerOptions> = {},
  denoiser = denoise,
): Promise<Float64Array> {
  const sigmas = buildSigmas({ scheduler: 'Karras', steps, table });
  const x = Float64Array.of(1, -0.7).map((value) => value * sigmas[0]!);
  const run = solverOf(getSampler(name))(denoiser, x, sigmas, { noise: silence, ...options });
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

/** Relative error of the way from the largest sigma to 0. */
async function errorOf(name: string, steps: number, options: Partial<SamplerOptions> = {}): Promise<number> {
  const sigmaMax = table.sigmas.at(-1)!;
  const exact = (sigmaMax * SPREAD) / Math.hypot(SPREAD, sigmaMax);
  return Math.abs((await sample(name, steps, options))[0]! / exact - 1);
}

describe('on a normal distribution', () => {
  // IPNDM_V is left out: the weights in use do not add up to the step where steps are uneven.
  it.each([
    ['HeunPP2', 0.6],
    ['IPNDM', 0.6],
    ['DEIS', 1],
    ['Euler CFG++', 0.9],
    ['DPM++ 2M CFG++', 1],
  ])('%s converges', async (name, order) => {
    const [coarse, fine] = [await errorOf(name, 20), await errorOf(name, 80)];
    expect(fine).toBeLessThan(0.025);
    expect(Math.log(coarse / fine) / Math.log(4)).toBeGreaterThan(order);
  });

  it.each(['IPNDM', 'IPNDM_V', 'DEIS'])('%s beats Euler', async (name) => {
    expect(await errorOf(name, 30)).toBeLessThan((await errorOf('Euler', 30)) / 2);
  });
});

describe('reductions', () => {
  it.each([
    ['IPNDM', { order: 1 }, 'Euler'],
    ['IPNDM_V', { order: 1 }, 'Euler'],
    ['DEIS', { order: 1 }, 'Euler'],
    ['Euler CFG++', {}, 'Euler'],
    ['Euler a CFG++', { eta: 0 }, 'Euler'],
    ['DPM++ 2M CFG++', {}, 'DPM++ 2M'],
  ] as const)('%s %o is %s without a difference between conditions', async (name, options, other) => {
    const [a, b] = [await sample(name, 12, options), await sample(other, 12)];
    a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, 10));
  });

  /** Weights of the last of some steps from 5 downwards by 1, newest derivative first, found with unit impulses. */
  async function weightsOf(name: string, steps: number): Promise<number[]> {
    const sigmas = Array.from({ length: steps + 1 }, (_, i) => 5 - i);
    let call = 0;
    const impulses: Denoise<Float64Array> = (x, sigma) => {
      const guided = x.map((value, i) => value - (i === call ? sigma : 0));
      call += 1;
      return Promise.resolve({ guided, uncond: guided });
    };
    const positions: Float64Array[] = [];
    const start = new Float64Array(steps);
    for await (const step of solverOf(getSampler(name))(impulses, start, sigmas, { noise: silence }))
      positions.push(step.x);
    const before = positions.at(-2)!;
    return Array.from(positions.at(-1)!, (value, i) => -(value - before[i]!)).reverse();
  }

  it.each([
    ['IPNDM', 3, [23 / 12, -16 / 12, 5 / 12]],
    ['IPNDM', 4, [55 / 24, -59 / 24, 37 / 24, -9 / 24]],
    ['LMS', 4, [55 / 24, -59 / 24, 37 / 24, -9 / 24]],
    ['IPNDM_V', 2, [3 / 2, -1 / 2]],
    ['IPNDM_V', 3, [23 / 12, -16 / 12, 5 / 12]],
    // Not Adams and Bashforth's, but what the programs in use compute.
    ['IPNDM_V', 4, [57 / 24, -65 / 24, 43 / 24, -11 / 24]],
  ])('%s has the weights of even steps, order %i', async (name, order, expected) => {
    const weights = await weightsOf(name, order);
    weights.forEach((weight, i) => expect(weight).toBeCloseTo(expected[i]!, 10));
  });
});

describe('CFG++', () => {
  const split: Denoise<Float64Array> = async (x, sigma) => {
    const { guided } = await denoise(x, sigma);
    return { guided: guided.map((value) => value + 0.1), uncond: guided };
  };
  it.each(['Euler CFG++', 'Euler a CFG++', 'DPM++ 2M CFG++'])(
    '%s steps along the unconditional one',
    async (name) => {
      const plain = await sample(name, 8, { eta: 0 });
      const guided = await sample(name, 8, { eta: 0 }, split);
      const reversed = await sample(name, 8, { eta: 0 }, async (x, sigma) => {
        const { guided: a, uncond: b } = await split(x, sigma);
        return { guided: b, uncond: a };
      });
      expect(guided[0]).not.toBeCloseTo(plain[0]!, 3);
      expect(guided[0]).not.toBeCloseTo(reversed[0]!, 3);
    },
  );
});

it.each(SAMPLERS.filter(({ kind }) => kind !== 'timestep').map(({ name }) => name))(
  '%s yields as many steps as it says, and leaves its input alone',
  async (name) => {
    const sampler = getSampler(name);
    const sigmas = buildSigmas({ scheduler: 'Karras', steps: 22, table });
    const x = Float64Array.of(14, -9);
    const noise = () => Float64Array.of(0.3, -0.2);
    const run = solverOf(sampler)(denoise, x, sigmas, { noise, alphasCumprod: linearAlphasCumprod() });
    let steps = 0;
    let progress: number | undefined;
    for await (const step of run) {
      expect(step.index).toBe(steps);
      expect(step.x.every(Number.isFinite) && step.denoised.every(Number.isFinite)).toBe(true);
      progress = step.adaptive?.progress;
      steps += 1;
    }
    if (progress === undefined) expect(steps).toBe(stepsOf(sampler, sigmas));
    else expect(progress).toBeGreaterThan(0.999);
    expect([...x]).toEqual([14, -9]);
  },
);

describe('refusals', () => {
  it('UniPC says how many steps it needs', async () => {
    const options = { noise: silence, alphasCumprod: linearAlphasCumprod() };
    const run = solverOf(getSampler('UniPC'))(denoise, Float64Array.of(1), [1, 501], options);
    await expect(run.next()).rejects.toThrow(/at least 3 steps/);
  });
  it('timestep samplers want a table', async () => {
    await expect(
      solverOf(getSampler('DDIM'))(denoise, Float64Array.of(1), [1, 501], { noise: silence }).next(),
    ).rejects.toThrow(/alphasCumprod/);
  });
  it('DPM-Solver wants a range', async () => {
    await expect(
      solverOf(getSampler('DPM fast'))(denoise, Float64Array.of(1), [0], { noise: silence }).next(),
    ).rejects.toThrow(RangeError);
  });
  it('DPM adaptive stops at latents that are not finite', async () => {
    const run = solverOf(getSampler('DPM adaptive'))(denoise, Float64Array.of(NaN), [10, 1, 0], {
      noise: silence,
    });
    await expect(
      (async () => {
        for await (const step of run) expect(step.index).toBeLessThan(10_000);
      })(),
    ).rejects.toThrow(/not finite/);
  });
});
