// Names of samplers and schedules: what other programs call them, and what A1111 does. Those of A1111 are looked up as well.
import { findSampler } from '../sampling/registry.ts';
import { findScheduler } from '../sampling/schedulers.ts';
import type { Told } from './told.ts';

/** ComfyUI's (comfy/samplers.py, KSAMPLER_NAMES); SwarmUI and Fooocus have the same. "_gpu" only says where noise is drawn. */
export const COMFY_SAMPLERS: Readonly<Record<string, string>> = {
  euler: 'Euler',
  euler_cfg_pp: 'Euler CFG++',
  euler_ancestral: 'Euler a',
  euler_ancestral_cfg_pp: 'Euler a CFG++',
  heun: 'Heun',
  heunpp2: 'HeunPP2',
  dpm_2: 'DPM2',
  dpm_2_ancestral: 'DPM2 a',
  lms: 'LMS',
  dpm_fast: 'DPM fast',
  dpm_adaptive: 'DPM adaptive',
  dpmpp_2s_ancestral: 'DPM++ 2S a',
  dpmpp_sde: 'DPM++ SDE',
  dpmpp_sde_gpu: 'DPM++ SDE',
  dpmpp_2m: 'DPM++ 2M',
  dpmpp_2m_cfg_pp: 'DPM++ 2M CFG++',
  dpmpp_2m_sde: 'DPM++ 2M SDE',
  dpmpp_2m_sde_gpu: 'DPM++ 2M SDE',
  dpmpp_2m_sde_heun: 'DPM++ 2M SDE Heun',
  dpmpp_2m_sde_heun_gpu: 'DPM++ 2M SDE Heun',
  dpmpp_3m_sde: 'DPM++ 3M SDE',
  dpmpp_3m_sde_gpu: 'DPM++ 3M SDE',
  ipndm: 'IPNDM',
  ipndm_v: 'IPNDM_V',
  deis: 'DEIS',
  lcm: 'LCM',
  ddpm: 'DDPM',
  dpmpp_2s_ancestral_cfg_pp: 'DPM++ 2S a CFG++',
  gradient_estimation: 'Gradient Estimation',
  gradient_estimation_cfg_pp: 'Gradient Estimation CFG++',
  res_multistep: 'Res Multistep',
  res_multistep_ancestral: 'Res Multistep a',
  res_multistep_cfg_pp: 'Res Multistep CFG++',
  seeds_2: 'SEEDS 2',
  seeds_3: 'SEEDS 3',
  er_sde: 'ER SDE',
  sa_solver: 'SA-Solver',
  sa_solver_pece: 'SA-Solver PECE',
  ddim: 'DDIM',
  uni_pc: 'UniPC',
  uni_pc_bh2: 'UniPC',
  restart: 'Restart',
};

/** ComfyUI's (SCHEDULER_NAMES), and its nodes' that make sigmas. */
export const COMFY_SCHEDULERS: Readonly<Record<string, string>> = {
  normal: 'Normal',
  karras: 'Karras',
  exponential: 'Exponential',
  sgm_uniform: 'SGM Uniform',
  simple: 'Simple',
  ddim_uniform: 'DDIM',
  beta: 'Beta',
  beta57: 'Beta57',
  linear_quadratic: 'Linear Quadratic',
  kl_optimal: 'KL Optimal',
  polyexponential: 'Polyexponential',
  align_your_steps: 'Align Your Steps',
  ays: 'Align Your Steps',
};

