import { describe, expect, it } from 'vitest';
import { sigmaParameterization } from './denoiser.ts';
import {
  chebyshevFactors,
  computedEvaluations,
  differenceFactors,
  Forecaster,
  forecastFactors,
  ForecastPlan,
} from './forecast.ts';
import { guide, type GuidanceOptions, type NetworkItem } from './guidance.ts';
import { DiscreteTable, linearAlphasCumprod } from './noise-table.ts';

const TIMES = [999, 940, 870, 810, 690, 600];

const applied = (factors: readonly number[], answers: readonly number[]) =>
  factors.reduce((sum, factor, i) => sum + factor * answers[i]!, 0);

describe('factors of a forecast', () => {
  it("are the ridge regression's in Chebyshev polynomials", () => {
    const ridge = 0.1;
    // cos(n arccos x); and the minimum is where its gradient is: found by going down it.
    const basis = (time: number) => [0, 1, 2, 3].map((n) => Math.cos(n * Math.acos((2 * time) / 999 - 1)));
    const answers = [0.3, -1.2, 0.8, 2, -0.5, 0.1];
    const rows = TIMES.map(basis);
    let found = [0, 0, 0, 0];
    for (let step = 0; step < 200_000; step++) {
      const residuals = rows.map((row, i) => applied(row, found) - answers[i]!);
      const gradient = found.map(
        (value, j) => ridge * value + rows.reduce((sum, row, i) => sum + row[j]! * residuals[i]!, 0),
      );
      found = found.map((value, j) => value - 0.05 * gradient[j]!);
    }
    for (const time of [520, 480, 10])
      expect(applied(chebyshevFactors(TIMES, time, { degree: 3, ridge }), answers)).toBeCloseTo(
        applied(basis(time), found),
        6,
      );
  });

  it('go on with a cubic exactly where nothing is regularised, and the difference with a line', () => {
    const cubic = (time: number) => 2 - time / 300 + (time / 500) ** 2 - (time / 400) ** 3;
    const line = (time: number) => 5 - time / 7;
    for (const time of [530, 400]) {
      expect(
        applied(chebyshevFactors(TIMES, time, { degree: 3, ridge: 1e-9 }), TIMES.map(cubic)),
      ).toBeCloseTo(cubic(time), 5);
      expect(applied(differenceFactors(TIMES, time), TIMES.map(line))).toBeCloseTo(line(time), 9);
    }
  });

  it('are finite where a time comes twice, as with samplers that ask twice', () => {
    expect(differenceFactors([900, 800, 800], 700)).toEqual([-1, 0, 2]);
    expect(differenceFactors([800, 800], 700)).toEqual([0, 1]);
    expect(forecastFactors([900, 800, 800, 900, 700, 700], 700).every(Number.isFinite)).toBe(true);
  });
});

describe('what is forecast', () => {
  const planned = (total: number, window: number): string => {
    const plan = new ForecastPlan(total, window);
    return Array.from({ length: total }, () => {
      const forecast = plan.mayForecast;
      plan.note(forecast);
      return forecast ? '.' : '#';
    }).join('');
  };

  it('is told by a window that grows by a half, after six and before the last tenth', () => {
    // Windows: 2, 2.5, 3, 3.5, 4, 4.5 ...
    expect(planned(20, 2)).toBe('######.#.#..#..#..##');
    expect(planned(30, 2)).toBe('######.#.#..#..#...#...#...###');
    expect(planned(6, 2)).toBe('######');
    expect(planned(12, 1)).toBe('########.###');
  });

  it('can be counted', () => {
    for (const [total, window] of [
      [20, 2],
      [30, 2],
      [50, 4],
      [8, 6],
      [3, 2],
    ] as const)
      expect(computedEvaluations(total, window)).toBe(planned(total, window).replaceAll('.', '').length);
    expect(computedEvaluations(20, 0)).toBe(20);
  });

  it('is nothing of what is asked with another prompt, or of another network', () => {
    const forecaster = new Forecaster<string, Float32Array>(100, 6);
    const items = (cond: string, t: number) => [{ t, cond }];
    for (let i = 0; i < 6; i++) forecaster.learn(items('a', 900 - i), [Float32Array.of(i)]);
    expect(forecaster.forecast(items('b', 800))).toBeNull();
    expect(forecaster.forecast(items('a', 800))).not.toBeNull();
    forecaster.learn(items('b', 790), [Float32Array.of(1)]);
    expect(forecaster.forecast(items('b', 780))).toBeNull();
    forecaster.learn(items('b', 770), [Float32Array.of(1)]);
    expect(forecaster.forecast(items('b', 760))).not.toBeNull();
    forecaster.forget();
    expect(forecaster.forecast(items('b', 750))).toBeNull();
  });
});

describe('a run with forecasting', () => {
  const table = new DiscreteTable(linearAlphasCumprod());
  const times = Array.from({ length: 20 }, (_, i) => 990 - 50 * i);

  async function run(options: GuidanceOptions, answer: (item: NetworkItem<number>) => number) {
    const calls: number[] = [];
    const denoise = guide<number, Float32Array>({
      parameterization: sigmaParameterization('sample', table),
      network: (items) => {
        calls.push(items.length);
        return Promise.resolve(items.map((item) => item.x.map(() => answer(item))));
      },
      conds: [[{ weight: 1, schedule: [[100, 3]] }]],
      unconds: [[[100, 1]]],
      cfgScale: 5,
      totalSteps: times.length,
      shownStep: () => ({ step: 0, steps: times.length }),
      options,
    });
    const results: number[] = [];
    for (const time of times) {
      const level = table.sigmas[time]!;
      results.push((await denoise(Float32Array.of(1, 2), level)).guided[1]!);
    }
    return { calls, results };
  }

  /** Prompt and negative prompt change in different ways, each along a line. */
  const lines = ({ t, cond }: NetworkItem<number>) => cond - (cond * t) / 2000;

  it('asks less, and of prompt and negative prompt apart; off, it asks as before', async () => {
    const plain = await run({}, lines);
    expect(await run({ spectrumWindow: 0 }, lines)).toEqual(plain);
    const less = await run({ spectrumWindow: 2 }, lines);
    expect(plain.calls).toHaveLength(20);
    expect(less.calls).toEqual(new Array<number>(computedEvaluations(20, 2)).fill(2));
    // Half of a forecast is exact for lines, the other half is off by what the regression is drawn to zero.
    const off = less.results.map((value, i) => Math.abs(value - plain.results[i]!));
    expect(Math.max(...off)).toBeGreaterThan(0);
    expect(Math.max(...off)).toBeLessThan(0.2 * Math.max(...plain.results.map(Math.abs)));
  });

  it('forecasts the prompt alone where the negative one is left out', async () => {
    const { calls, results } = await run({ spectrumWindow: 2, sMinUncond: 1e9, sMinUncondAll: true }, lines);
    expect(calls).toEqual(new Array<number>(computedEvaluations(20, 2)).fill(1));
    expect(results.every(Number.isFinite)).toBe(true);
  });
});
