// Schedules of guidance, as their papers have them; whole runs with them are in src/extensions.
import { describe, expect, it } from 'vitest';
import { annealedCondition, annealing } from './annealed-condition.ts';
import {
  CFG_SCHEDULES,
  cfgScaleInInterval,
  nearestNoiseLevel,
  noiseLevelOf,
  scheduledCfgScale,
  type CfgSchedule,
} from './cfg-schedules.ts';
import { standardDeviation } from '../latent.ts';

const STEPS = 40;

const along = (schedule: CfgSchedule): number[] =>
  Array.from({ length: STEPS + 1 }, (_, step) => scheduledCfgScale(schedule, step, STEPS, 6));

describe('CFG schedules', () => {
  it.each<CfgSchedule>(['Constant', 'Linear', 'Inverse-Linear', 'Cosine', 'Sine'])(
    '%s keeps the scale on average, and goes one way',
    (schedule) => {
      const scales = along(schedule);
      const sum = scales.reduce((total, scale) => total + scale, 0) - (scales[0]! + scales.at(-1)!) / 2;
      expect(sum / STEPS).toBeCloseTo(6, 9);
      const rises = schedule === 'Inverse-Linear' || schedule === 'Sine';
      for (let step = 1; step <= STEPS; step++) {
        const [before, after] = [scales[step - 1]!, scales[step]!];
        expect(rises ? after - before : before - after).toBeGreaterThanOrEqual(0);
      }
    },
  );

  it('clamps from below what is clamped, and nothing else', () => {
    for (const schedule of CFG_SCHEDULES) {
      const [, curve, least] = /^Clamp-(\w+) \(c=([\d.]+)\)$/.exec(schedule) ?? [];
      if (curve === undefined) continue;
      const plain = along(curve as CfgSchedule);
      expect(along(schedule)).toEqual(plain.map((scale) => Math.max(scale, Number(least))));
    }
  });

  it('takes powers of the way in PCS: from the scale to 0, the later the smaller the power', () => {
    const at = (power: string) => along(`PCS (s=${power})` as CfgSchedule);
    for (const power of ['0.01', '0.1', '1.0', '2.0', '4.0']) {
      expect([at(power)[0], at(power).at(-1)]).toEqual([6, 0]);
    }
    expect(at('0.1')[STEPS / 2]).toBeGreaterThan(at('1.0')[STEPS / 2]!);
    expect(at('1.0')[STEPS / 2]).toBeGreaterThan(at('4.0')[STEPS / 2]!);
  });
});

describe('intervals of noise levels', () => {
  it('go along EDM’s curve, whatever the sampler', () => {
    const levels = Array.from({ length: 5 }, (_, step) => noiseLevelOf(step, 5));
    expect(levels[0]).toBe(80);
    expect(levels.at(-1)).toBeCloseTo(0.002, 12);
    expect(noiseLevelOf(5, 5)).toBe(0);
    expect(levels.toSorted((a, b) => b - a)).toEqual(levels);
  });

  it('are moved to the levels of steps', () => {
    for (const step of [0, 1, 3, 4]) {
      const level = noiseLevelOf(step, 5);
      expect(nearestNoiseLevel(level * 1.01, 5)).toBe(level);
    }
    expect(nearestNoiseLevel(100, 5)).toBe(80);
    expect(nearestNoiseLevel(0, 5)).toBe(0);
  });

  it('are guided in by the schedule, and elsewhere at 1', () => {
    const interval = { schedule: 'Linear', low: noiseLevelOf(3, 5), high: noiseLevelOf(1, 5) } as const;
    const scales = Array.from({ length: 5 }, (_, step) => cfgScaleInInterval(interval, step, 5, 6));
    const inside = [1, 2, 3].map((step) => scheduledCfgScale('Linear', step, 5, 6));
    expect(scales).toEqual([1, ...inside, 1]);
    const turned = { ...interval, low: interval.high, high: interval.low };
    expect(cfgScaleInInterval(turned, 2, 5, 6)).toBe(inside[1]);
    // A constant one has none there.
    expect(cfgScaleInInterval({ ...interval, schedule: 'Constant' }, 0, 5, 6)).toBe(6);
  });
});

describe('condition annealing', () => {
  const taus = { tau1: 0.6, tau2: 0.9 };
  it('tells nothing of the prompt at first, and all of it at last', () => {
    expect([0, 1, 2.5, 4, 10].map((step) => annealing(taus, step, 10))).toEqual([
      0,
      0,
      expect.closeTo(0.5, 9) as number,
      1,
      1,
    ]);
  });

  it('keeps mean and spread of the condition where it rescales', () => {
    const condition = Float64Array.of(1, 4, -2, 3, 5, 0);
    const noise = Float64Array.of(0.3, -1, 0.7, 2, -0.4, 0.1);
    const options = { ...taus, noiseScale: 0.25, mixing: 1, rescale: true };
    const mean = (x: Float64Array) => x.reduce((sum, value) => sum + value, 0) / x.length;
    const annealed = annealedCondition(condition, noise, 0.3, options);
    expect(mean(annealed)).toBeCloseTo(mean(condition), 12);
    expect(standardDeviation(annealed)).toBeCloseTo(standardDeviation(condition), 12);
    const plain = annealedCondition(condition, noise, 0.3, { ...options, rescale: false });
    expect([...plain]).toEqual([
      ...condition.map((value, i) => Math.sqrt(0.3) * value + 0.25 * Math.sqrt(0.7) * noise[i]!),
    ]);
    const half = annealedCondition(condition, noise, 0.3, { ...options, mixing: 0.5 });
    half.forEach((value, i) => expect(value).toBeCloseTo((annealed[i]! + plain[i]!) / 2, 12));
    // What has no spread stays.
    expect([...annealedCondition(new Float64Array(4), new Float64Array(4), 0.3, options)]).toEqual([
      0, 0, 0, 0,
    ]);
  });
});
