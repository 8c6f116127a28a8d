// Which of the settings go into an image's parameters: A1111's names, and only where they change something (what
// KDiffusionSampler, CompVisSampler and sd_models add to extra_generation_params).
import { DiscreteTable, LcmTable, linearAlphasCumprod } from './noise-table.ts';
import { getSampler, type SamplerInfo } from './registry.ts';
import type { SamplingOptions } from './sample.ts';
import { effectiveScheduler } from './schedules.ts';

export type InfotextEntries = Readonly<Record<string, string | number | boolean>>;

export interface InfotextRequest {
  readonly sampler: string;
  readonly scheduler: string;
  readonly options?: SamplingOptions;
  readonly alphasCumprod?: ArrayLike<number>;
  /** img2img has an extra noise and no SGM noise multiplier. */
  readonly isImg2img?: boolean;
  readonly extraNoise?: number;
}

/** Entries for the parameters text, in the order in which they arise. */
export function samplingInfotext(request: InfotextRequest): InfotextEntries {
  const { options = {}, isImg2img = false } = request;
  const sampler = getSampler(request.sampler);
  const entries: Record<string, string | number | boolean> = {};
  const add = (name: string, value: number | undefined, usual: number): void => {
    if (value !== undefined && value !== usual) entries[name] = value;
  };

  if (options.alwaysDiscardNextToLastSigma && !sampler.discardNextToLastSigma) {
    entries['Discard penultimate sigma'] = true;
  }
  if (sampler.kind !== 'timestep') Object.assign(entries, scheduleEntries(request));
  if (!isImg2img && sampler.kind !== 'timestep' && options.sgmNoiseMultiplier)
    entries['SGM noise multiplier'] = true;
  if (isImg2img) add('Extra noise', request.extraNoise || undefined, 0);

  const passes = new Set(sampler.passes);
  if (passes.has('eta')) {
    if (sampler.kind === 'timestep') add('Eta DDIM', options.etaDdim, 0);
    else add('Eta', options.etaAncestral, 1);
  }
  if (passes.has('sChurn')) add('Sigma churn', options.sChurn, 0);
  if (passes.has('sTmin')) add('Sigma tmin', options.sTmin, 0);
  if (passes.has('sTmax')) add('Sigma tmax', options.sTmax || undefined, Infinity);
  if (passes.has('sNoise')) add('Sigma noise', options.sNoise, 1);

  if (sampler.name === 'UniPC') {
    if (options.uniPcVariant && options.uniPcVariant !== 'bh1')
      entries['UniPC variant'] = options.uniPcVariant;
    if (options.uniPcSkipType && options.uniPcSkipType !== 'time_uniform') {
      entries['UniPC skip type'] = options.uniPcSkipType;
    }
    add('UniPC order', options.uniPcOrder, 3);
    if (options.uniPcLowerOrderFinal === false) entries['UniPC lower order final'] = false;
  }
  add('Skip Early CFG', options.skipEarlyCond, 0);
  add('NGMS', options.sMinUncond, 0);
  if (options.sMinUncond && options.sMinUncondAll) entries['NGMS all steps'] = true;
  add('Spectrum window', options.spectrumWindow, 0);
  return entries;
}

/** Samplers that draw noise of their own whatever is set, without A1111 knowing it. */
const DRAW_NOISE: readonly string[] = ['LCM', 'Restart', 'TCD', 'TCD Euler a'];

/**
 * Whether a run draws noise of its own on the way, which is where ENSD tells. A1111 knows it of ancestral samplers only, and
 * says nothing of ENSD for LCM, Restart, TCD, churn and DDIM with eta, whose pictures it changes too.
 */
export function ensdMatters(sampler: SamplerInfo, options: SamplingOptions = {}): boolean {
  const passes = (option: SamplerInfo['passes'][number]): boolean => sampler.passes.includes(option);
  if (sampler.usesEnsd) return (options.etaAncestral ?? 1) !== 0;
  if (sampler.kind === 'timestep') return passes('eta') && (options.etaDdim ?? 0) !== 0;
  return DRAW_NOISE.includes(sampler.name) || (passes('sChurn') && (options.sChurn ?? 0) !== 0);
}

/** An evenly spaced schedule, A1111's of old, says nothing; its settings bend the others only. */
function scheduleEntries({
  sampler,
  scheduler,
  options = {},
  alphasCumprod,
}: InfotextRequest): InfotextEntries {
  const info = getSampler(sampler);
  const entry = effectiveScheduler(scheduler, info.scheduler);
  if (!entry) return {};
  const entries: Record<string, string | number | boolean> = { 'Schedule type': entry.label };
  const alphas = alphasCumprod ?? linearAlphasCumprod();
  const { sigmas } = info.kind === 'lcm' ? new LcmTable(alphas) : new DiscreteTable(alphas);
  if (options.sigmaMin && options.sigmaMin !== sigmas[0]) entries['Schedule min sigma'] = options.sigmaMin;
  if (options.sigmaMax && options.sigmaMax !== sigmas.at(-1))
    entries['Schedule max sigma'] = options.sigmaMax;
  if (entry.defaultRho !== undefined && options.rho && options.rho !== entry.defaultRho) {
    entries['Schedule rho'] = options.rho;
  }
  if (entry.name === 'beta') {
    entries['Beta schedule alpha'] = options.betaAlpha ?? 0.6;
    entries['Beta schedule beta'] = options.betaBeta ?? 0.6;
  }
  return entries;
}
