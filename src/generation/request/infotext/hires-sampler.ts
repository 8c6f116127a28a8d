// Sampler and scheduler of a text's hires pass: A1111's get_hr_sampler_and_scheduler (modules/sd_samplers.py).
import { resolveSampler } from '../../../sampling/registry.ts';
import type { Infotext } from './parse.ts';

const SAME_SAMPLER = 'Use same sampler';
const SAME_SCHEDULER = 'Use same scheduler';

/** "Use same sampler" and "Use same scheduler" stand for the first pass's. Missing names mean the same. */
export function hiresSamplerAndScheduler(infotext: Infotext): { sampler: string; scheduler: string } {
  const text = (key: string): string | undefined => {
    const value = infotext[key];
    return typeof value === 'string' ? value : undefined;
  };
  const hiresSampler = text('Hires sampler') ?? SAME_SAMPLER;
  const hiresScheduler = text('Hires schedule type') ?? SAME_SCHEDULER;
  const { sampler, scheduler } = resolveSampler(
    hiresSampler === SAME_SAMPLER ? text('Sampler') : hiresSampler,
    hiresScheduler === SAME_SCHEDULER ? text('Schedule type') : hiresScheduler,
  );
  return {
    sampler: sampler === text('Sampler') ? SAME_SAMPLER : sampler,
    scheduler: scheduler === text('Schedule type') ? SAME_SCHEDULER : scheduler,
  };
}
