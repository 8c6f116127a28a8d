// What the samplers of registry.ts compute, and how many steps they tell of.
import { dpmpp2mCfgPp, dpmpp2sAncestralCfgPp, eulerAncestralCfgPp, eulerCfgPp } from './samplers/cfg-pp.ts';
import { ddim, ddimCfgPp } from './samplers/ddim.ts';
import { dpmAdaptive, dpmFast, dpmFastSteps } from './samplers/dpm-solver.ts';
import { dpm2, dpm2Ancestral } from './samplers/dpm2.ts';
import { dpmpp2m, dpmpp2mSde } from './samplers/dpmpp-2m.ts';
import { dpmpp2sAncestral } from './samplers/dpmpp-2s.ts';
import { dpmpp3mSde, dpmppSde } from './samplers/dpmpp-sde.ts';
import { erSde } from './samplers/er-sde.ts';
import { euler, eulerAncestral } from './samplers/euler.ts';
import { gradientEstimation, gradientEstimationCfgPp } from './samplers/gradient-estimation.ts';
import { heun, heunPp2 } from './samplers/heun.ts';
import { lcm } from './samplers/lcm.ts';
import { deis, ipndm, ipndmV, lms } from './samplers/multistep.ts';
import { plms } from './samplers/plms.ts';
import { resMultistep, resMultistepAncestral, resMultistepCfgPp } from './samplers/res-multistep.ts';
import { restart, restartSteps } from './samplers/restart.ts';
import { saSolver, saSolverPece } from './samplers/sa-solver.ts';
import { seeds2, seeds3 } from './samplers/seeds.ts';
import { tcd, tcdEulerA } from './samplers/tcd.ts';
import { unipc } from './samplers/unipc.ts';
import type { SamplerInfo } from './registry.ts';
import type { Sampler } from './types.ts';

/** By A1111's names. */
const SOLVERS: Readonly<Record<string, Sampler>> = {
  'DPM++ 2M': dpmpp2m,
  'DPM++ SDE': dpmppSde,
  'DPM++ 2M SDE': dpmpp2mSde,
  'DPM++ 2M SDE Heun': dpmpp2mSde,
  'DPM++ 2S a': dpmpp2sAncestral,
  'DPM++ 3M SDE': dpmpp3mSde,
  'Euler a': eulerAncestral,
  Euler: euler,
  LMS: lms,
  Heun: heun,
  DPM2: dpm2,
  'DPM2 a': dpm2Ancestral,
  'DPM fast': dpmFast,
  'DPM adaptive': dpmAdaptive,
  Restart: restart,
  DDIM: ddim,
  'DDIM CFG++': ddimCfgPp,
  PLMS: plms,
  UniPC: unipc,
  LCM: lcm,
  HeunPP2: heunPp2,
  IPNDM: ipndm,
  IPNDM_V: ipndmV,
  DEIS: deis,
  'Euler CFG++': eulerCfgPp,
  'Euler a CFG++': eulerAncestralCfgPp,
  'DPM++ 2M CFG++': dpmpp2mCfgPp,
  TCD: tcd,
  'TCD Euler a': tcdEulerA,
  // Its steps are those of Euler a with all of the noise put back.
  DDPM: (denoise, x, sigmas, { noise }) => eulerAncestral(denoise, x, sigmas, { noise }),
  'DPM++ 2S a CFG++': dpmpp2sAncestralCfgPp,
  'Gradient Estimation': gradientEstimation,
  'Gradient Estimation CFG++': gradientEstimationCfgPp,
  'Res Multistep': resMultistep,
  'Res Multistep a': resMultistepAncestral,
  'Res Multistep CFG++': resMultistepCfgPp,
  'SEEDS 2': seeds2,
  'SEEDS 3': seeds3,
  'ER SDE': erSde,
  'SA-Solver': saSolver,
  'SA-Solver PECE': saSolverPece,
};

type CountSteps = (schedule: readonly number[]) => number;

/** Of those that do not step from each entry of a schedule to the next. */
const STEPS: Readonly<Record<string, CountSteps>> = {
  'DPM fast': (schedule) => dpmFastSteps(schedule.length - 1),
  Restart: (schedule) => restartSteps(schedule).length,
  UniPC: (timesteps) => timesteps.length,
};

export function solverOf({ name }: SamplerInfo): Sampler {
  return SOLVERS[name]!;
}

/** How many steps are told for a schedule; DPM adaptive does not know. */
export function stepsOf({ name }: SamplerInfo, schedule: readonly number[]): number {
  const count = STEPS[name];
  return count ? count(schedule) : schedule.length - 1;
}
