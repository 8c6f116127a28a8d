// A whole run: noise -> schedule -> sampler -> guidance -> network (A1111 KDiffusionSampler and CompVisSampler, sample
// and sample_img2img). The network is a plain function, so this runs wherever it does.
import {
  lcmParameterization,
  sigmaParameterization,
  timestepParameterization,
  type VFactors,
} from './denoiser.ts';
import {
  type CondSchedule,
  guide,
  type GuidanceOptions,
  type GuidanceRequest,
  type GuidedModel,
  type NetworkCall,
  type WeightedCond,
} from './guidance.ts';
import type { SamplingHooks } from './hooks.ts';
import type { Blend } from './latent-mask.ts';
import { combine, type Latent, scale } from './latent.ts';
import { DiscreteTable, LcmTable, linearAlphasCumprod, nearestIndex } from './noise-table.ts';
import { TRAINING_STEPS } from './training-steps.ts';
import type { OptimizedFor } from './optimized-levels.ts';
import type { NoiseSource } from './random/types.ts';
import { getSampler, type SamplerInfo, totalSteps } from './registry.ts';
import { timestepSpace } from './sigma-space.ts';
import { solverOf, stepsOf } from './solvers.ts';
import { buildSigmas, type ScheduleOptions } from './schedules.ts';
import { ddimTimesteps, img2imgSigmas, img2imgSteps } from './steps.ts';
import type { Prediction, SamplerOptions, SamplerRun, UniPcSkipType, UniPcVariant } from './types.ts';

/** The person's settings, by A1111's names and with its defaults. Each sampler takes what it knows. */
export interface SamplingOptions extends ScheduleOptions, GuidanceOptions {
  /** "Eta for k-diffusion samplers", default 1. */
  readonly etaAncestral?: number;
  /** "Eta for DDIM", default 0. */
  readonly etaDdim?: number;
  readonly sChurn?: number;
  readonly sTmin?: number;
  /** 0 and absent mean infinity. */
  readonly sTmax?: number;
  readonly sNoise?: number;
  /** "Enable quantization in K samplers": whole network times only. */
  readonly quantize?: boolean;
  /** "SGM noise multiplier": start from sqrt(1 + sigma^2) instead of sigma. */
  readonly sgmNoiseMultiplier?: boolean;
  readonly uniPcVariant?: UniPcVariant;
  readonly uniPcSkipType?: UniPcSkipType;
  readonly uniPcOrder?: number;
  readonly uniPcLowerOrderFinal?: boolean;
}

/** A model, and the prompts as it reads them. */
export interface SampledModel<C, T extends Latent = Float32Array> {
  readonly prediction: Prediction;
  /** The model's table; default: the one all SD models share. */
  readonly alphasCumprod?: ArrayLike<number>;
  /** v-prediction in timestep samplers; default: the roots of the table. */
  readonly vFactors?: VFactors;
  /** Per image: the parts of its prompt. Steps in the schedules count evaluations, out of `totalSteps`. */
  readonly conds: readonly (readonly WeightedCond<C>[])[];
  /** Per image. */
  readonly unconds: readonly CondSchedule<C>[];
  readonly network: NetworkCall<C, T>;
  /** "Image CFG Scale" of InstructPix2Pix models; absent where guidance is the usual one. */
  readonly imageCfgScale?: number;
}

/** A1111's refiner: a second model that takes the last steps over. */
export interface RefinerSwitch<C, T extends Latent = Float32Array> {
  /** The part of the way from noise that the first model goes, 0..1. */
  readonly switchAt: number;
  /** Measured in steps of those that run, and not in the times that the models were trained for. */
  readonly bySteps: boolean;
  /** Called once, when its turn comes. */
  takeOver(): Promise<SampledModel<C, T>>;
}

