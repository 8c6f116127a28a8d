// The samplers by A1111's names, and what A1111 knows of each (modules/sd_samplers_kdiffusion.py, sd_samplers_*.py). What they compute is
// in solvers.ts: the page needs no more than this.
import { findScheduler, SCHEDULERS } from './schedulers.ts';

/** Options that a person's settings reach; the others stay at the sampler's defaults. */
export type PassedOption = 'eta' | 'sChurn' | 'sTmin' | 'sTmax' | 'sNoise';

export interface SamplerInfo {
  /** A1111's name: "DPM++ 2M". */
  readonly name: string;
  readonly aliases: readonly string[];
  /** What the schedule holds and the network's answer means: sigmas, LCM's sigmas, or timesteps. */
  readonly kind: 'sigma' | 'lcm' | 'timestep';
  /** Inner name of the scheduler behind "Automatic"; undefined: evenly spaced times. */
  readonly scheduler: string | undefined;
  /** Two evaluations a step: doubles the steps that prompt editing counts in. */
  readonly secondOrder: boolean;
  readonly discardNextToLastSigma: boolean;
  readonly brownianNoise: boolean;
  /** Draws noise on the way, so that ENSD matters. */
  readonly usesEnsd: boolean;
  readonly solverType: 'heun' | undefined;
  readonly passes: readonly PassedOption[];
  /** The person's CFG scale is divided by this (CFG++). */
  readonly cfgDivisor: number;
  /** Steps along the unconditional prediction (CFG++). */
  readonly needsUncond: boolean;
}

const CHURN: readonly PassedOption[] = ['sChurn', 'sTmin', 'sTmax', 'sNoise'];

function entry(name: string, aliases: readonly string[], details: Partial<SamplerInfo> = {}): SamplerInfo {
  return {
    name,
    aliases,
    kind: 'sigma',
    scheduler: undefined,
    secondOrder: false,
    discardNextToLastSigma: false,
    brownianNoise: false,
    usesEnsd: false,
    solverType: undefined,
    passes: [],
    cfgDivisor: 1,
    needsUncond: false,
    ...details,
  };
}

const ETA_AND_NOISE: readonly PassedOption[] = ['eta', 'sNoise'];

const CFG_PP: Partial<SamplerInfo> = { cfgDivisor: 12.5, needsUncond: true };

/** In A1111's order; the first is its default. */
const WEBUI_SAMPLERS: readonly SamplerInfo[] = [
  entry('DPM++ 2M', ['k_dpmpp_2m'], { scheduler: 'karras' }),
  entry('DPM++ SDE', ['k_dpmpp_sde'], {
    scheduler: 'karras',
    secondOrder: true,
    brownianNoise: true,
    passes: ETA_AND_NOISE,
  }),
  entry('DPM++ 2M SDE', ['k_dpmpp_2m_sde'], {
    scheduler: 'exponential',
    brownianNoise: true,
    passes: ETA_AND_NOISE,
  }),
  entry('DPM++ 2M SDE Heun', ['k_dpmpp_2m_sde_heun'], {
    scheduler: 'exponential',
    brownianNoise: true,
    solverType: 'heun',
    passes: ETA_AND_NOISE,
  }),
  entry('DPM++ 2S a', ['k_dpmpp_2s_a'], {
    scheduler: 'karras',
    usesEnsd: true,
    secondOrder: true,
    passes: ETA_AND_NOISE,
  }),
  entry('DPM++ 3M SDE', ['k_dpmpp_3m_sde'], {
    scheduler: 'exponential',
    discardNextToLastSigma: true,
    brownianNoise: true,
    passes: ETA_AND_NOISE,
  }),
  entry('Euler a', ['k_euler_a', 'k_euler_ancestral'], { usesEnsd: true, passes: ['eta'] }),
  entry('Euler', ['k_euler'], { passes: CHURN }),
  entry('LMS', ['k_lms']),
  entry('Heun', ['k_heun'], { secondOrder: true, passes: CHURN }),
  entry('DPM2', ['k_dpm_2'], {
    scheduler: 'karras',
    discardNextToLastSigma: true,
    secondOrder: true,
    passes: CHURN,
  }),
  entry('DPM2 a', ['k_dpm_2_a'], {
    scheduler: 'karras',
    discardNextToLastSigma: true,
    usesEnsd: true,
    secondOrder: true,
    passes: ETA_AND_NOISE,
  }),
  entry('DPM fast', ['k_dpm_fast'], {
    usesEnsd: true,
    passes: ETA_AND_NOISE,
  }),
  entry('DPM adaptive', ['k_dpm_ad'], { usesEnsd: true, passes: ['eta'] }),
  entry('Restart', ['restart'], {
    scheduler: 'karras',
    secondOrder: true,
  }),
  entry('DDIM', ['ddim'], { kind: 'timestep', passes: ['eta'] }),
  entry('DDIM CFG++', ['ddim_cfgpp'], { kind: 'timestep', passes: ['eta'], ...CFG_PP }),
  entry('PLMS', ['plms'], { kind: 'timestep' }),
  entry('UniPC', ['unipc'], { kind: 'timestep' }),
  entry('LCM', ['k_lcm'], { kind: 'lcm' }),
];

