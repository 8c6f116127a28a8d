// What an extension is: data that says what it offers, and hooks that say what it does. Ours are built in on this interface; those that
// people bring stand behind it too, each in a worker of its own (docs/extensions.md).
import type { FamilyId } from '../families/family.ts';
import type { PixelImage } from '../image/pixels.ts';
import type { Cond } from '../models/cond.ts';
import type { NetworkChange } from '../models/network-changes.ts';
import type { UNetConfig } from '../models/types.ts';
import type { CondSchedule, WeightedCond } from '../sampling/guidance.ts';
import type { SamplingHooks } from '../sampling/hooks.ts';
import type { RandomSource } from '../sampling/random/generator.ts';
import type { Prediction } from '../sampling/types.ts';
import type { Control, ExtensionValues } from './controls.ts';
import type { ExtensionText } from './text.ts';

/** Raised when a change would break extensions that are written against the one before. */
export const INTERFACE_VERSION = 1;

export interface Extension {
  /** Requests, records and the page's settings go by it: it stays what it is. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** What it does, in a sentence. */
  readonly about: string;
  /** Where the method comes from. */
  readonly paper?: { readonly title: string; readonly address: string };
  /** In the page's order. */
  readonly controls: readonly Control[];
  /** Its fields in parameters texts. */
  readonly text: ExtensionText;
  /** What it changes of the UNet's graph; asked once for each pass. */
  network?(values: ExtensionValues, target: NetworkTarget): readonly NetworkChange[];
  /** What it does around the network's evaluations; asked once for each pass of each batch, so that the answer may keep a state. */
  sampling?(values: ExtensionValues, pass: ExtensionPass): SamplingHooks<Cond>;
  /** The largest call of the network that it makes out of one, where it asks otherwise: memory is counted by that. */
  call?(values: ExtensionValues, target: NetworkTarget, whole: CallSize): CallSize;
  /** What the prompts become to the network. */
  conditions?(values: ExtensionValues, call: ConditionsCall): Promise<PromptConds>;
  /** A batch's clean latents after a first pass, before Hires. fix enlarges them. */
  betweenPasses?(values: ExtensionValues, latents: BatchLatents): Promise<Float32Array> | Float32Array;
  /** A decoded picture, before anything else is done with it. */
  picture?(values: ExtensionValues, picture: PixelImage): Promise<PixelImage> | PixelImage;
}

/** Of Hires. fix, or of a request that has one pass, which is its first. */
export type WhichPass = 'first' | 'second';

/** What a changed network is for. */
export interface NetworkTarget {
  readonly family: FamilyId;
  readonly pass: WhichPass;
  /** Of the pass's pictures, in pixels. */
  readonly width: number;
  readonly height: number;
}

/** What the network is asked at once. */
export interface CallSize {
  /** Latents, each with its condition. */
  readonly items: number;
  /** Theirs, in pixels. */
  readonly width: number;
  readonly height: number;
}

/** One pass over one batch. */
export interface ExtensionPass extends NetworkTarget {
  readonly prediction: Prediction;
  /** What its network is made of. */
  readonly unet: UNetConfig;
  /** One for each picture of the batch: 64 bits, numbers where those hold them. */
  readonly seeds: readonly (number | bigint)[];
  /** What noise is drawn of the seeds by. */
  readonly rng: RandomSource;
  readonly steps: number;
  /** A1111's name. */
  readonly sampler: string;
  readonly cfgScale: number;
  /** Of the latent that is sampled. */
  readonly channels: number;
}

/** Prompts as the network reads them. */
export interface PromptConds {
  /** The parts joined with AND, each over the run. */
  readonly positive: readonly WeightedCond<Cond>[];
  readonly negative: CondSchedule<Cond>;
}

export interface Prompts {
  readonly prompt: string;
  readonly negativePrompt: string;
}

/** A text that is in force up to and including an evaluation. */
export interface ScheduledText {
  readonly lastStep: number;
  readonly text: string;
}

export interface ConditionsCall extends Prompts {
  readonly pass: WhichPass;
  readonly family: FamilyId;
  /** Of the pass's pictures, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Reads prompts: with nothing given the call's own, else others in their place. All contexts of one answer have one length. */
  encode(prompts?: Partial<Prompts>): Promise<PromptConds>;
  /** What editing makes of a prompt over the run, extra networks left out. */
  schedule(prompt: string): readonly ScheduledText[];
  /** By the first text encoder's reading, without what begins and ends a text. */
  countTokens(text: string): Promise<number>;
}

/** Latents of a batch, [pictures, channels, height, width]. */
export interface BatchLatents {
  readonly data: Float32Array;
  readonly pictures: number;
  /** In cells. */
  readonly height: number;
  readonly width: number;
}
