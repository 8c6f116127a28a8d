// What hooks around evaluations see and change.
import { describe, expect, it } from 'vitest';
import { sigmaParameterization, timestepParameterization } from './denoiser.ts';
import { guide } from './guidance.ts';
import type { SamplingHooks } from './hooks.ts';
import { DiscreteTable, linearAlphasCumprod } from './noise-table.ts';
import { SIGMA_SPACE, timestepSpace } from './sigma-space.ts';

const alphas = linearAlphasCumprod();
const table = new DiscreteTable(alphas);

/** A network that answers with its condition everywhere, or with what is marked. */
function setup(hooks: readonly SamplingHooks<number>[], cfgScale = 3) {
  const calls: number[][] = [];
  const denoise = guide<number, Float32Array>({
    parameterization: sigmaParameterization('sample', table),
    network: (items) => {
      calls.push(items.map(({ cond }) => cond));
      return Promise.resolve(items.map(({ x, cond, marks }) => x.map(() => marks?.['answer'] ?? cond)));
    },
    conds: [[{ weight: 1, schedule: [[100, 2]] }]],
    unconds: [[[100, 1]]],
    cfgScale,
    totalSteps: 10,
    shownStep: () => ({ step: 4, steps: 10 }),
    options: { skipUncondAtScale1: true },
    hooks,
  });
  return { calls, guided: async () => [...(await denoise(new Float32Array(2), 5)).guided] };
}

describe('hooks', () => {
  it('change what the network is asked, and the CFG scale of one evaluation, one after the other', async () => {
    const seen: number[] = [];
    const { calls, guided } = setup([
      { beforeModel: ({ items }) => ({ items: items.map((item) => ({ ...item, cond: item.cond + 10 })) }) },
      { beforeModel: ({ cfgScale }) => ({ cfgScale: cfgScale * 2 }) },
      {
        beforeModel: ({ items, cfgScale, sigma, step, steps, evaluation, evaluations }) => {
          seen.push(...items.map(({ cond }) => cond), cfgScale, sigma, step, steps, evaluation, evaluations);
          return {};
        },
      },
    ]);
    expect(await guided()).toEqual([17, 17]);
    expect(calls).toEqual([[12, 11]]);
    expect(seen).toEqual([12, 11, 6, 5, 4, 10, 0, 10]);
  });

  it('stand around the network, the first one outermost', async () => {
    const around = (factor: number, addend: number): SamplingHooks<number> => ({
      aroundModel: async (items, shown, network) =>
        (await network(items, shown)).map((answer) => answer.map((value) => value * factor + addend)),
    });
    const { guided } = setup([around(10, 0), around(1, 5)], 1);
    expect(await guided()).toEqual([70, 70]);
  });

  it('change answers before they are combined, and what comes of that; and ask the network for more', async () => {
    const { calls, guided } = setup([
      {
        afterModel: ({ images }) =>
          images.map((image) => ({ ...image, uncond: image.uncond!.map((value) => value - 1) })),
      },
      {
        guidance: async ({ images, items, evaluate }) => {
          const further = await evaluate([{ ...items[0]!, marks: { answer: 40 } }]);
          return images.map(({ guided: before }) => before.map((value, i) => value + further[0]![i]!));
        },
      },
      { guidance: ({ images }) => images.map(({ guided: before }) => before.map((value) => -value)) },
    ]);
    expect(await guided()).toEqual([-46, -46]);
    expect(calls).toEqual([[2, 1], [2]]);
  });

  it('are told where the negative prompt is left out, and may keep it', async () => {
    const unconds: (Float32Array | null)[] = [];
    const hook: SamplingHooks<number> = {
      guidance: ({ images }) => {
        unconds.push(...images.map(({ uncond }) => uncond));
        return images.map(({ guided: before }) => before);
      },
    };
    const [without, with_] = [setup([hook], 1), setup([{ ...hook, needsUncond: true }], 1)];
    expect([await without.guided(), await with_.guided()]).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(unconds.map((uncond) => uncond && [...uncond])).toEqual([null, [1, 1]]);
  });

  it('are refused what does not fit', async () => {
    await expect(setup([{ beforeModel: () => ({ items: [] }) }]).guided()).rejects.toThrow(RangeError);
    await expect(setup([{ afterModel: () => [] }]).guided()).rejects.toThrow(RangeError);
    await expect(setup([{ guidance: () => [] }]).guided()).rejects.toThrow(RangeError);
    await expect(setup([{ guidance: () => [new Float32Array(1)] }]).guided()).rejects.toThrow(RangeError);
  });
});

describe('timestepSpace', () => {
  it('is what sigma samplers know of the same latent', () => {
    const [t, sigma] = [400, Math.sqrt((1 - alphas[400]!) / alphas[400]!)];
    const space = timestepSpace(alphas);
    expect(space.sigma(t)).toBeCloseTo(sigma, 12);
    const noisy = Float64Array.of(3, -2);
    const x = noisy.map((value) => value / Math.sqrt(1 + sigma ** 2));
    expect([...space.noisy(x, t)]).toEqual([...noisy].map((value) => expect.closeTo(value, 10)));
    const raw = Float64Array.of(0.25, -1);
    const eps = timestepParameterization('epsilon', alphas).output(x, raw, t);
    const denoised = sigmaParameterization('epsilon', table).output(noisy, raw, sigma);
    expect([...space.denoised(x, eps, t)]).toEqual([...denoised].map((value) => expect.closeTo(value, 10)));
    expect([...space.output(x, denoised, t)]).toEqual([...eps].map((value) => expect.closeTo(value, 10)));
    expect(SIGMA_SPACE.denoised(x, denoised, t)).toBe(denoised);
  });
});
