// Sampler and scheduler names as they stand in parameters texts, old combined ones ("DPM++ 2M Karras") included:
// A1111 1.10.1's get_sampler_and_scheduler (modules/sd_samplers.py), as text only.

interface SchedulerNames {
  readonly name: string;
  readonly label: string;
  readonly alias?: string;
}

/** In A1111's order, which matters: a suffix is cut off by the first that fits, and the search goes on with the rest. */
const SCHEDULERS: readonly SchedulerNames[] = [
  { name: 'automatic', label: 'Automatic' },
  { name: 'uniform', label: 'Uniform' },
  { name: 'karras', label: 'Karras' },
  { name: 'exponential', label: 'Exponential' },
  { name: 'polyexponential', label: 'Polyexponential' },
  { name: 'sgm_uniform', label: 'SGM Uniform', alias: 'SGMUniform' },
  { name: 'kl_optimal', label: 'KL Optimal' },
  { name: 'align_your_steps', label: 'Align Your Steps' },
  { name: 'simple', label: 'Simple' },
  { name: 'normal', label: 'Normal' },
  { name: 'ddim', label: 'DDIM' },
  { name: 'beta', label: 'Beta' },
];
const AUTOMATIC = SCHEDULERS[0]!;

interface SamplerNames {
  /** Label of the scheduler that "Automatic" means for this sampler; none: its own default. */
  readonly scheduler?: string;
  /** Its noise depends on the eta noise seed delta. */
  readonly usesEnsd?: true;
}

const SAMPLERS: ReadonlyMap<string, SamplerNames> = new Map<string, SamplerNames>([
  ['DPM++ 2M', { scheduler: 'Karras' }],
  ['DPM++ SDE', { scheduler: 'Karras' }],
  ['DPM++ 2M SDE', { scheduler: 'Exponential' }],
  ['DPM++ 2M SDE Heun', { scheduler: 'Exponential' }],
  ['DPM++ 2S a', { scheduler: 'Karras', usesEnsd: true }],
  ['DPM++ 3M SDE', { scheduler: 'Exponential' }],
  ['Euler a', { usesEnsd: true }],
  ['Euler', {}],
  ['LMS', {}],
  ['Heun', {}],
  ['DPM2', { scheduler: 'Karras' }],
  ['DPM2 a', { scheduler: 'Karras', usesEnsd: true }],
  ['DPM fast', { usesEnsd: true }],
  ['DPM adaptive', { usesEnsd: true }],
  ['Restart', { scheduler: 'Karras' }],
  ['DDIM', {}],
  ['DDIM CFG++', {}],
  ['PLMS', {}],
  ['UniPC', {}],
  ['LCM', {}],
]);
const DEFAULT_SAMPLER = 'DPM++ 2M';

export interface SamplerAndScheduler {
  readonly sampler: string;
  readonly scheduler: string;
}

/**
 * What a text's sampler and scheduler mean. An unknown sampler becomes A1111's first ("DPM++ 2M"), an unknown scheduler
 * "Automatic". With `convertAutomatic` (A1111's default) a scheduler that is the sampler's own default is told as "Automatic".
 */
export function samplerAndScheduler(
  samplerName: string | null | undefined,
  schedulerName: string | null | undefined,
  convertAutomatic = true,
): SamplerAndScheduler {
  let found = SCHEDULERS.find((s) => s.name === schedulerName || s.label === schedulerName) ?? AUTOMATIC;
  let name = samplerName || DEFAULT_SAMPLER;
  for (const scheduler of SCHEDULERS) {
    const suffix = [scheduler.label, scheduler.name, scheduler.alias].find(
      (option) => option !== undefined && name.endsWith(` ${option}`),
    );
    if (suffix === undefined) continue;
    found = scheduler;
    name = name.slice(0, -(suffix.length + 1));
  }
  const sampler = SAMPLERS.has(name) ? name : DEFAULT_SAMPLER;
  if (convertAutomatic && SAMPLERS.get(sampler)?.scheduler === found.label) found = AUTOMATIC;
  return { sampler, scheduler: found.label };
}

/** The same for the hires pass, where "Use same sampler" and "Use same scheduler" stand for the first pass's. */
export function hiresSamplerAndScheduler(infotext: Readonly<Record<string, unknown>>): SamplerAndScheduler {
  const text = (key: string): string | undefined => {
    const value = infotext[key];
    return typeof value === 'string' ? value : undefined;
  };
  const hiresSampler = text('Hires sampler') ?? 'Use same sampler';
  const hiresScheduler = text('Hires schedule type') ?? 'Use same scheduler';
  const { sampler, scheduler } = samplerAndScheduler(
    hiresSampler === 'Use same sampler' ? text('Sampler') : hiresSampler,
    hiresScheduler === 'Use same scheduler' ? text('Schedule type') : hiresScheduler,
  );
  return {
    sampler: sampler === text('Sampler') ? 'Use same sampler' : sampler,
    scheduler: scheduler === text('Schedule type') ? 'Use same scheduler' : scheduler,
  };
}

/** Whether the text names the eta noise seed delta for this sampler (at an eta other than 0). */
export function samplerUsesEnsd(sampler: string): boolean {
  return SAMPLERS.get(sampler)?.usesEnsd === true;
}
