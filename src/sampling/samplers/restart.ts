// Restart sampling, Xu et al. 2023 (https://arxiv.org/abs/2306.14878), as A1111 has it (modules/sd_samplers_extra.py):
// Heun steps that go back up to a higher noise level some times.
import { combine, type Latent } from '../latent.ts';
import { nearestIndex } from '../noise-table.ts';
import { karrasSigmas } from '../schedules.ts';
import type { Denoise, SamplerOptions, SamplerRun } from '../types.ts';
import { derivative } from './common.ts';

type Step = readonly [from: number, to: number];
type RestartList = NonNullable<SamplerOptions['restartList']>;

/** A1111's choice by the number of steps. From 20 steps on, a Karras schedule takes the place of the one given. */
function automatic(
  sigmas: readonly number[],
  precise: boolean,
): {
  readonly sigmas: readonly number[];
  readonly list: RestartList;
} {
  const steps = sigmas.length - 1;
  if (steps < 20) return { sigmas, list: new Map() };
  const [restartSteps, times] = steps >= 36 ? [Math.floor(steps / 4), 2] : [9, 1];
  const karras = karrasSigmas(steps - restartSteps * times, sigmas[steps - 1]!, sigmas[0]!, 7, precise);
  return { sigmas: karras, list: new Map([[0.1, [restartSteps + 1, times, 2]]]) };
}

/** All steps, restarts included, their sigmas in float64 if `precise`; a step that starts above where the last one ended is preceded by noise. */
export function restartSteps(given: readonly number[], restartList?: RestartList, precise = false): Step[] {
  const { sigmas, list } = restartList ? { sigmas: given, list: restartList } : automatic(given, precise);
  const restarts = new Map([...list].map(([sigma, restart]) => [nearestIndex(sigmas, sigma), restart]));
  const steps: Step[] = [];
  for (let i = 0; i < sigmas.length - 1; i++) {
    steps.push([sigmas[i]!, sigmas[i + 1]!]);
    const restart = restarts.get(i + 1);
    if (!restart) continue;
    const [count, times, sigmaMax] = restart;
    const top = nearestIndex(sigmas, sigmaMax);
    if (top >= i + 1) continue;
    const again = karrasSigmas(count, sigmas[i + 1]!, sigmas[top]!, 7, precise).slice(0, -1);
    for (let time = 0; time < times; time++) {
      for (let k = 0; k < again.length - 1; k++) steps.push([again[k]!, again[k + 1]!]);
    }
  }
  return steps;
}

export async function* restart<T extends Latent>(
  denoise: Denoise<T>,
  x: T,
  sigmas: readonly number[],
  { noise, sNoise = 1, restartList }: SamplerOptions,
): SamplerRun<T> {
  let last = Infinity;
  let index = 0;
  for (const [from, to] of restartSteps(sigmas, restartList, x instanceof Float64Array)) {
    if (last < from) x = combine([1, x], [sNoise * Math.sqrt(from ** 2 - last ** 2), noise(last, from)]);
    last = to;
    const { guided: denoised } = await denoise(x, from);
    const d = derivative(x, from, denoised);
    let after = combine([1, x], [to - from, d]);
    if (to > 0) {
      const second = derivative(after, to, (await denoise(after, to)).guided);
      after = combine([1, x], [(to - from) / 2, d], [(to - from) / 2, second]);
    }
    x = after;
    yield { index: index++, sigma: to, sigmaHat: from, x, denoised };
  }
  return x;
}
