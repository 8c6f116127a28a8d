// What all ways to carry a request out have in common: painting a batch step by step with previews, decoding its pictures,
// keeping them.
import type { RunAnnotator } from '../../control/preprocessors/annotators.ts';
import { finishedPicture } from '../../extensions/at-work.ts';
import { conditioningOf } from '../../families/conditioning.ts';
import type { Find } from '../../finishing/detection/find.ts';
import type { FaceTools } from '../../finishing/faces/restore-faces.ts';
import type { Upscale } from '../../finishing/upscale.ts';
import { vaeOutputToPixels, type PixelImage } from '../../image/pixels.ts';
import { encodePng } from '../../image/png.ts';
import { saveImage } from '../../library/images.ts';
import type { StoredModel } from '../../library/types.ts';
import { InterruptedError } from '../../runtime/errors.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import { turn } from '../../runtime/turn.ts';
import type { FoundNetwork } from '../recipes/control-units.ts';
import type { LookAt } from '../recipes/image-units.ts';
import type { LatentBatch, Models, RecipeRun } from '../recipes/recipe.ts';
import type { Continuation, Evaluation } from '../request/continuation.ts';
import { fromGenerationParameters, type InfotextContext } from '../request/parameters.ts';
import { positionsToText } from '../request/positions-text.ts';
import type { GenerationParameters } from '../request/request.ts';
import type { Seed } from '../request/seeds.ts';
import type { FurtherKind, GenerationEvent, StepPart } from './events.ts';
import type { RunAddOns } from './run-add-ons.ts';
import { RunModels, type Job, type OpenModel } from './models-in-use.ts';
import { previewOf } from './previews.ts';
import { Replay } from './replay.ts';
import { TimeLeft } from './time-left.ts';

/** A request that is carried out. */
export interface Task {
  readonly job: Job;
  readonly open: OpenModel;
  /** Valid, its seeds resolved. */
  readonly parameters: GenerationParameters;
  /** What the pictures' texts tell of the VAE. */
  readonly vaeText: Pick<InfotextContext, 'vaeHash' | 'vaeName'>;
  readonly onEvent: (event: GenerationEvent) => void;
  readonly addOns: Pick<RunAddOns, 'loras'>;
  /** Ends with InterruptedError once `stopped()`. */
  readonly upscaleUntil: (stopped: () => boolean) => Upscale;
  /** The control network that a unit names. */
  readonly controlNetworkOf: (model: string) => FoundNetwork;
  /** What a network of the person's makes of a picture, for preprocessors. */
  readonly annotate: RunAnnotator;
  /** What the person's CLIP and IP-Adapters make of a picture. */
  readonly lookAt: LookAt;
  /** What the detector of that name finds. */
  readonly detect: (name: string, picture: PixelImage, confidence: number) => Promise<readonly Find[]>;
  /** Likewise. */
  readonly facesUntil: (stopped: () => boolean) => FaceTools;
  /** Whether its pictures go into the library, with their texts. */
  readonly keeps: boolean;
  /** What an earlier run of it had done. */
  readonly continuation: Continuation | null;
}

/** A batch under way. */
export interface BatchInWork {
  /** From 0. */
  readonly index: number;
  readonly replay: Replay;
  readonly models: Models & { readonly loaded: LoadedModel };
  /** What the texts of its pictures tell of the request's own model. */
  readonly told: Omit<InfotextContext, 'seed' | 'subseed' | 'padded' | 'loras' | 'embeddings'>;
}

export interface Painted {
  /** Final, or what had emerged. */
  readonly latents: LatentBatch;
  /** The run was cut short. */
  readonly interrupted: boolean;
}

export class Painter {
  readonly imageIds: string[] = [];
  readonly #models: RunModels;
  readonly #time: TimeLeft;
  /** The request's own model. */
  #own: StoredModel | null = null;
  /** Evaluations of the batch that was under way; those of later ones are not known. */
  #past: readonly Evaluation[];

  /** `batches`: how many the request comes to. */
  constructor(
    readonly task: Task,
    private readonly batches: number,
  ) {
    const { open, parameters, job, onEvent, continuation } = task;
    this.#models = new RunModels(open, parameters, job, onEvent);
    this.#time = new TimeLeft(batches);
    this.#past = continuation?.evaluations ?? [];
  }