export interface SamplingRequest<C, T extends Latent = Float32Array> extends SampledModel<C, T> {
  /** A1111's name or an alias; combined old names go through `resolveSampler` first. */
  readonly sampler: string;
  /** Label or inner name; "Automatic" leaves it to the sampler. */
  readonly scheduler: string;
  readonly steps: number;
  readonly cfgScale: number;
  /** Whose levels schedules have that were found by optimisation; SD 1's where it is left out. */
  readonly optimizedFor?: OptimizedFor;
  /** The batch's noise; `ImageRng` in the app. */
  readonly noise: NoiseSource<T>;
  readonly refiner?: RefinerSwitch<C, T>;
  /** What extensions do around each evaluation. */
  readonly hooks?: readonly SamplingHooks<C, T>[];
  readonly options?: SamplingOptions;
  /** A schedule to use in place of the scheduler's: all its sigmas, descending. Sigma samplers only. */
  readonly sigmas?: readonly number[];
}

export interface Img2imgRequest<C, T extends Latent = Float32Array> extends SamplingRequest<C, T> {
  /** Clean latents [n, c, h, w]. */
  readonly initLatent: T;
  /** Denoising strength, 0..1. */
  readonly strength: number;
  /** Make exactly `steps` steps instead of a part of them: "With img2img, do exactly the amount of steps the slider specifies", and hires fix. */
  readonly fixSteps?: boolean;
  /** "Noise multiplier for img2img": scales the noise that is laid over the latents, default 1. */
  readonly noiseMultiplier?: number;
  /** "Extra noise multiplier for img2img and hires fix". */
  readonly extraNoise?: number;
  /** Puts back what inpainting keeps; the sampler's result is to be blended once more. */
  readonly blend?: Blend;
}

/** What a run tells after each step. */
export interface SamplingStep<T extends Latent = Float32Array> {
  /** Steps done. */
  readonly step: number;
  /** Steps of the run; an estimate for DPM adaptive. */
  readonly steps: number;
  /** Noise level (timestep for DDIM and its kin) that the step started from. */
  readonly sigma: number;
  /** Latents after the step, [n, c, h, w]. */
  readonly x: T;
  /** Clean latents predicted in the step: for previews, and what A1111 keeps of an interrupted run. */
  readonly denoised: T;
}

export type SamplingRun<T extends Latent = Float32Array> = AsyncGenerator<SamplingStep<T>, T, void>;

/** From noise alone. Yields after each step, returns the final latents [n, c, h, w]. Stop by ending the iteration. */
export async function* txt2img<C, T extends Latent = Float32Array>(
  request: SamplingRequest<C, T>,
): SamplingRun<T> {
  const sampler = checkedSampler(request);
  const { options = {} } = request;
  const noise = request.noise.next();
  const model = modelOf(request, sampler);
  if (sampler.kind === 'timestep') {
    const timesteps = ddimTimesteps(request.steps, options.alwaysDiscardNextToLastSigma);
    return yield* run(request, sampler, model, noise, timesteps, request.steps, {});
  }
  const sigmas = scheduleOf(request, sampler, model, request.steps);
  const first = sigmas[0]!;
  const x = scale(noise, options.sgmNoiseMultiplier ? Math.sqrt(1 + first ** 2) : first);
  // DPM fast and adaptive know nothing of schedules: they go through the model's whole range.
  const range = {
    sigmaMin: model.table.sigmas[0]!,
    sigmaMax: model.table.sigmas.at(-1)!,
    evaluations: request.steps,
  };
  return yield* run(request, sampler, model, x, sigmas, request.steps, { ...range, fullSchedule: sigmas });
}

