// The interface without its transport: what is answered to a method, a path and a body, by someone who paints.
import type { ImageSettings } from '../generation/request/image-settings.ts';
import { isObject, type Json } from '../other-programs/json.ts';
import type { PromptStyle } from '../prompt/styles.ts';
import { answerOf, type Painted } from './answer.ts';
import { plainRefusal, refusal } from './api-error.ts';
import type { Catalogue, ListedModel } from './catalogue.ts';
import { batchExtras, singleExtras, type ExtrasWork } from './extras.ts';
import { readFields } from './fields.ts';
import type { JsonValue } from './json.ts';
import * as lists from './lists.ts';
import {
  CHECKPOINT,
  currentCheckpoint,
  imageSettingsOf,
  STANDARD_OPTIONS,
  withOptions,
  type Options,
} from './options.ts';
import { img2imgPainting, txt2imgPainting, type Painting } from './painting.ts';
import { pngInfo } from './png-info.ts';
import { IDLE, progressAnswer, type Progress } from './progress.ts';
import { INTERROGATE } from './requests.ts';

/** What is told while something is made. */
export type Told =
  | {
      readonly type: 'step';
      /** From 0, of `batchCount`. */
      readonly batch: number;
      readonly batchCount: number;
      /** Done of this batch. */
      readonly step: number;
      readonly steps: number;
      readonly remainingMs: number | null;
    }
  | { readonly type: 'status'; readonly message: string }
  /** What is emerging; base64. */
  | { readonly type: 'preview'; readonly png: string };

/** Who paints. Everything may reject with an Error for people. */
export interface Painter {
  /** Newest first. */
  models(): Promise<readonly ListedModel[]>;
  paint(painting: Painting, tell: (told: Told) => void): Promise<readonly Painted[]>;
  extras(work: ExtrasWork, settings: ImageSettings): Promise<readonly Painted[]>;
  interrupt(): Promise<void>;
  skip(): Promise<void>;
  load(model: ListedModel): Promise<void>;
  unload(): Promise<void>;
}

export interface Query {
  get(name: string): string | null;
}

type Answer = (body: Json | undefined, query: Query) => JsonValue | Promise<JsonValue>;

/** Requests that wait for their turn, besides the one that is carried out. */
const MOST_WAITING = 100;
const NOTHING: Progress = { state: IDLE, started: null, remaining: null, text: null, picture: null };

export class Service {
  #options: Options;
  #progress = NOTHING;
  /** The end of the line. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  readonly #routes: ReadonlyMap<string, Readonly<Partial<Record<string, Answer>>>>;

  /** `checkpoint`: the title of the one that paints until another is chosen; null for the first of the library. */
  constructor(
    private readonly painter: Painter,
    private readonly styles: readonly PromptStyle[],
    checkpoint: string | null,
  ) {
    this.#options = { ...STANDARD_OPTIONS, [CHECKPOINT]: checkpoint };
    this.#routes = new Map(Object.entries(this.#table()));
  }

  /** `path`: with its beginning, without its query. Rejects with an ApiError, or with what the painter rejects with. */
  async answer(method: string, path: string, query: Query, body: Json | undefined): Promise<JsonValue> {
    const route = path.startsWith('/sdapi/v1/')
      ? this.#routes.get(path.slice('/sdapi/v1/'.length))
      : undefined;
    if (!route) throw plainRefusal(404, 'Not Found');
    const answer = route[method];
    if (!answer) throw plainRefusal(405, 'Method Not Allowed');
    return answer(body, query);
  }

