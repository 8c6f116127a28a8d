// What may be done around each evaluation of the network, besides what guidance.ts does itself: this is where extensions come in. One
// set of hooks serves one pass of one batch, so that it may keep what it needs from one evaluation to the next.
import type { Latent } from './latent.ts';
import type { NetworkCall, NetworkItem, ShownStep } from './network-call.ts';
import type { SigmaSpace } from './sigma-space.ts';

/** Where a pass is. */
export interface EvaluationInfo extends ShownStep {
  /** How many evaluations were made before, and how many are expected over the pass. */
  readonly evaluation: number;
  readonly evaluations: number;
  /** The sampler's: sigma, or t in timestep samplers. */
  readonly level: number;
  /** As k-diffusion counts noise, whatever the sampler: x = x0 + sigma * noise. */
  readonly sigma: number;
  /** As guidance applies it: the person's, or what an earlier hook made of it. */
  readonly cfgScale: number;
}

/** What the network is about to be asked. */
export interface ModelCall<C, T extends Latent = Float32Array> extends EvaluationInfo {
  readonly items: readonly NetworkItem<C, T>[];
}

/** One image's answers, in the sampler's terms: denoised latents; eps in timestep samplers. */
export interface ImageAnswers<T extends Latent = Float32Array> {
  /** The noisy latent, as the sampler has it. */
  readonly x: T;
  /** Of the parts of its prompt. */
  readonly conds: readonly { readonly weight: number; readonly output: T }[];
  /** Null in evaluations that leave the negative prompt out. */
  readonly uncond: T | null;
}

/** What the network has answered. */
export interface AnsweredCall<C, T extends Latent = Float32Array> extends ModelCall<C, T> {
  readonly images: readonly ImageAnswers<T>[];
  /** From the sampler's terms to those of k-diffusion, and back. */
  readonly space: SigmaSpace;
  /** Asks the network for more. Results are in the sampler's terms. */
  evaluate(items: readonly FurtherItem<C, T>[]): Promise<readonly T[]>;
}

/** One of the call's items, changed. */
export interface FurtherItem<C, T extends Latent = Float32Array> extends NetworkItem<C, T> {
  /** A noisy latent in place of the image's; `x` is made of it. */
  readonly latent?: T;
}

export interface GuidedImage<T extends Latent = Float32Array> extends ImageAnswers<T> {
  /** What guidance made of them so far. */
  readonly guided: T;
}

export interface GuidanceCall<C, T extends Latent = Float32Array> extends AnsweredCall<C, T> {
  readonly images: readonly GuidedImage<T>[];
}

type Awaitable<T> = T | Promise<T>;

export interface SamplingHooks<C, T extends Latent = Float32Array> {
  /** The negative prompt is needed at a CFG scale of 1, too. */
  readonly needsUncond?: boolean;
  /** What the network is asked in place of `items`, one for one, and the CFG scale of this evaluation. */
  beforeModel?(
    call: ModelCall<C, T>,
  ): Awaitable<{ readonly items?: readonly NetworkItem<C, T>[]; readonly cfgScale?: number }>;
  /** Stands around every call: `network` is the next one further in. Results are raw, one for each item. */
  aroundModel?(
    items: readonly NetworkItem<C, T>[],
    shown: ShownStep,
    network: NetworkCall<C, T>,
  ): Promise<readonly T[]>;
  /** What the answers become before they are brought together, image by image. */
  afterModel?(call: AnsweredCall<C, T>): Awaitable<readonly ImageAnswers<T>[]>;
  /** What the guided results become, image by image. */
  guidance?(call: GuidanceCall<C, T>): Awaitable<readonly T[]>;
}

/** The network with everything that stands around it; the first of the hooks stands outermost. */
export function surrounded<C, T extends Latent>(
  network: NetworkCall<C, T>,
  hooks: readonly SamplingHooks<C, T>[],
): NetworkCall<C, T> {
  return hooks.reduceRight<NetworkCall<C, T>>((inner, hook) => {
    if (!hook.aroundModel) return inner;
    return (items, shown) => hook.aroundModel!(items, shown, inner);
  }, network);
}