/** InvokeAI's (stable_diffusion/schedulers/schedulers.py): with "_k" on Karras' sigmas, without on diffusers' own, evenly spaced. */
export const INVOKE_SAMPLERS: Readonly<Record<string, string>> = {
  ddim: 'DDIM',
  deis: 'DEIS',
  dpmpp_2s: 'DPM++ 2S a',
  dpmpp_2m: 'DPM++ 2M',
  dpmpp_2m_sde: 'DPM++ 2M SDE',
  dpmpp_sde: 'DPM++ SDE',
  euler: 'Euler',
  euler_a: 'Euler a',
  heun: 'Heun',
  kdpm_2: 'DPM2',
  kdpm_2_a: 'DPM2 a',
  lms: 'LMS',
  pndm: 'PLMS',
  unipc: 'UniPC',
  lcm: 'LCM',
  // Before version 3.
  plms: 'PLMS',
  k_dpm_2: 'DPM2',
  k_dpm_2_a: 'DPM2 a',
  k_dpmpp_2: 'DPM++ 2M',
  k_dpmpp_2_a: 'DPM++ 2S a',
  k_euler: 'Euler',
  k_euler_a: 'Euler a',
  k_heun: 'Heun',
  k_lms: 'LMS',
};

/** NovelAI's. A1111's own reader knows fewer, and takes Euler a for the rest. */
export const NOVELAI_SAMPLERS: Readonly<Record<string, string>> = {
  k_euler: 'Euler',
  k_euler_ancestral: 'Euler a',
  k_dpmpp_2s_ancestral: 'DPM++ 2S a',
  k_dpmpp_2m: 'DPM++ 2M',
  k_dpmpp_2m_sde: 'DPM++ 2M SDE',
  k_dpmpp_sde: 'DPM++ SDE',
  k_dpm_2: 'DPM2',
  k_dpm_2_ancestral: 'DPM2 a',
  k_dpm_fast: 'DPM fast',
  k_dpm_adaptive: 'DPM adaptive',
  k_heun: 'Heun',
  k_lms: 'LMS',
  ddim: 'DDIM',
  ddim_v3: 'DDIM',
  plms: 'PLMS',
  nai_smea: 'Euler a',
  nai_smea_dyn: 'Euler a',
};

/** NovelAI's noise schedules; "native" is the model's own spacing. */
export const NOVELAI_SCHEDULERS: Readonly<Record<string, string>> = {
  native: 'Uniform',
  karras: 'Karras',
  exponential: 'Exponential',
  polyexponential: 'Polyexponential',
};

/** Easy Diffusion's (its user interface's list). */
export const EASY_SAMPLERS: Readonly<Record<string, string>> = {
  plms: 'PLMS',
  ddim: 'DDIM',
  heun: 'Heun',
  euler: 'Euler',
  euler_a: 'Euler a',
  dpm2: 'DPM2',
  dpm2_a: 'DPM2 a',
  lms: 'LMS',
  dpm_fast: 'DPM fast',
  dpm_adaptive: 'DPM adaptive',
  dpmpp_2s_a: 'DPM++ 2S a',
  dpmpp_2m: 'DPM++ 2M',
  dpmpp_2m_sde: 'DPM++ 2M SDE',
  dpmpp_3m_sde: 'DPM++ 3M SDE',
  dpmpp_sde: 'DPM++ SDE',
  unipc_tu: 'UniPC',
  unipc_tu_2: 'UniPC',
  unipc_tq: 'UniPC',
  unipc_snr: 'UniPC',
  unipc_snr_2: 'UniPC',
  restart: 'Restart',
  lcm: 'LCM',
};

/** Null where nothing here is like it. */
export function likeOf(table: Readonly<Record<string, string>>, name: string): string | null {
  return Object.hasOwn(table, name) ? table[name]! : null;
}

/** Takes a sampler over, or says that there is none like it. Names of A1111 pass. */
export function takeSampler(told: Told, table: Readonly<Record<string, string>>, name: string | null): void {
  if (name === null) return;
  told.sampler = likeOf(table, name) ?? likeOf(table, name.toLowerCase()) ?? findSampler(name)?.name ?? null;
  if (told.sampler === null) told.remarks.push({ about: 'sampler', name });
}

/** The same of a schedule. */
export function takeScheduler(
  told: Told,
  table: Readonly<Record<string, string>>,
  name: string | null,
): void {
  if (name === null) return;
  told.scheduler = likeOf(table, name.toLowerCase()) ?? findScheduler(name)?.label ?? null;
  if (told.scheduler === null) told.remarks.push({ about: 'scheduler', name });
}
