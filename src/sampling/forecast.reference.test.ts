// Step forecasting against another program's (extensions/caches.json, spectrum: stable-diffusion.cpp): which steps are computed, and what
// the polynomials give. It counts time in steps, and its difference is half of the last one whatever the times: ours goes by them.
import { describe, expect, it } from 'vitest';
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { readSafetensors } from '../../tests/safetensors-file.ts';
import { chebyshevFactors, ForecastPlan, type ForecastSettings } from './forecast.ts';
import { gap } from './testing.ts';
import { TRAINING_STEPS } from './training-steps.ts';

interface Case {
  readonly steps: number;
  readonly config: {
    readonly w: number;
    readonly m: number;
    readonly lam: number;
    readonly window_size: number;
    readonly flex_window: number;
    readonly warmup_steps: number;
    readonly stop_percent: number;
  };
  readonly forecast: readonly number[];
  readonly prefix: string;
}

const FOLDER = 'extensions';
const there = listReference(FOLDER).includes('caches.json');
const cases = there
  ? readReferenceJson<{ readonly spectrum: { readonly cases: readonly Case[] } }>(FOLDER, 'caches.json')
      .spectrum.cases
  : [];
const tensors = new Map(
  there
    ? readSafetensors(readReference(FOLDER, 'caches.safetensors.gz')).map((entry) => [entry.name, entry])
    : [],
);

/** One row a step. */
function rowsOf(name: string): Float32Array[] {
  const { shape, bytes } = tensors.get(name)!;
  const values = new Float32Array(bytes.slice().buffer);
  const [count, length] = shape as [number, number];
  return Array.from({ length: count }, (_, i) => values.subarray(i * length, (i + 1) * length));
}

const settingsOf = ({ config }: Case): ForecastSettings => ({
  degree: config.m,
  ridge: config.lam,
  blend: config.w,
  growth: config.flex_window,
  warmUp: config.warmup_steps,
  lastPart: config.stop_percent,
});

/** It brings 50 steps to -1..1, however many there are. */
const timeOf = (step: number): number => (step / 50) * (TRAINING_STEPS - 1);

describe.skipIf(cases.length === 0).each(cases)('$steps steps, $config', (one) => {
  const { steps, config, forecast, prefix } = one;

  it('computes the same steps', () => {
    const plan = new ForecastPlan(steps, config.window_size, settingsOf(one));
    const planned = Array.from({ length: steps }, () => {
      const skipped = plan.mayForecast;
      plan.note(skipped);
      return Number(skipped);
    });
    expect(planned).toEqual(forecast);
  });

  it.skipIf(config.w === 0)('fits the same polynomials', () => {
    const out = rowsOf(`${prefix}.out`);
    const computed: number[] = [];
    for (const [step, skipped] of forecast.entries()) {
      if (!skipped) {
        computed.push(step);
        continue;
      }
      const kept = computed.slice(-Math.max(config.m + 1, 6));
      const factors = chebyshevFactors(kept.map(timeOf), timeOf(step), settingsOf(one));
      const [before, last] = computed.slice(-2) as [number, number];
      const expected = Array.from(out[step]!, (value, i) => {
        const carried = out[last]![i]! + 0.5 * (out[last]![i]! - out[before]![i]!);
        return (value - (1 - config.w) * carried) / config.w;
      });
      const ours = expected.map((_, i) => kept.reduce((sum, at, k) => sum + factors[k]! * out[at]![i]!, 0));
      // It solves in float32, and what is left of a blend is divided by its part.
      expect(gap(ours, expected)).toBeLessThan(2e-4);
    }
  });
});
