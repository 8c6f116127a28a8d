// Classifier-free guidance over a batch: which conditions are in force, which evaluations the network is asked for, and
// how they become one prediction per image (A1111 modules/sd_samplers_cfg_denoiser.py CFGDenoiser).
import { networkInput, type Parameterization } from './denoiser.ts';
import { Forecaster } from './forecast.ts';
import { combine, emptyLike, type Latent, standardDeviation, type Term } from './latent.ts';
import type { Blend } from './latent-mask.ts';
import type { Denoise, Guided } from './types.ts';

/** Conditions over a run: each is in force up to and including its step, counted as A1111 does. */
export type CondSchedule<C> = readonly (readonly [lastStep: number, cond: C])[];

/** One part of a prompt joined with AND. */
export interface WeightedCond<C> {
  readonly weight: number;
  readonly schedule: CondSchedule<C>;
}

export interface NetworkItem<C, T extends Latent = Float32Array> {
  /** One image's latent, scaled as the network wants it. */
  readonly x: T;
  /** Network time, 0..999, possibly fractional. The same for all items of a call. */
  readonly t: number;
  readonly cond: C;
  /** Index of the image in the batch. */
  readonly image: number;
  /** The network is to see no picture beside the latent. */
  readonly withoutPicture?: boolean;
  /** What pictures are guided away from. */
  readonly negative?: boolean;
}

/** Where a run is, as A1111 tells extensions (`sampling_step`, `total_sampling_steps`): it learns of a step once that is done. */
export interface ShownStep {
  readonly step: number;
  readonly steps: number;
}

/** The network: result i is its raw output for item i. */
export type NetworkCall<C, T extends Latent = Float32Array> = (
  items: readonly NetworkItem<C, T>[],
  shown: ShownStep,
) => Promise<readonly T[]>;

export interface GuidanceOptions {
  /** "Negative Guidance minimum sigma": below it, odd steps go without the negative prompt. 0: never. */
  readonly sMinUncond?: number;
  /** The same for every step. */
  readonly sMinUncondAll?: boolean;
  /** "Ignore negative prompt during early sampling": part of the run, 0..1. 0: never. */
  readonly skipEarlyCond?: number;
  /** Pulls the spread of the guided prediction towards that of the positive one (Lin et al. 2023, 3.4): 0..1. */
  readonly cfgRescale?: number;
  /** Ask for conditions and unconditions in one call (more memory, faster). Default true. */
  readonly batchCondUncond?: boolean;
  /** Step forecasting: of so many evaluations one is computed, at first (forecast.ts). 0: all are. */
  readonly spectrumWindow?: number;
  /** At CFG scale 1 leave out the uncondition, whose weight is 0. Default false: A1111 evaluates it. */
  readonly skipUncondAtScale1?: boolean;
}

/** A model, with the prompts as it reads them. */
export interface GuidedModel<C, T extends Latent> {
  readonly parameterization: Parameterization;
  readonly network: NetworkCall<C, T>;
  /** Per image. */
  readonly conds: readonly (readonly WeightedCond<C>[])[];
  /** Per image. */
  readonly unconds: readonly CondSchedule<C>[];
  /** "Image CFG Scale" of InstructPix2Pix models; absent where guidance is the usual one. Prompts have one part then. */
  readonly imageCfgScale?: number;
}

export interface GuidanceRequest<C, T extends Latent> extends GuidedModel<C, T> {
  /** Another model that takes over before the first evaluation that is due, for good. */
  readonly successor?: {
    /** `evaluation`: how many were made. */
    due(level: number, evaluation: number): boolean;
    takeOver(): Promise<GuidedModel<C, T>>;
  };
  readonly cfgScale: number;
  /** Whether the sampler steps along the unconditional prediction, which then cannot be left out at scale 1. */
  readonly needsUncond?: boolean;
  /** Evaluations expected over the run: what `skipEarlyCond` is a part of. */
  readonly totalSteps: number;
  /** Asked at each evaluation. */
  readonly shownStep: () => ShownStep;
  /** Puts back what inpainting keeps. */
  readonly blend?: Blend;
  /** Timestep samplers do that before the network, sigma samplers after it. */
  readonly blendBefore?: boolean;
  /** For `cfgRescale`: how far prediction, x and noise level are from v. Identity when absent. */
  readonly toV?: VSpace;
  readonly options?: GuidanceOptions;
}