/** From latents that are noised to a part of the schedule. */
export async function* img2img<C, T extends Latent = Float32Array>(
  request: Img2imgRequest<C, T>,
): SamplingRun<T> {
  const sampler = checkedSampler(request);
  const { options = {}, initLatent, strength, noiseMultiplier = 1, extraNoise = 0, blend } = request;
  const steps = img2imgSteps(request.steps, strength, request.fixSteps ?? false);
  const noise = scale(request.noise.next(), noiseMultiplier);
  const model = modelOf(request, sampler);
  const masked = blend ? { blend } : {};
  if (sampler.kind === 'timestep') {
    const timesteps = ddimTimesteps(steps.scheduleSteps, options.alwaysDiscardNextToLastSigma);
    const alpha = model.alphas[timesteps[steps.encodeSteps]!]!;
    const x = combine(
      [Math.sqrt(alpha), initLatent],
      [Math.sqrt(1 - alpha) + extraNoise * Math.sqrt(alpha), noise],
    );
    const part = timesteps.slice(0, steps.encodeSteps);
    return yield* run(request, sampler, model, x, part, steps.encodeSteps + 1, {
      isImg2img: true,
      ...masked,
    });
  }
  const full = scheduleOf(request, sampler, model, steps.scheduleSteps);
  const sigmas = img2imgSigmas(full, steps);
  const x = combine([1, initLatent], [sigmas[0]! + extraNoise, noise]);
  return yield* run(request, sampler, model, x, sigmas, steps.encodeSteps + 1, {
    fullSchedule: full,
    ...masked,
  });
}

/** Far beyond A1111's 150: a bound against nonsense. */
const MOST_STEPS = 10_000;

function checkedSampler<C, T extends Latent>({
  sampler,
  steps,
  cfgScale,
}: SamplingRequest<C, T>): SamplerInfo {
  if (!Number.isInteger(steps) || steps < 1 || steps > MOST_STEPS) {
    throw new RangeError(`The number of steps must be a whole number from 1 to ${MOST_STEPS}, not ${steps}.`);
  }
  if (!Number.isFinite(cfgScale)) throw new RangeError(`The CFG scale must be a number, not ${cfgScale}.`);
  return getSampler(sampler);
}

interface Model {
  readonly alphas: ArrayLike<number>;
  readonly table: DiscreteTable | LcmTable;
}

function modelOf<C, T extends Latent>(
  { alphasCumprod, options }: Pick<SamplingRequest<C, T>, 'alphasCumprod' | 'options'>,
  sampler: SamplerInfo,
): Model {
  const alphas = alphasCumprod ?? linearAlphasCumprod();
  const table =
    sampler.kind === 'lcm' ? new LcmTable(alphas) : new DiscreteTable(alphas, options?.quantize ?? false);
  return { alphas, table };
}

function scheduleOf<C, T extends Latent>(
  request: SamplingRequest<C, T>,
  sampler: SamplerInfo,
  { table }: Model,
  steps: number,
): readonly number[] {
  if (request.sigmas) return request.sigmas;
  return buildSigmas({
    scheduler: request.scheduler,
    ...(sampler.scheduler !== undefined && { samplerScheduler: sampler.scheduler }),
    discardNextToLastSigma: sampler.discardNextToLastSigma,
    steps,
    table,
    ...(request.optimizedFor && { optimizedFor: request.optimizedFor }),
    ...(request.options && { options: request.options }),
  });
}

interface RunDetails {
  /** Brownian paths span the whole schedule even where only a part of it runs. */
  readonly fullSchedule?: readonly number[];
  readonly sigmaMin?: number;
  readonly sigmaMax?: number;
  readonly evaluations?: number;
  readonly isImg2img?: boolean;
  readonly blend?: Blend;
}

