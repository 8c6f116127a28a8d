// An extension of a person's behind the interface that ours have. Its hooks answer from a worker of its own, and nothing that comes from
// there is believed: what does not fit ends it, is told under its name, and the picture goes on without it.
import type { PixelImage } from '../../image/pixels.ts';
import type { Cond } from '../../models/cond.ts';
import type { GuidanceCall, ModelCall, SamplingHooks } from '../../sampling/hooks.ts';
import type { ExtensionValues } from '../controls.ts';
import type { Extension, ExtensionPass, PromptConds } from '../interface.ts';
import { workerScript } from './harness.ts';
import type { Manifest, Want } from './manifest.ts';
import type { ExtensionPackage } from './package.ts';
import { ownText } from './text.ts';
import { ExtensionFailure, ExtensionWorker, type StartWorker } from './worker.ts';

/** What it offers, for threads that draw its controls and read its text. */
export function toldExtension({ name, about, controls }: Manifest): Extension {
  return { name, title: name, about, controls, text: ownText(name, controls) };
}

export interface OwnMeans {
  readonly start: StartWorker;
  /** Milliseconds that a hook may take. */
  readonly patience: number;
  /** Hears why an extension does not take part any more: a sentence for people. */
  tell(message: string): void;
}

/** ... and what it does, for one run; `end` ends its worker. Only what was granted is asked of it. */
export class OwnExtension {
  readonly extension: Extension;
  #worker: ExtensionWorker | null = null;
  #over = false;
  #passes = 0;

  constructor(
    private readonly pack: ExtensionPackage,
    granted: readonly Want[],
    private readonly means: OwnMeans,
  ) {
    const { manifest } = pack;
    const may = (want: Want) => manifest.wants.includes(want) && granted.includes(want);
    this.extension = {
      ...toldExtension(manifest),
      ...((may('denoiser') || may('guidance')) && {
        sampling: (values, pass) => this.#sampling(values, pass, may('denoiser'), may('guidance')),
      }),
      ...(may('conditioning') && {
        conditions: async (values, call) => {
          const { prompt, negativePrompt, pass, family, width, height } = call;
          const about = { prompt, negativePrompt, pass, family, width, height };
          const conds = await call.encode();
          const once = { values, about: { kind: 'prompts', ...about }, hook: 'conditioning' } as const;
          return this.#once(once, plainConds(conds), conds, (given) => condsLike(conds, given));
        },
      }),
      ...(may('latents') && {
        betweenPasses: (values, latents) => {
          const once = { values, about: { kind: 'latents' }, hook: 'latents' } as const;
          return this.#once(once, latents, latents.data, (given) => floats(given, latents.data));
        },
      }),
      ...(may('picture') && {
        picture: (values, picture) => {
          const once = { values, about: { kind: 'picture' }, hook: 'picture' } as const;
          return this.#once(once, picture, picture, (given) => pixelsLike(picture, given));
        },
      }),
    };
  }

  end(): void {
    this.#over = true;
    this.#worker?.end();
  }