/** The linear way between a prediction and v at a level: v = scale * prediction + offset * x. */
export type VSpace = (level: number) => { readonly scale: number; readonly offset: number };

/** The network gave NaN or infinity. */
export class NotFiniteError extends Error {
  override readonly name = 'NotFiniteError';
  constructor(readonly evaluation: number) {
    super(
      `The UNet gave numbers that are not finite (evaluation ${evaluation + 1}). The model may be damaged, or need more ` +
        'range than float16 has: try another copy of the model, or the processor (Settings, Paint on), which computes in float32.',
    );
  }
}

/** The condition in force at an evaluation; the first one where the schedule has run out, as in A1111. */
export function condAt<C>(schedule: CondSchedule<C>, evaluation: number): C {
  const entry = schedule.find(([lastStep]) => evaluation <= lastStep) ?? schedule[0];
  if (!entry) throw new RangeError('A prompt schedule needs at least one entry.');
  return entry[1];
}

/** uncond + sum of (cond - uncond) * weight * scale (CFGDenoiser.combine_denoised). */
export function combineGuidance<T extends Latent>(
  conds: readonly { readonly weight: number; readonly output: T }[],
  uncond: T,
  cfgScale: number,
): T {
  const terms = conds.map(({ weight, output }): Term => [weight * cfgScale, output]);
  const total = conds.reduce((sum, { weight }) => sum + weight * cfgScale, 0);
  return combine([1 - total, uncond], ...terms);
}

/**
 * InstructPix2Pix (Brooks et al. 2023, equation 3; CFGDenoiser.combine_denoised_for_edit_model): `both` saw prompt and picture,
 * `pictureOnly` the negative prompt in place of the prompt, `none` no picture either.
 */
function combineEditing<T extends Latent>(
  both: T,
  pictureOnly: T,
  none: T,
  cfgScale: number,
  imageCfgScale: number,
): T {
  return combine([1 - imageCfgScale, none], [cfgScale, both], [imageCfgScale - cfgScale, pictureOnly]);
}

