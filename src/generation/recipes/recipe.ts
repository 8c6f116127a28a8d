// What a recipe is: the way of one batch to its latents, in one pass or several, by one model or several.
import type { Upscale } from '../../finishing/upscale.ts';
import type { Size } from '../../image/picture-file.ts';
import type { Networks, SampledNetworks } from '../../runtime/networks.ts';
import type { SamplingRun } from '../../sampling/sample.ts';
import type { GenerationParameters, NamedCheckpoint } from '../request/request.ts';
import type { Conditions, PromptContext } from './conditioning.ts';

/** A model as a recipe has it. */
export interface ModelInUse {
  readonly sha256: string;
  readonly networks: SampledNetworks & Pick<Networks, 'decode'>;
  /** The prompts as its text encoders read them. */
  conditions(parameters: GenerationParameters, context?: PromptContext): Promise<Conditions>;
  /** By the VAE, or a tiny one, as "VAE type for decode" and "VAE type for encode" say. */
  readonly decode: Networks['decode'];
  readonly encode: Networks['encode'];
  /** By any upscaler of the library. */
  readonly upscale: Upscale;
}

/** The models that a request names, of which one is in use at a time, as A1111's `shared.sd_model`. */
export interface Models {
  readonly current: ModelInUse;
  /**
   * Puts another in use: null for the request's own. What was in use before is not to be called any more. `prompt`: the LoRAs that
   * it names count from now on; those of before unless given.
   */
  use(checkpoint: NamedCheckpoint | null, prompt?: string): Promise<ModelInUse>;
}

/** Latents of a batch, [n, c, height, width]. */
export interface LatentBatch {
  readonly data: Float32Array;
  /** In cells. */
  readonly height: number;
  readonly width: number;
}

/** What a recipe tells after each step. */
export interface RecipeStep {
  /** Of all passes. */
  readonly step: number;
  readonly steps: number;
  /** How much of the batch's work is done, 0..1. */
  readonly done: number;
  /** Clean latents predicted in the step: for previews, and what is kept of an interrupted run. */
  readonly latents: LatentBatch;
}

/** Yields after each step, returns the final latents; `models.current` decodes both. Stop by ending the iteration. */
export type RecipeRun = AsyncGenerator<RecipeStep, LatentBatch, void>;

/** A recipe of one pass. `size`: of its pictures, in pixels. */
export async function* onePass(run: SamplingRun, size: Size): RecipeRun {
  const [height, width] = [size.height / 8, size.width / 8];
  for (;;) {
    const next = await run.next();
    if (next.done) return { data: next.value, height, width };
    const { step, steps, denoised } = next.value;
    yield { step, steps, done: step / steps, latents: { data: denoised, height, width } };
  }
}

/** A recipe as a part of a longer one: what comes before and after it, in steps and in work of the same unit. */
export async function* partOf(
  run: RecipeRun,
  before: { readonly steps: number; readonly work: number },
  own: { readonly work: number },
  after: { readonly steps: number; readonly work: number },
): RecipeRun {
  const work = before.work + own.work + after.work;
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
    const { step, steps, done, latents } = next.value;
    yield {
      step: before.steps + step,
      steps: before.steps + steps + after.steps,
      done: (before.work + done * own.work) / work,
      latents,
    };
  }
}