  #sampling(
    values: ExtensionValues,
    about: ExtensionPass,
    denoiser: boolean,
    guidance: boolean,
  ): SamplingHooks<Cond> {
    const pass = this.#begin(values, { kind: 'sampling', ...about });
    return {
      ...(denoiser && {
        beforeModel: async (call: ModelCall<Cond>) => {
          const { items, cfgScale } = call;
          const given = {
            ...stepOf(call),
            inputs: items.map(({ x, image, negative = false }) => ({ x: x.slice(), image, negative })),
          };
          return this.#ask<ChangedCall>(pass, 'denoiser', given, {}, (answer) => {
            const { cfgScale: scale = cfgScale, inputs } = fieldsOf(answer);
            if (typeof scale !== 'number' || !Number.isFinite(scale)) throw misfit('cfgScale');
            if (inputs === undefined) return { cfgScale: scale };
            const xs = listOf(inputs, items.length).map((x, i) => floats(x, items[i]!.x));
            return { cfgScale: scale, items: items.map((item, i) => ({ ...item, x: xs[i]! })) };
          });
        },
      }),
      ...(guidance && {
        guidance: async (call: GuidanceCall<Cond>) => {
          const { images, space, level } = call;
          const before = images.map(({ guided }) => guided);
          const given = { ...stepOf(call), images: images.map((image) => inSigmas(image, call)) };
          return this.#ask(pass, 'guidance', given, before, (answer) =>
            listOf(answer, images.length).map((denoised, i) =>
              space.output(images[i]!.x, floats(denoised, before[i]!), level),
            ),
          );
        },
      }),
    };
  }

  /** A hook that is asked once. */
  async #once<T>(
    {
      values,
      about,
      hook,
    }: { readonly values: ExtensionValues; readonly about: object; readonly hook: Want },
    given: unknown,
    otherwise: T,
    read: (answer: unknown) => T,
  ): Promise<T> {
    const pass = this.#begin(values, about);
    const result = await this.#ask(pass, hook, given, otherwise, read);
    this.#worker?.tell({ type: 'end', pass });
    return result;
  }

  #begin(values: ExtensionValues, about: object): number {
    const pass = ++this.#passes;
    if (!this.#over) {
      const { start, patience } = this.means;
      this.#worker ??= new ExtensionWorker(start, workerScript(this.pack.code), patience);
      this.#worker.tell({ type: 'begin', pass, values, about });
    }
    return pass;
  }

  /** `otherwise`: where it changes nothing, or has failed. */
  async #ask<T>(
    pass: number,
    hook: Want,
    given: unknown,
    otherwise: T,
    read: (answer: unknown) => T,
  ): Promise<T> {
    if (this.#over || !this.#worker) return otherwise;
    try {
      const answer = await this.#worker.call(pass, hook, given);
      return answer === null ? otherwise : read(answer);
    } catch (error) {
      if (!(error instanceof ExtensionFailure)) throw error;
      // Ended by the program: nobody is to hear of that.
      if (!this.#over)
        this.means.tell(`The extension "${this.extension.name}" was left out from here on: ${error.message}`);
      this.end();
      return otherwise;
    }
  }
}

/** What the network is asked in place of what it would be. */
type ChangedCall = Awaited<ReturnType<NonNullable<SamplingHooks<Cond>['beforeModel']>>>;

function stepOf({ step, steps, evaluation, evaluations, sigma, cfgScale }: ModelCall<Cond>) {
  return { step, steps, evaluation, evaluations, sigma, cfgScale };
}

/** An image as k-diffusion has it, whatever the sampler. */
function inSigmas(
  { x, conds, uncond, guided }: GuidanceCall<Cond>['images'][number],
  { space, level }: GuidanceCall<Cond>,
) {
  const denoised = (output: Float32Array) => space.denoised(x, output, level).slice();
  return {
    x: space.noisy(x, level).slice(),
    conds: conds.map(({ weight, output }) => ({ weight, denoised: denoised(output) })),
    uncond: uncond && denoised(uncond),
    guided: denoised(guided),
  };
}

/** Schedules as lists of objects, which can be told apart by name. */
function plainConds({ positive, negative }: PromptConds) {
  const plain = (schedule: PromptConds['negative']) =>
    schedule.map(([lastStep, { context, tokens, vector }]) => ({
      lastStep,
      tokens,
      context: context.slice(),
      vector: vector && vector.slice(),
    }));
  return {
    positive: positive.map(({ weight, schedule }) => ({ weight, schedule: plain(schedule) })),
    negative: plain(negative),
  };
}

/** The same conditions with other numbers. */
function condsLike({ positive, negative }: PromptConds, answer: unknown): PromptConds {
  const given = fieldsOf(answer);
  const read = (schedule: PromptConds['negative'], told: unknown): PromptConds['negative'] => {
    const list = listOf(told, schedule.length).map(fieldsOf);
    return schedule.map(([lastStep, cond], i) => {
      const context = floats(list[i]!['context'], cond.context);
      const vector = cond.vector && floats(list[i]!['vector'], cond.vector);
      return [lastStep, { ...cond, context, vector }] as const;
    });
  };
  const parts = listOf(given['positive'], positive.length).map(fieldsOf);
  return {
    positive: positive.map(({ weight, schedule }, i) => ({
      weight,
      schedule: read(schedule, parts[i]!['schedule']),
    })),
    negative: read(negative, given['negative']),
  };
}

function pixelsLike(picture: PixelImage, answer: unknown): PixelImage {
  const { data } = fieldsOf(answer);
  const bytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (!bytes || data.length !== picture.data.length) throw misfit('data');
  return { ...picture, data: new Uint8ClampedArray(data) };
}

/** As many numbers as there were, all of them finite. */
function floats(given: unknown, before: Float32Array): Float32Array {
  if (!(given instanceof Float32Array) || given.length !== before.length) throw misfit('a list of numbers');
  if (!given.every((value) => Number.isFinite(value)))
    throw new ExtensionFailure('It gave numbers that are not finite.');
  return given;
}

function listOf(given: unknown, length: number): readonly unknown[] {
  if (Array.isArray(given) && given.length === length) return given as readonly unknown[];
  throw misfit('a list');
}

function fieldsOf(given: unknown): Readonly<Record<string, unknown>> {
  if (typeof given === 'object' && given !== null) return given as Record<string, unknown>;
  throw misfit('an answer');
}

function misfit(what: string): ExtensionFailure {
  return new ExtensionFailure(`It gave ${what} of another kind or size than it was given.`);
}