async function* run<C, T extends Latent>(
  request: SamplingRequest<C, T>,
  sampler: SamplerInfo,
  model: Model,
  x: T,
  schedule: readonly number[],
  launchSteps: number,
  { fullSchedule, blend, ...details }: RunDetails,
): SamplingRun<T> {
  const { options = {}, refiner } = request;
  const { alphas, table } = model;
  const isTimestep = sampler.kind === 'timestep';
  const evaluations = totalSteps(sampler, launchSteps);
  let done = 0;
  let inStep = 0;
  const guided = guide<C, T>({
    ...guidedModel(request, sampler, model),
    ...(refiner && { successor: successorOf(refiner, sampler, table, evaluations, options) }),
    cfgScale: request.cfgScale / sampler.cfgDivisor,
    needsUncond: sampler.needsUncond,
    totalSteps: evaluations,
    // A step's first evaluation ends it for A1111, whatever comes after; the first of all counts like the second.
    shownStep: () => ({ step: inStep > 0 ? done : Math.max(0, done - 1), steps: launchSteps }),
    blendBefore: isTimestep,
    ...(isTimestep && { space: timestepSpace(alphas) }),
    ...(request.hooks && { hooks: request.hooks }),
    options,
    ...(blend && { blend }),
  });
  const denoise: typeof guided = async (...asked) => {
    const result = await guided(...asked);
    inStep += 1;
    return result;
  };

  let noise: SamplerOptions['noise'] = () => request.noise.next();
  if (sampler.brownianNoise && fullSchedule) {
    noise = request.noise.brownian(Math.min(...fullSchedule.filter((s) => s > 0)), Math.max(...fullSchedule));
  }
  const steps: SamplerRun<T> = solverOf(sampler)(denoise, x, schedule, {
    noise,
    alphasCumprod: alphas,
    ...details,
    ...passedOptions(sampler, options),
  });

  for (;;) {
    const next = await steps.next();
    if (next.done) return next.value;
    const { sigma, x: after, denoised, adaptive } = next.value;
    done += 1;
    inStep = 0;
    const expected = adaptive
      ? Math.ceil(done / Math.max(adaptive.progress, 1e-3))
      : stepsOf(sampler, schedule);
    yield { step: done, steps: Math.max(done, expected), sigma, x: after, denoised };
  }
}

function guidedModel<C, T extends Latent>(
  { prediction, vFactors, network, conds, unconds, imageCfgScale }: SampledModel<C, T>,
  { kind }: SamplerInfo,
  { alphas, table }: Model,
): GuidedModel<C, T> {
  const parameterization =
    kind === 'timestep'
      ? timestepParameterization(prediction, alphas, vFactors)
      : kind === 'lcm'
        ? lcmParameterization(prediction, table)
        : sigmaParameterization(prediction, table);
  return {
    ...{ parameterization, network, conds, unconds },
    ...(imageCfgScale !== undefined && { imageCfgScale }),
  };
}

/** When the refiner's turn comes, and what it is then (modules/sd_samplers_common.py, apply_refiner). */
function successorOf<C, T extends Latent>(
  { switchAt, bySteps, takeOver }: RefinerSwitch<C, T>,
  sampler: SamplerInfo,
  { sigmas }: Model['table'],
  evaluations: number,
  options: SamplingOptions,
): NonNullable<GuidanceRequest<C, T>['successor']> {
  const timeOf = (level: number): number =>
    sampler.kind === 'timestep' ? Math.trunc(level) : nearestIndex(sigmas, level);
  return {
    due: (level, evaluation) =>
      (bySteps ? evaluation / evaluations : (TRAINING_STEPS - 1 - timeOf(level)) / TRAINING_STEPS) >=
      switchAt,
    takeOver: async () => {
      const successor = await takeOver();
      return guidedModel(successor, sampler, modelOf({ ...successor, options }, sampler));
    },
  };
}

/** Of the person's settings, those that A1111 hands to this sampler. */
function passedOptions(sampler: SamplerInfo, options: SamplingOptions): Partial<SamplerOptions> {
  const eta = sampler.kind === 'timestep' ? (options.etaDdim ?? 0) : (options.etaAncestral ?? 1);
  const all = {
    eta,
    sChurn: options.sChurn ?? 0,
    sTmin: options.sTmin ?? 0,
    sTmax: options.sTmax || Infinity,
    sNoise: options.sNoise ?? 1,
  };
  return {
    ...Object.fromEntries(sampler.passes.map((name) => [name, all[name]])),
    ...(sampler.solverType && { solverType: sampler.solverType }),
    ...(options.uniPcVariant && { uniPcVariant: options.uniPcVariant }),
    ...(options.uniPcSkipType && { uniPcSkipType: options.uniPcSkipType }),
    ...(options.uniPcLowerOrderFinal !== undefined && { uniPcLowerOrderFinal: options.uniPcLowerOrderFinal }),
    // The other samplers' orders are not settings.
    ...(sampler.name === 'UniPC' && options.uniPcOrder && { order: options.uniPcOrder }),
  };
}