/** Of Forge, reForge, ComfyUI, and extensions of A1111. */
const LATER_SAMPLERS: readonly SamplerInfo[] = [
  entry('HeunPP2', ['heunpp2'], { passes: CHURN }),
  entry('IPNDM', ['ipndm']),
  entry('IPNDM_V', ['ipndm_v']),
  entry('DEIS', ['deis']),
  entry('Euler CFG++', ['euler_cfg_pp'], CFG_PP),
  entry('Euler a CFG++', ['euler_ancestral_cfg_pp'], {
    usesEnsd: true,
    passes: ['eta'],
    ...CFG_PP,
  }),
  entry('DPM++ 2M CFG++', ['dpmpp_2m_cfg_pp'], { scheduler: 'karras', ...CFG_PP }),
  entry('TCD', ['tcd']),
  entry('TCD Euler a', ['tcd_euler_a']),
  entry('DDPM', ['ddpm'], { usesEnsd: true }),
  entry('DPM++ 2S a CFG++', ['dpmpp_2s_ancestral_cfg_pp'], {
    scheduler: 'karras',
    usesEnsd: true,
    secondOrder: true,
    passes: ETA_AND_NOISE,
    ...CFG_PP,
  }),
  entry('Gradient Estimation', ['gradient_estimation']),
  entry('Gradient Estimation CFG++', ['gradient_estimation_cfg_pp'], CFG_PP),
  entry('Res Multistep', ['res_multistep']),
  entry('Res Multistep a', ['res_multistep_ancestral'], { usesEnsd: true, passes: ETA_AND_NOISE }),
  entry('Res Multistep CFG++', ['res_multistep_cfg_pp'], CFG_PP),
  entry('SEEDS 2', ['seeds_2'], { usesEnsd: true, secondOrder: true, passes: ETA_AND_NOISE }),
  entry('SEEDS 3', ['seeds_3'], { usesEnsd: true, secondOrder: true, passes: ETA_AND_NOISE }),
  entry('ER SDE', ['er_sde'], { usesEnsd: true, passes: ['sNoise'] }),
  entry('SA-Solver', ['sa_solver'], { usesEnsd: true, passes: ['sNoise'] }),
  entry('SA-Solver PECE', ['sa_solver_pece'], { usesEnsd: true, secondOrder: true, passes: ['sNoise'] }),
];

export const SAMPLERS: readonly SamplerInfo[] = [...WEBUI_SAMPLERS, ...LATER_SAMPLERS];

const BY_NAME = new Map(
  SAMPLERS.flatMap((sampler) =>
    [sampler.name, ...sampler.aliases].map((name) => [name.toLowerCase(), sampler] as const),
  ),
);

/** By name or alias, in any case; undefined when there is none. */
export function findSampler(name: string): SamplerInfo | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** A1111's name for one of its samplers' names or aliases, all in small letters (sd_samplers.samplers_map). */
export function webuiSamplerName(key: string): string | undefined {
  return WEBUI_SAMPLERS.find(({ name, aliases }) =>
    [name, ...aliases].some((spelling) => spelling.toLowerCase() === key),
  )?.name;
}

/** @throws RangeError for a name that no sampler has. */
export function getSampler(name: string): SamplerInfo {
  const sampler = findSampler(name);
  if (!sampler) throw new RangeError(`There is no sampler called "${name}".`);
  return sampler;
}

/** Evaluations that A1111 expects of a run: what prompt editing counts steps in. */
export function totalSteps(sampler: SamplerInfo, steps: number): number {
  return sampler.secondOrder ? steps * 2 : steps;
}

export interface ResolvedSampler {
  readonly sampler: string;
  /** Label. */
  readonly scheduler: string;
  /** False where the name says nothing to us and the default sampler stands in. */
  readonly known: boolean;
}

/**
 * Sampler and scheduler of a text, old combined names included: "DPM++ 2M Karras" (A1111 get_sampler_and_scheduler).
 * With `convertAutomatic`, a sampler's own scheduler comes back as "Automatic".
 */
export function resolveSampler(
  name: string | null | undefined,
  scheduler?: string | null,
  convertAutomatic = true,
): ResolvedSampler {
  const fallback = SAMPLERS[0]!;
  let found = (scheduler ? findScheduler(scheduler) : undefined) ?? SCHEDULERS[0]!;
  let rest = name || fallback.name;
  for (const candidate of SCHEDULERS) {
    const spelling = [candidate.label, candidate.name, ...candidate.aliases].find((s) =>
      rest.endsWith(` ${s}`),
    );
    if (spelling === undefined) continue;
    found = candidate;
    rest = rest.slice(0, -(spelling.length + 1));
  }
  const sampler = findSampler(rest);
  if (convertAutomatic && (sampler ?? fallback).scheduler === found.name) found = SCHEDULERS[0]!;
  return { sampler: (sampler ?? fallback).name, scheduler: found.label, known: sampler !== undefined };
}