/** A denoiser for samplers that counts its evaluations: prompt editing and skipping go by them. */
export function guide<C, T extends Latent>(request: GuidanceRequest<C, T>): Denoise<T> {
  const { cfgScale, totalSteps, blend, options = {} } = request;
  let { parameterization, network, conds, unconds, imageCfgScale } = request;
  let { successor } = request;
  const images = conds.length;
  if (images === 0 || unconds.length !== images) {
    throw new RangeError(
      `A batch needs as many negative prompts as prompts; got ${unconds.length} and ${images}.`,
    );
  }
  if (conds.some((parts) => parts.length === 0)) throw new RangeError('An image has no condition.');
  let evaluation = 0;
  const forecaster = options.spectrumWindow
    ? new Forecaster<C, T>(totalSteps, options.spectrumWindow)
    : undefined;

  const skipsUncond = (level: number): boolean => {
    if (evaluation / totalSteps <= (options.skipEarlyCond ?? 0) && (options.skipEarlyCond ?? 0) > 0)
      return true;
    const minimum = imageCfgScale === undefined ? (options.sMinUncond ?? 0) : 0;
    return (evaluation % 2 === 1 || options.sMinUncondAll === true) && minimum > 0 && level < minimum;
  };
  const weightless = () =>
    options.skipUncondAtScale1 === true &&
    cfgScale === 1 &&
    imageCfgScale === undefined &&
    !request.needsUncond &&
    conds.every((parts) => parts.length === 1 && parts[0]!.weight === 1);

  return async (batch, level) => {
    if (successor?.due(level, evaluation)) {
      ({ parameterization, network, conds, unconds, imageCfgScale } = await successor.takeOver());
      successor = undefined;
      forecaster?.forget();
    }
    if (blend && request.blendBefore) batch = blend(batch, level);
    const size = batch.length / images;
    if (!Number.isInteger(size))
      throw new RangeError(`${batch.length} values are not the latents of ${images} images.`);
    const xs = Array.from({ length: images }, (_, i) => batch.subarray(i * size, (i + 1) * size) as T);
    const skip = skipsUncond(level) || weightless();

    const { scale, t } = parameterization.input(level);
    const inputs = xs.map((x) => networkInput(x, scale));
    const items: NetworkItem<C, T>[] = [];
    conds.forEach((parts, image) => {
      for (const { schedule } of parts)
        items.push({ x: inputs[image]!, t, cond: condAt(schedule, evaluation), image });
    });
    const negative = unconds.map((schedule, image): NetworkItem<C, T> => {
      return { x: inputs[image]!, t, cond: condAt(schedule, evaluation), image, negative: true };
    });
    items.push(...negative);
    if (imageCfgScale !== undefined)
      items.push(...negative.map((item) => ({ ...item, withoutPicture: true })));
    // What pictures are guided away from comes last.
    if (skip) items.splice(-images);
    const ask = async () => {
      const perCall = options.batchCondUncond === false ? images : items.length;
      const answers = await evaluate(network, items, perCall, evaluation, request.shownStep());
      forecaster?.learn(items, answers);
      return answers;
    };
    const raw = forecaster?.forecast(items) ?? (await ask());
    const outputs = items.map(({ image }, i) => parameterization.output(xs[image]!, raw[i]!, level));

    const guided = emptyLike(batch);
    const uncond = emptyLike(batch);
    let next = 0;
    conds.forEach((parts, image) => {
      const weighted = parts.map(({ weight }, i) => ({ weight, output: outputs[next + i]! }));
      // Without an uncondition the first condition takes its place.
      const base = skip ? outputs[next]! : outputs[items.length - images + image]!;
      const pictureOnly = outputs[images + image]!;
      next += parts.length;
      let result =
        imageCfgScale === undefined
          ? combineGuidance(weighted, base, skip ? 1 : cfgScale)
          : combineEditing(weighted[0]!.output, pictureOnly, base, cfgScale, imageCfgScale);
      if (options.cfgRescale && !skip && imageCfgScale === undefined) {
        const positive = combineGuidance(weighted, base, 1);
        result = rescale(result, positive, xs[image]!, options.cfgRescale, request.toV?.(level));
      }
      guided.set(result, image * size);
      uncond.set(base, image * size);
    });
    evaluation += 1;
    const result: Guided<T> = {
      guided: blend && !request.blendBefore ? blend(guided, level) : guided,
      uncond,
    };
    return result;
  };
}

async function evaluate<C, T extends Latent>(
  network: NetworkCall<C, T>,
  items: readonly NetworkItem<C, T>[],
  perCall: number,
  evaluation: number,
  shown: ShownStep,
): Promise<readonly T[]> {
  const outputs: T[] = [];
  for (let start = 0; start < items.length; start += perCall) {
    outputs.push(...(await network(items.slice(start, start + perCall), shown)));
  }
  outputs.forEach((output, i) => {
    if (output.length !== items[i]?.x.length) {
      throw new RangeError(
        `The network gave ${output.length} values for a latent of ${items[i]?.x.length ?? 0}.`,
      );
    }
    for (const value of output) if (!Number.isFinite(value)) throw new NotFiniteError(evaluation);
  });
  if (outputs.length !== items.length) {
    throw new RangeError(`The network gave ${outputs.length} results for ${items.length} items.`);
  }
  return outputs;
}

/** Lin et al. 2023, eq. 15-16, on the v prediction: std of the guided one brought to the positive one's, in part. */
function rescale<T extends Latent>(
  guided: T,
  positive: T,
  x: T,
  amount: number,
  { scale: toV, offset } = { scale: 1, offset: 0 },
): T {
  const guidedV = combine([toV, guided], [offset, x]);
  const positiveV = combine([toV, positive], [offset, x]);
  const spread = standardDeviation(guidedV);
  const ratio = spread > 0 ? standardDeviation(positiveV) / spread : 1;
  const factor = amount * ratio + (1 - amount);
  return combine([factor / toV, guidedV], [-offset / toV, x]);
}
