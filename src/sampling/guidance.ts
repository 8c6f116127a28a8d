// Classifier-free guidance over a batch: which conditions are in force, which evaluations the network is asked for, and
// how they become one prediction per image (A1111 modules/sd_samplers_cfg_denoiser.py CFGDenoiser).
import { combineEditing, combineGuidance } from './combine-guidance.ts';
import { networkInput, type Parameterization } from './denoiser.ts';
import { Forecaster } from './forecast.ts';
import {
  surrounded,
  type FurtherItem,
  type GuidedImage,
  type ImageAnswers,
  type SamplingHooks,
} from './hooks.ts';
import { emptyLike, type Latent } from './latent.ts';
import type { Blend } from './latent-mask.ts';
import type { NetworkCall, NetworkItem, ShownStep } from './network-call.ts';
import { SIGMA_SPACE, type SigmaSpace } from './sigma-space.ts';
import type { Denoise, Guided } from './types.ts';

/** Conditions over a run: each is in force up to and including its step, counted as A1111 does. */
export type CondSchedule<C> = readonly (readonly [lastStep: number, cond: C])[];

/** One part of a prompt joined with AND. */
export interface WeightedCond<C> {
  readonly weight: number;
  readonly schedule: CondSchedule<C>;
}

export type { NetworkCall, NetworkItem, ShownStep } from './network-call.ts';

export interface GuidanceOptions {
  /** "Negative Guidance minimum sigma": below it, odd steps go without the negative prompt. 0: never. */
  readonly sMinUncond?: number;
  /** The same for every step. */
  readonly sMinUncondAll?: boolean;
  /** "Ignore negative prompt during early sampling": part of the run, 0..1. 0: never. */
  readonly skipEarlyCond?: number;
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
  /** Default: a sigma sampler's. */
  readonly space?: SigmaSpace;
  /** In this order. */
  readonly hooks?: readonly SamplingHooks<C, T>[];
  readonly options?: GuidanceOptions;
}

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

/** A denoiser for samplers that counts its evaluations: prompt editing and skipping go by them. */
export function guide<C, T extends Latent>(request: GuidanceRequest<C, T>): Denoise<T> {
  const { totalSteps, blend, options = {}, space = SIGMA_SPACE, hooks = [] } = request;
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
    request.cfgScale === 1 &&
    imageCfgScale === undefined &&
    !request.needsUncond &&
    !hooks.some(({ needsUncond }) => needsUncond) &&
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
    let items: NetworkItem<C, T>[] = [];
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
    const shown = request.shownStep();
    const info = {
      ...{ ...shown, evaluation, evaluations: totalSteps, level },
      ...{ sigma: space.sigma(level), cfgScale: request.cfgScale },
    };
    for (const { beforeModel } of hooks) {
      const changed = await beforeModel?.({ ...info, items });
      if (changed?.items) items = replaced(items, changed.items);
      info.cfgScale = changed?.cfgScale ?? info.cfgScale;
    }
    const around = surrounded(network, hooks);
    const ask = async () => {
      const perCall = options.batchCondUncond === false ? images : items.length;
      const answers = await evaluate(around, items, perCall, evaluation, shown);
      forecaster?.learn(items, answers);
      return answers;
    };
    const raw = forecaster?.forecast(items) ?? (await ask());
    const outputs = items.map(({ image }, i) => parameterization.output(xs[image]!, raw[i]!, level));

    let next = 0;
    let answers = conds.map((parts, image): ImageAnswers<T> => {
      const weighted = parts.map(({ weight }, i) => ({ weight, output: outputs[next + i]! }));
      next += parts.length;
      return {
        x: xs[image]!,
        conds: weighted,
        uncond: skip ? null : outputs[items.length - images + image]!,
      };
    });
    const answered = {
      ...{ ...info, items, space },
      evaluate: async (asked: readonly FurtherItem<C, T>[]) => {
        // It may be another network that is asked further: all of it.
        const further = asked.map(({ latent, deep, ...item }) => {
          void deep;
          return latent ? { ...item, x: networkInput(latent, scale) } : item;
        });
        const results = await evaluate(around, further, further.length, evaluation, shown);
        return results.map((result, i) =>
          parameterization.output(asked[i]!.latent ?? xs[asked[i]!.image]!, result, level),
        );
      },
    };
    for (const { afterModel } of hooks)
      if (afterModel) answers = replaced(answers, await afterModel({ ...answered, images: answers }));

    let guidedImages = answers.map((answer, image): GuidedImage<T> => {
      const { conds: weighted, uncond } = answer;
      // Without an uncondition the first condition takes its place.
      const base = uncond ?? weighted[0]!.output;
      const guided =
        imageCfgScale === undefined
          ? combineGuidance(weighted, base, uncond ? info.cfgScale : 1)
          : combineEditing(weighted[0]!.output, outputs[images + image]!, base, info.cfgScale, imageCfgScale);
      return { ...answer, guided };
    });
    for (const { guidance } of hooks) {
      if (!guidance) continue;
      const results = replaced(xs, await guidance({ ...answered, images: guidedImages }));
      guidedImages = guidedImages.map((image, i) => ({ ...image, guided: results[i]! }));
    }

    const guided = emptyLike(batch);
    const uncond = emptyLike(batch);
    guidedImages.forEach((image, i) => {
      guided.set(image.guided, i * size);
      uncond.set(image.uncond ?? image.conds[0]!.output, i * size);
    });
    evaluation += 1;
    const result: Guided<T> = {
      guided: blend && !request.blendBefore ? blend(guided, level) : guided,
      uncond,
    };
    return result;
  };
}

/** What a hook gave in place of `before`: as many, and latents of their lengths. */
function replaced<V>(before: readonly V[], after: readonly V[]): V[] {
  const sizeOf = (value: V | undefined) => (value as { readonly length?: number } | undefined)?.length;
  if (after.length === before.length && before.every((value, i) => sizeOf(value) === sizeOf(after[i])))
    return [...after];
  throw new RangeError(`A hook gave something of another size than the ${before.length} that it was given.`);
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
