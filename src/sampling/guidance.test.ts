// Guidance options that no reference run covers.
import { describe, expect, it } from 'vitest';
import { sigmaParameterization } from './denoiser.ts';
import { condAt, guide, type GuidanceOptions, type NetworkItem, NotFiniteError } from './guidance.ts';
import { DiscreteTable, linearAlphasCumprod } from './noise-table.ts';

const table = new DiscreteTable(linearAlphasCumprod());
const parameterization = sigmaParameterization('sample', table);

interface Setup {
  readonly cfgScale?: number;
  readonly options?: GuidanceOptions;
  readonly images?: number;
  readonly parts?: number;
  readonly needsUncond?: boolean;
  readonly answer?: (item: NetworkItem<number>) => Float32Array;
}

function setup({ cfgScale = 7, options = {}, images = 1, parts = 1, needsUncond = false, answer }: Setup) {
  const calls: number[][] = [];
  const denoise = guide<number, Float32Array>({
    parameterization,
    network: (items) => {
      calls.push(items.map(({ cond }) => cond));
      return Promise.resolve(items.map(answer ?? (({ x, cond }) => x.map((value) => value * cond))));
    },
    conds: Array.from({ length: images }, () =>
      Array.from({ length: parts }, (_, i) => ({ weight: 1, schedule: [[100, i + 1]] as const })),
    ),
    unconds: Array.from({ length: images }, () => [[100, 0]] as const),
    cfgScale,
    needsUncond,
    totalSteps: 10,
    shownStep: () => ({ step: 0, steps: 10 }),
    options,
  });
  return { calls, denoise };
}

describe('guide', () => {
  it('asks for everything at once, or for a batch at a time', async () => {
    const x = new Float32Array(8).fill(1);
    const together = setup({ images: 2, parts: 2 });
    await together.denoise(x, 1);
    expect(together.calls).toEqual([[1, 2, 1, 2, 0, 0]]);
    const apart = setup({ images: 2, parts: 2, options: { batchCondUncond: false } });
    await apart.denoise(x, 1);
    expect(apart.calls).toEqual([
      [1, 2],
      [1, 2],
      [0, 0],
    ]);
  });

  it('leaves out an uncondition without weight when asked to', async () => {
    const x = Float32Array.of(1, 2);
    const options = { skipUncondAtScale1: true };
    const [lean, full] = [setup({ cfgScale: 1, options }), setup({ cfgScale: 1 })];
    const [a, b] = [await lean.denoise(x, 2), await full.denoise(x, 2)];
    expect([lean.calls, full.calls]).toEqual([[[1]], [[1, 0]]]);
    expect([...a.guided]).toEqual([...b.guided]);
    for (const kept of [
      setup({ cfgScale: 2, options }),
      setup({ cfgScale: 1, options, needsUncond: true }),
    ]) {
      await kept.denoise(x, 2);
      expect(kept.calls).toEqual([[1, 0]]);
    }
  });

  it('refuses output that is not finite, with a way out', async () => {
    const { denoise } = setup({ answer: () => Float32Array.of(NaN, 1) });
    await expect(denoise(Float32Array.of(1, 1), 1)).rejects.toThrow(NotFiniteError);
  });

  it('refuses output of another size or number', async () => {
    await expect(
      setup({ answer: () => new Float32Array(3) }).denoise(new Float32Array(2), 1),
    ).rejects.toThrow(/3 values/);
  });
});

describe('condAt', () => {
  const schedule = [
    [3, 'a'],
    [7, 'b'],
  ] as const;
  it('takes the first that reaches far enough, and the first of all beyond the end', () => {
    expect([0, 3, 4, 7, 8].map((step) => condAt(schedule, step))).toEqual(['a', 'a', 'b', 'b', 'a']);
  });
  it('refuses an empty schedule', () => expect(() => condAt([], 0)).toThrow(RangeError));
});
