// The job that makes pictures: what it is doing, what emerges, what came out.
import type { GenerationEvent, GenerationParameters } from '../../generation/types.ts';
import type { EngineClient } from '../clients/engine-client.svelte.ts';
import { toFailure, type Failure } from '../failure.ts';
import { formatPercent, formatTimeLeft } from '../format.ts';
import type { Picture } from '../picture.ts';

export type StepEvent = Extract<GenerationEvent, { type: 'step' }>;
export type PreviewEvent = Extract<GenerationEvent, { type: 'preview' }>;

export interface GenerationHooks {
  readonly onFailure: (failure: Failure) => void;
  readonly onWarning: (message: string) => void;
  /** The job ended, well or not. */
  readonly onEnd: () => void;
}

export class GenerationJob {
  running = $state(false);
  /** What the person asked of the running job. */
  stopping = $state<'interrupt' | 'skip' | null>(null);
  /** What the engine is doing besides steps, in words. */
  status = $state('');
  /** 0..1 while weights are read. */
  loading = $state<number | null>(null);
  progress = $state.raw<StepEvent | null>(null);
  preview = $state.raw<PreviewEvent | null>(null);
  /** Pictures of this job; of the last one that made any while none runs. */
  pictures = $state.raw<readonly Picture[]>([]);
  /** Spoken to screen readers: seldom enough to listen to. */
  announcement = $state('');

  readonly #engine: EngineClient;
  readonly #hooks: GenerationHooks;
  #announcedQuarter = 0;
  #stopped = false;
  /** Where the request that runs stands among several of a job: batches before it, and of all; null where there is one. */
  #place: { before: number; readonly total: number; readonly startedAt: number } | null = null;
  #finished: Promise<void> = Promise.resolve();

  constructor(engine: EngineClient, hooks: GenerationHooks) {
    this.#engine = engine;
    this.#hooks = hooks;
  }

  /** Of the whole job, 0..1; null while that cannot be told. */
  get fraction(): number | null {
    const step = this.progress;
    if (!step) return this.loading;
    return (step.batch + step.step / step.steps) / step.batchCount;
  }

  /** "Step 7/20 · Batch 1/2 · 12 s left". */
  get description(): string {
    const step = this.progress;
    if (!step || this.status !== '') {
      return this.loading === null ? this.status : `${this.status} ${formatPercent(this.loading)}`;
    }
    const parts = [`Step ${step.step}/${step.steps}`];
    if (step.batchCount > 1) parts.push(`Batch ${step.batch + 1}/${step.batchCount}`);
    const left = formatTimeLeft(step.remainingMs);
    if (left) parts.push(left);
    return parts.join(' · ');
  }

  /**
   * Carries the requests out one after another, as one job. Resolves when it has ended; failures go to the hooks. Does nothing
   * while one runs.
   */
  async run(sha256: string, requests: readonly GenerationParameters[], cpu: boolean): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.#stopped = false;
    this.stopping = null;
    this.status = 'Starting';
    this.loading = null;
    this.progress = null;
    this.preview = null;
    const before = this.pictures;
    this.pictures = [];
    this.announcement = 'Generating';
    this.#announcedQuarter = 0;
    const work = this.#run(sha256, requests, cpu).finally(() => {
      // A job that made nothing does not take away what the one before made.
      if (this.pictures.length === 0) this.pictures = before;
    });
    this.#finished = work;
    await work;
  }

  /** Stops the running job, if any, and starts this one (Ctrl+Enter while generating). */
  async restart(sha256: string, requests: readonly GenerationParameters[], cpu: boolean): Promise<void> {
    if (this.running) {
      await this.interrupt();
      await this.#finished;
    }
    await this.run(sha256, requests, cpu);
  }

  /** After the step that runs; what is there is kept. */
  async interrupt(): Promise<void> {
    await this.#ask('interrupt');
  }

  /** Ends this batch and goes on with the next. */
  async skip(): Promise<void> {
    await this.#ask('skip');
  }

  /** Ends the worker at once. The picture in the making is lost; finished ones are in the library. */
  stopNow(): void {
    this.#stopped = true;
    this.#engine.stop();
  }

  forget(id: string): void {
    this.pictures = this.pictures.filter((picture) => picture.id !== id);
  }

  async #ask(what: 'interrupt' | 'skip'): Promise<void> {
    if (!this.running) return;
    this.stopping = what;
    try {
      await (what === 'interrupt' ? this.#engine.interrupt() : this.#engine.skip());
    } catch {
      // The engine died; the job that waits for it says so.
    }
  }

  async #run(sha256: string, requests: readonly GenerationParameters[], cpu: boolean): Promise<void> {
    const total = requests.reduce((sum, { batchCount }) => sum + batchCount, 0);
    this.#place = requests.length > 1 ? { before: 0, total, startedAt: performance.now() } : null;
    try {
      let interrupted = false;
      for (const request of requests) {
        const outcome = await this.#engine.generate(sha256, request, cpu, (event) => this.#receive(event));
        // Asked for between two requests, the engine had nothing to interrupt.
        interrupted = outcome.status === 'interrupted' || this.stopping === 'interrupt';
        if (interrupted) break;
        if (this.#place) this.#place.before += request.batchCount;
      }
      this.announcement = interrupted ? 'Interrupted' : 'Finished';
    } catch (error) {
      this.announcement = this.#stopped ? 'Stopped' : '';
      if (!this.#stopped) this.#hooks.onFailure(toFailure(error));
    } finally {
      this.running = false;
      this.stopping = null;
      this.preview = null;
      this.loading = null;
      this.progress = null;
      this.#hooks.onEnd();
    }
  }

  #receive(event: GenerationEvent): void {
    // Callbacks of a stopped worker may still be under way.
    if (!this.running) return;
    switch (event.type) {
      case 'status':
        this.status = event.message;
        this.loading = null;
        break;
      case 'loading':
        this.status = event.what;
        this.loading = event.fraction;
        break;
      case 'step':
        this.progress = this.#placed(event);
        this.status = '';
        if (this.stopping === 'skip' && event.step <= 1) this.stopping = null;
        this.#announce();
        break;
      case 'preview':
        this.preview = event;
        break;
      case 'image':
        this.preview = null;
        this.pictures = [...this.pictures, { ...event, createdAt: Date.now() }];
        break;
      case 'warning':
        this.#hooks.onWarning(event.message);
        break;
    }
  }

  /** A step told as one of the whole job. */
  #placed(event: StepEvent): StepEvent {
    if (!this.#place) return event;
    const { before, total, startedAt } = this.#place;
    const batch = before + event.batch;
    const done = (batch + event.step / event.steps) / total;
    const elapsedMs = performance.now() - startedAt;
    const remainingMs = done > 0 ? (elapsedMs * (1 - done)) / done : null;
    return { ...event, batch, batchCount: total, elapsedMs, remainingMs };
  }

  #announce(): void {
    const quarter = Math.floor(4 * (this.fraction ?? 0));
    if (quarter <= this.#announcedQuarter || quarter >= 4) return;
    this.#announcedQuarter = quarter;
    this.announcement = `${25 * quarter} percent`;
  }
}