  #table(): Readonly<Record<string, Readonly<Partial<Record<string, Answer>>>>> {
    const listed = (list: (models: readonly ListedModel[]) => JsonValue) => ({
      GET: async () => list(await this.painter.models()),
    });
    const always = (value: JsonValue) => ({ GET: () => value });
    const done = (work: () => Promise<unknown>, answer: JsonValue) => ({
      POST: async () => {
        await work();
        return answer;
      },
    });
    /** The library is looked at anew for every request. */
    const refresh = done(() => Promise.resolve(), null);
    return {
      txt2img: { POST: (body) => this.#inTurn(() => this.#paint(txt2imgPainting, body)) },
      img2img: { POST: (body) => this.#inTurn(() => this.#paint(img2imgPainting, body)) },
      'extra-single-image': {
        POST: (body) => this.#inTurn(() => this.#extras(singleExtras, body, ([image = '']) => ({ image }))),
      },
      'extra-batch-images': {
        POST: (body) => this.#inTurn(() => this.#extras(batchExtras, body, (images) => ({ images }))),
      },
      'png-info': { POST: (body) => pngInfo(body, this.styles) },
      interrogate: {
        POST: (body) => {
          readFields(INTERROGATE, body);
          throw refusal(404, 'Model not found');
        },
      },
      progress: { GET: (_, query) => this.#told(query.get('skip_current_image')) },
      interrupt: done(() => this.#stop('interrupted'), {}),
      skip: done(() => this.#stop('skipped'), null),
      options: {
        GET: () => this.#options,
        POST: async (body) => {
          this.#options = withOptions(this.#options, isObject(body) ? body : {}, await this.painter.models());
          return null;
        },
      },
      'cmd-flags': always({ api: true, listen: false, share: false }),
      samplers: { GET: lists.samplerList },
      schedulers: { GET: lists.schedulerList },
      upscalers: listed(lists.upscalerList),
      'latent-upscale-modes': { GET: lists.latentUpscalerList },
      'sd-models': listed(lists.checkpointList),
      'sd-vae': listed(lists.vaeList),
      loras: listed(lists.loraList),
      hypernetworks: listed(lists.hypernetworkList),
      embeddings: listed(lists.embeddingList),
      'face-restorers': always(lists.FACE_RESTORERS),
      'realesrgan-models': listed(lists.realEsrganList),
      'prompt-styles': { GET: () => lists.styleList(this.styles) },
      scripts: { GET: lists.scriptList },
      extensions: always([]),
      'refresh-checkpoints': refresh,
      'refresh-vae': refresh,
      'refresh-embeddings': refresh,
      'refresh-loras': refresh,
      'unload-checkpoint': done(() => this.#inTurn(() => this.painter.unload()), null),
      'reload-checkpoint': done(() => this.#inTurn(() => this.#load()), null),
    };
  }

  async #catalogue(): Promise<Catalogue> {
    return { models: await this.painter.models(), styles: this.styles };
  }

  async #load(): Promise<void> {
    await this.painter.load(currentCheckpoint(this.#options, await this.painter.models()));
  }

  async #paint(
    prepare: (body: Json | undefined, catalogue: Catalogue, options: Options) => Promise<Painting>,
    body: Json | undefined,
  ): Promise<JsonValue> {
    const painting = await prepare(body, await this.#catalogue(), this.#options);
    const { mode, fields, parameters, optionsAfter } = painting;
    this.#options = optionsAfter;
    const job = fields.force_task_id ?? `scripts_${mode}`;
    return this.#working(job, parameters.batchCount, async () => {
      const pictures = await this.painter.paint(painting, (told) => this.#hear(told));
      return answerOf(painting, pictures);
    });
  }

  async #extras(
    read: (body: Json | undefined, models: readonly ListedModel[]) => ExtrasWork,
    body: Json | undefined,
    answer: (images: readonly string[]) => Readonly<Record<string, JsonValue>>,
  ): Promise<JsonValue> {
    const work = read(body, await this.painter.models());
    const made = await this.#working('extras', work.pictures.length, () =>
      this.painter.extras(work, imageSettingsOf(this.#options)),
    );
    return {
      html_info: made.map(({ parameters }) => parameters).join('\n'),
      ...answer(made.map(({ base64 }) => base64)),
    };
  }

  async #working<T>(job: string, jobCount: number, work: () => Promise<T>): Promise<T> {
    this.#progress = { ...NOTHING, state: { ...IDLE, job, jobCount }, started: new Date() };
    try {
      return await work();
    } finally {
      this.#progress = NOTHING;
    }
  }

  /** One at a time, as they come. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MOST_WAITING) throw plainRefusal(503, 'Too many requests wait already.');
    this.#waiting += 1;
    const before = this.#last;
    const turn = before.then(work);
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  #hear(told: Told): void {
    const { state } = this.#progress;
    switch (told.type) {
      case 'status':
        this.#progress = { ...this.#progress, text: told.message };
        break;
      case 'preview':
        this.#progress = { ...this.#progress, picture: told.png };
        break;
      case 'step': {
        const { batch, batchCount, step, steps, remainingMs } = told;
        this.#progress = {
          ...this.#progress,
          remaining: remainingMs === null ? null : remainingMs / 1000,
          state: { ...state, jobNo: batch, jobCount: batchCount, samplingStep: step, samplingSteps: steps },
        };
      }
    }
  }

  #told(skipPicture: string | null): JsonValue {
    const skips = ['true', '1', 'yes', 'on'].includes(skipPicture?.toLowerCase() ?? '');
    return progressAnswer(skips ? { ...this.#progress, picture: null } : this.#progress);
  }

  async #stop(how: 'interrupted' | 'skipped'): Promise<void> {
    if (this.#progress === NOTHING) return;
    this.#progress = { ...this.#progress, state: { ...this.#progress.state, [how]: true } };
    await (how === 'interrupted' ? this.painter.interrupt() : this.painter.skip());
  }
}