  /** The request's own model, outside of any batch: what it does is not recorded. */
  ownModel(): Promise<Models> {
    return this.#models.forBatch(
      new Replay([], () => undefined),
      this.upscaler(() => this.task.job.stop),
    );
  }

  /** Work between steps, whose time says nothing of theirs. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#time.leaveOut(performance.now() - start);
    }
  }

  /** What it takes is no time of steps. */
  upscaler(stopped: () => boolean): Upscale {
    const upscale = this.task.upscaleUntil(stopped);
    return (...args) => this.aside(() => upscale(...args));
  }

  /**
   * A decoded picture with its faces restored, where the request asks for that; null where it was cut short. It takes no time of steps,
   * either.
   */
  async withFaces(picture: PixelImage): Promise<PixelImage | null> {
    const { job, parameters, facesUntil } = this.task;
    const { faceRestoration, faceRestorationModel, codeFormerWeight } = parameters.settings;
    if (!faceRestoration) return picture;
    const { restore } = facesUntil(() => job.stop || job.skip);
    try {
      return await this.aside(() => restore(picture, faceRestorationModel, codeFormerWeight));
    } catch (error) {
      if (error instanceof InterruptedError) return null;
      throw error;
    }
  }

  /** Begins with the request's own model; what the UNet has answered in the batch already it is not asked again. */
  async batch(index: number): Promise<BatchInWork> {
    const { continuation, onEvent } = this.task;
    const past = this.#past;
    this.#past = [];
    const replay = new Replay(past, (at, evaluation) => {
      if (continuation) onEvent({ type: 'evaluation', batch: index, index: at, evaluation });
    });
    const { job } = this.task;
    const upscale = this.upscaler(() => job.stop || job.skip);
    const models = await this.#models.forBatch(replay, upscale);
    const { record, buffers, family } = models.loaded;
    this.#own = record;
    const told = {
      ...{ modelHash: shortHash(record), modelName: record.name, extra: positionsToText(record) },
      ...{ conditioning: conditioningOf(models.loaded), buffers, family, ...this.task.vaeText },
    };
    return { index, replay, models, told };
  }

  /**
   * Carries a recipe out to its end, or until the job says otherwise. `part`: which of the batch's passes it is. Rejects with
   * InterruptedError where the job says so before anything has emerged.
   */
  async paint(
    run: RecipeRun,
    { index, replay, models }: BatchInWork,
    batchSize: number,
    part: StepPart | null = null,
  ): Promise<Painted> {
    const { job, onEvent, parameters } = this.task;
    let emerged: LatentBatch | null = null;
    for (;;) {
      const next = await run.next().catch((error: unknown) => {
        // Between two passes, while a picture is enlarged.
        if (error instanceof InterruptedError && emerged) return null;
        throw error;
      });
      if (next === null) return { latents: emerged!, interrupted: true };
      if (next.done) return { latents: next.value, interrupted: false };
      const { step, steps, done, latents } = next.value;
      emerged = latents;
      const { replaying } = replay;
      onEvent({
        ...{ type: 'step', batch: index, batchCount: this.batches, step, steps, part },
        // What is only repeated says nothing of how long the rest takes.
        remainingMs: replaying || part?.kind === 'detail' ? null : this.#time.update(index + done),
        elapsedMs: this.#time.elapsedMs,
      });
      // Interrupt and Skip that came during the step.
      await turn();
      if (replaying) continue;
      const { livePreviewMethod } = parameters.settings;
      onEvent(await previewOf(models.loaded, latents, livePreviewMethod, batchSize));
      if ((job.stop || job.skip) && done < 1) {
        await run.return(latents);
        // What is emerging is kept: A1111 too decodes the last denoised latent of an interrupted run.
        return { latents, interrupted: true };
      }
    }
  }

  /** Picture `i` of a batch of `count`. */
  async decode(
    { models }: BatchInWork,
    { data, height, width }: LatentBatch,
    i: number,
    count: number,
  ): Promise<PixelImage> {
    this.task.onEvent({
      type: 'status',
      message: count > 1 ? `Decoding picture ${i + 1} of ${count}` : 'Decoding the picture',
    });
    const size = data.length / count;
    const decoded = await models.current.decode(data.slice(i * size, (i + 1) * size), height, width);
    return finishedPicture(
      this.task.parameters.extensions,
      vaeOutputToPixels(decoded, 8 * width, 8 * height),
    );
  }

  /** The parameters text of a picture. `parameters`: where that picture's are others than the request's. */
  textOf(
    { told }: BatchInWork,
    seeds: Pick<InfotextContext, 'seed' | 'subseed'>,
    parameters = this.task.parameters,
  ): string {
    const { padded, embeddings } = this.#models;
    const { loras } = this.task.addOns;
    return fromGenerationParameters(parameters, { ...told, ...seeds, padded, loras, embeddings });
  }

  /** Picture `index` of the request: encodes and stores it, and hands it to the page even where there is no room to store it. */
  async keep(
    index: number,
    picture: PixelImage,
    seed: Seed,
    text: string,
    interrupted: boolean,
  ): Promise<void> {
    const id = this.#idOf(String(index));
    const png = await this.#save(id, picture, seed, text);
    // A caller in another thread has the picture when this resolves; it must not come after the word that all is done.
    const told = { id, png, seed, parameters: text, index };
    await (this.task.onEvent({ type: 'image', ...told, interrupted }) as unknown);
    this.imageIds.push(id);
  }

  /** What a setting asks for beside picture `index`: it goes into the library, and counts for no picture of the request. */
  async keepFurther(
    index: number,
    kind: FurtherKind,
    picture: PixelImage,
    seed: Seed,
    text: string,
  ): Promise<void> {
    const id = this.#idOf(`${index}-${kind}`);
    const png = await this.#save(id, picture, seed, text);
    this.task.onEvent({ type: 'further', id, kind, png, seed, parameters: text, index });
  }

  #idOf(name: string): string {
    const { continuation } = this.task;
    return continuation ? `${continuation.id}-${name}` : crypto.randomUUID();
  }

  async #save(id: string, picture: PixelImage, seed: Seed, text: string): Promise<Blob> {
    const { onEvent, keeps } = this.task;
    const { width, height } = picture;
    const modelHash = shortHash(this.#own!);
    const bytes = await encodePng(picture, keeps ? { parameters: text } : {});
    const png = new Blob([bytes], { type: 'image/png' });
    if (!keeps) return png;
    try {
      await saveImage({ id, createdAt: Date.now(), width, height, seed, modelHash, parameters: text, png });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      onEvent({
        type: 'warning',
        message: `The picture is shown but could not be kept; download it now. ${why}`,
      });
    }
    return png;
  }
}

function shortHash({ sha256 }: StoredModel): string {
  return sha256.slice(0, 10);
}
