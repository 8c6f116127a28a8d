import { describe, expect, it } from 'vitest';
import { findSampler, getSampler, resolveSampler, SAMPLERS, totalSteps } from './registry.ts';
import { findScheduler } from './schedulers.ts';

describe('registry', () => {
  it('has no name or alias twice', () => {
    const names = SAMPLERS.flatMap(({ name, aliases }) => [name, ...aliases]).map((name) =>
      name.toLowerCase(),
    );
    const repeated = names.filter((name, i) => names.indexOf(name) !== i);
    // DDIM and its like are their own aliases but for capitals.
    expect(repeated.every((name) => SAMPLERS.some((s) => s.name.toLowerCase() === name))).toBe(true);
  });

  it('names schedulers that exist', () => {
    for (const { scheduler } of SAMPLERS)
      if (scheduler !== undefined) expect(findScheduler(scheduler)).toBeDefined();
  });

  it('finds samplers by name and alias, in any case', () => {
    expect(getSampler('k_euler_a').name).toBe('Euler a');
    expect(getSampler('dpm++ 2m').name).toBe('DPM++ 2M');
    expect(findSampler('Nonsense')).toBeUndefined();
    expect(() => getSampler('Nonsense')).toThrow(/"Nonsense"/);
  });

  it('counts two evaluations for samplers of second order', () => {
    expect([totalSteps(getSampler('Euler'), 20), totalSteps(getSampler('Heun'), 20)]).toEqual([20, 40]);
  });

  it.each([
    ['DPM++ 2M Karras', undefined, { sampler: 'DPM++ 2M', scheduler: 'Automatic', known: true }],
    ['Euler a Karras', undefined, { sampler: 'Euler a', scheduler: 'Karras', known: true }],
    ['k_euler_a', undefined, { sampler: 'Euler a', scheduler: 'Automatic', known: true }],
    ['Euler', 'sgm_uniform', { sampler: 'Euler', scheduler: 'SGM Uniform', known: true }],
    ['Nonsense', undefined, { sampler: 'DPM++ 2M', scheduler: 'Automatic', known: false }],
  ])('resolves %s, %s', (name, scheduler, expected) => {
    expect(resolveSampler(name, scheduler)).toEqual(expected);
  });
});
