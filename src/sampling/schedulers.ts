// Schedulers by their names (A1111 modules/sd_schedulers.py, and what others have added). What they compute is in schedules.ts: the page
// needs no more than this.

export interface Scheduler {
  /** A1111's inner name: "sgm_uniform". */
  readonly name: string;
  /** Shown and written into images: "SGM Uniform". */
  readonly label: string;
  readonly aliases: readonly string[];
  /** Present where rho matters. */
  readonly defaultRho?: number;
  /** Others' than A1111's 1.10.1. */
  readonly later?: true;
}

/** In A1111's order. */
export const SCHEDULERS: readonly Scheduler[] = [
  { name: 'automatic', label: 'Automatic', aliases: [] },
  { name: 'uniform', label: 'Uniform', aliases: [] },
  { name: 'karras', label: 'Karras', aliases: [], defaultRho: 7 },
  { name: 'exponential', label: 'Exponential', aliases: [] },
  { name: 'polyexponential', label: 'Polyexponential', aliases: [], defaultRho: 1 },
  { name: 'sgm_uniform', label: 'SGM Uniform', aliases: ['SGMUniform'] },
  { name: 'kl_optimal', label: 'KL Optimal', aliases: [] },
  { name: 'align_your_steps', label: 'Align Your Steps', aliases: [] },
  { name: 'simple', label: 'Simple', aliases: [] },
  { name: 'normal', label: 'Normal', aliases: [] },
  { name: 'ddim', label: 'DDIM', aliases: [] },
  { name: 'beta', label: 'Beta', aliases: [] },
  // Forge's.
  { name: 'turbo', label: 'Turbo', aliases: [], later: true },
  { name: 'align_your_steps_GITS', label: 'Align Your Steps GITS', aliases: [], later: true },
  { name: 'align_your_steps_11', label: 'Align Your Steps 11', aliases: [], later: true },
  { name: 'align_your_steps_32', label: 'Align Your Steps 32', aliases: [], later: true },
  // ComfyUI's and RES4LYF's.
  { name: 'linear_quadratic', label: 'Linear Quadratic', aliases: [], later: true },
  { name: 'beta57', label: 'Beta57', aliases: [], later: true },
];

/** By inner name or label, exactly as written; undefined when there is none. */
export function findScheduler(name: string): Scheduler | undefined {
  return SCHEDULERS.find((scheduler) => scheduler.name === name || scheduler.label === name);
}
