// What is set in the Extras tab, the work under way, and what came of it.
import {
  askedOfExtras,
  DEFAULT_EXTRAS,
  looksForFaces,
  type ExtrasRequest,
} from '../../finishing/extras-request.ts';
import type { ImageSettings } from '../../generation/request/image-settings.ts';
import type { ExtrasEvent, ExtrasSource } from '../../generation/run/extras-run.ts';
import type { Size } from '../../image/picture-file.ts';
import type { GivenSavedTo } from '../../library/saved-to.ts';
import type { EngineClient } from '../clients/engine-client.svelte.ts';
import type { Picture } from '../picture.ts';
import type { Tabs } from '../tabs.ts';
import type { ExtrasEntrance } from './extras-entrance.svelte.ts';
import type { Output } from './output.svelte.ts';
import { extras as t } from '../strings/extras.ts';

/** Results that the page holds on to. */
export const SHOWN_RESULTS = 40;

export interface ExtrasResult {
  readonly name: string;
  readonly picture: Picture & { readonly png: Blob };
  readonly size: Size;
  /** What it was made of. */
  readonly before: { readonly file: Blob; readonly size: Size };
}

/** What it needs of the page. */
export interface ExtrasHost {
  readonly engine: Pick<EngineClient, 'extras' | 'interrupt'>;
  readonly extras: ExtrasEntrance;
  readonly onProcessor: boolean;
  readonly settings: {
    readonly parameters: { readonly settings: ImageSettings };
    readonly saving: { readonly to: GivenSavedTo };
  };
  readonly output: Pick<Output, 'save'>;
  readonly library: { refreshImages(): Promise<void> };
  readonly tabs: Pick<Tabs, 'inTurn'>;
  readonly notices: { warn(title: string, message: string): void };
  attempt(title: string, action: () => Promise<unknown>): Promise<boolean>;
}

export class Extras {
  way = $state<'single' | 'batch'>('single');
  batch = $state.raw<readonly File[]>([]);
  request = $state.raw<ExtrasRequest>(DEFAULT_EXTRAS);

  stopping = $state(false);
  /** What is done now, to a person. */
  doing = $state('');
  /** 0..1; null where it is not known. */
  fraction = $state<number | null>(null);
  /** Newest last, of the run under way or the last one. */
  results = $state.raw<readonly ExtrasResult[]>([]);
  refused = $state.raw<readonly { readonly name: string; readonly why: string }[]>([]);
  /** How the last run has ended, to a person. */
  told = $state('');
  #step = '';
  #at = 0;
  /** How many pictures came of each source. */
  #madeOf: number[] = [];

  constructor(private readonly host: ExtrasHost) {}

  get running(): boolean {
    return this.host.extras.running;
  }

  get sources(): readonly ExtrasSource[] {
    const { source } = this.host.extras;
    if (this.way === 'single') return source ? [source] : [];
    return this.batch.map((file) => ({ name: file.name, file }));
  }

  change<K extends keyof ExtrasRequest>(step: K, changed: Partial<ExtrasRequest[K]>): void {
    this.request = { ...this.request, [step]: { ...this.request[step], ...changed } };
  }

  async run(): Promise<void> {
    const pictures = this.sources;
    if (this.running || pictures.length === 0) return;
    this.host.extras.running = true;
    this.stopping = false;
    this.results = this.refused = [];
    this.#madeOf = [];
    this.told = this.#step = '';
    this.fraction = null;
    this.doing = t.starting;
    const { engine, onProcessor, settings, tabs } = this.host;
    const order = {
      pictures,
      request: this.request,
      settings: $state.snapshot(settings.parameters.settings),
    };
    const upscalers = askedOfExtras(order.request).map(({ name }) => name);
    const { recolor } = order.request;
    const colors = recolor.on && recolor.colorizer !== null;
    const needs = { upscalers, faces: looksForFaces(order.request), colors };
    await this.host.attempt(t.notDone, async () => {
      const hear = (event: ExtrasEvent) => this.#hear(event, pictures);
      // One at a time uses the GPU, in all tabs: pictures of the queue wait until this is done, and this for those.
      const work = async (): Promise<void> => {
        const { status, made } = await engine.extras(order, onProcessor, needs, hear);
        this.told = status === 'interrupted' ? t.interrupted(made) : t.done(made);
      };
      await tabs.inTurn(work, () => (this.doing = t.waiting));
    });
    this.host.extras.running = false;
    await this.host.library.refreshImages().catch(() => undefined);
  }

  /** Between two tiles. */
  async interrupt(): Promise<void> {
    if (!this.running) return;
    this.stopping = true;
    await this.host.engine.interrupt();
  }

  #hear(event: ExtrasEvent, pictures: readonly ExtrasSource[]): void {
    // Asked for while the engine had not begun.
    if (this.stopping && event.type === 'at') void this.host.engine.interrupt().catch(() => undefined);
    switch (event.type) {
      case 'at':
        this.#at = event.picture;
        this.#step = t.at(event.picture + 1, pictures.length, event.step);
        this.doing = this.#step || t.starting;
        this.fraction = event.picture / pictures.length;
        break;
      case 'loading':
        this.doing = [this.#step, event.what].filter(Boolean).join(', ');
        this.fraction = (this.#at + event.fraction) / pictures.length;
        break;
      case 'warning':
        this.host.notices.warn(t.warning, event.message);
        break;
      case 'refused':
        this.refused = [...this.refused, { name: event.name, why: event.why }];
        break;
      case 'made': {
        const { id, png, seed, parameters, size, before } = event;
        const { name, file } = pictures[event.of]!;
        const picture = { id, png, seed, parameters, createdAt: Date.now() };
        const result = { name, picture, size, before: { file, size: before } };
        this.results = [...this.results, result].slice(-SHOWN_RESULTS);
        this.#saveOut(event, name);
      }
    }
  }

  /** As a file, by A1111's names: a number, or in a batch the source's own, and "-1" and so on for further pictures of one. */
  #saveOut({ id, png, seed, parameters, of }: Extract<ExtrasEvent, { type: 'made' }>, source: string): void {
    const before = this.#madeOf[of] ?? 0;
    this.#madeOf[of] = before + 1;
    const suffix = before === 0 ? '' : `-${before}`;
    const named = this.way === 'batch' && this.host.settings.saving.to.originalName !== false;
    const stem = source.replace(/\.[^.]*$/, '');
    this.host.output.save({
      ...{ place: 'extras-images', id, png, seed, parameters, suffix },
      ...(named && { forced: stem + suffix }),
    });
  }
}
