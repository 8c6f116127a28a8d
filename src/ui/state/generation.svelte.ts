// The job that makes pictures: what it is doing, what emerges, what came out. Where the GPU is lost or the worker dies it
// goes on from the last finished step.
import type { GenerationEvent, GenerationOutcome } from '../../generation/run/events.ts';
import { passesOf } from '../../generation/request/passes.ts';
import type { GenerationParameters } from '../../generation/request/request.ts';
import type { PlotGrid } from '../../plots/plan.ts';
import { modelOf, type QueuedJob } from '../../library/queue.ts';
import type { EngineClient } from '../clients/engine-client.svelte.ts';
import { Failure, toFailure, type FailureCode } from '../failure.ts';
import { formatPercent, formatTimeLeft } from '../format.ts';
import type { Picture } from '../picture.ts';
import { SpeedMeter, type Speed } from '../run-time.ts';
import type { ChooseProcessor, Processor } from './processor.svelte.ts';
import type { RunRecord } from './run-record.ts';
import { failures } from '../strings/failures.ts';
import { create as t } from '../strings/create.ts';

export type StepEvent = Extract<GenerationEvent, { type: 'step' }>;
export type PreviewEvent = Extract<GenerationEvent, { type: 'preview' }>;

/** A picture that is in the library now. */
export type KeptEvent = Extract<GenerationEvent, { type: 'image' | 'further' }>;

export interface GenerationHooks {
  readonly onFailure: (failure: Failure) => void;
  readonly onWarning: (message: string) => void;
  /** The run was cut short and goes on. */
  readonly onRecovery: (message: string) => void;
  /** A request was carried out whole, as fast as this. */
  readonly onMeasured: (model: string, processor: Processor, speed: Speed) => void;
  /** A picture of a request, or one beside it, was kept. */
  readonly onKept?: (event: KeptEvent, request: GenerationParameters) => void;
  /** The job ended, well or not. */
  readonly onEnd: () => void;
}

/** A plot as it develops. */
export interface PlotInWork {
  /** Of the job: its pictures' ids are made of it. */
  readonly job: string;
  readonly grid: PlotGrid;
  /** Requests that are carried out. */
  readonly done: number;
}

export interface Run {
  readonly job: Pick<QueuedJob, 'id' | 'model' | 'checkpoints' | 'grid'>;
  /** Carried out one after another, as one job. */
  readonly requests: readonly GenerationParameters[];
  /** What paints: asked before each request. */
  readonly processor: ChooseProcessor;
  /** Where it stands, and what it takes to go on from there. */
  readonly record: RunRecord;
}

/** `stopped`: at once, by the person. */
export type RunEnd =
  | { readonly status: 'finished' | 'interrupted' | 'stopped' }
  | { readonly status: 'failed'; readonly failure: Failure };

/** A new worker and a new device may do better. */
const RECOVERABLE: ReadonlySet<FailureCode> = new Set(['device-lost', 'worker-died']);
/** Losses without a step in between that end the job. */
const MAX_LOSSES = 3;
/** Milliseconds that the browser is given to start its GPU process again. */
const GPU_RESTART = 2000;

export class GenerationJob {
  running = $state(false);
  /** What the person asked of the running job. */
  stopping = $state<'interrupt' | 'skip' | null>(null);
  /** What the engine is doing besides steps, in words. */
  status = $state('');
  /** 0..1 while weights are read. */
  loading = $state<number | null>(null);
  /** Milliseconds until that is done, as far as known. */
  loadingRemainingMs = $state<number | null>(null);
  progress = $state.raw<StepEvent | null>(null);
  preview = $state.raw<PreviewEvent | null>(null);
  /** Pictures of this job; of the last one that made any while none runs. */
  pictures = $state.raw<readonly Picture[]>([]);
  /** Where they stand together; null where they stand for themselves. */
  plot = $state.raw<PlotInWork | null>(null);
  /** Spoken to screen readers: seldom enough to listen to. */
  announcement = $state('');

  /** Interrupt came before the job did: it ends as soon as it starts. */
  interruptNext = false;

  readonly #engine: EngineClient;
  readonly #hooks: GenerationHooks;
  #announcedQuarter = 0;
  #stopped = false;
  /** Where the request that runs stands among several of a job: batches before it, and of all; null where there is one. */
  #place: {
    before: number;
    readonly total: number;
    /** What was done when the first step came, 0..1, and when that was. */
    start: { readonly done: number; readonly at: number } | null;
  } | null = null;
  #record: RunRecord | null = null;

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
      if (this.loading === null) return this.status;
      const read = t.loading(this.status, formatPercent(this.loading));
      return [read, formatTimeLeft(this.loadingRemainingMs)].filter(Boolean).join(' · ');
    }
    const parts = [t.step(step.step, step.steps)];
    if (step.part) parts.unshift(t.partOf(step.part.kind, step.part.index + 1, step.part.count));
    if (step.batchCount > 1) parts.push(t.batchOf(step.batch + 1, step.batchCount));
    const left = formatTimeLeft(step.remainingMs);
    if (left) parts.push(left);
    return parts.join(' · ');
  }

  /** Resolves when the job has ended, and never rejects: failures go to the hooks too. One at a time. */
  async run(run: Run): Promise<RunEnd> {
    if (this.running) throw new Error('A job is running already.');
    this.running = true;
    this.#stopped = false;
    this.stopping = this.interruptNext ? 'interrupt' : null;
    this.interruptNext = false;
    this.status = t.starting;
    this.loading = null;
    this.progress = null;
    this.preview = null;
    const before = { pictures: this.pictures, plot: this.plot };
    this.pictures = [];
    const { id, grid } = run.job;
    this.plot = grid ? { job: id, grid, done: run.record.position.request } : null;
    this.announcement = t.generating;
    this.#announcedQuarter = 0;
    this.#record = run.record;
    const end = await this.#carryOut(run);
    // A job that made nothing does not take away what the one before made.
    if (this.pictures.length === 0) ({ pictures: this.pictures, plot: this.plot } = before);
    return end;
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

  async #carryOut(run: Run): Promise<RunEnd> {
    const { requests, record } = run;
    const batches = (part: readonly GenerationParameters[]) =>
      part.reduce((sum, request) => sum + passesOf(request).batches, 0);
    const before = batches(requests.slice(0, record.position.request));
    this.#place = requests.length > 1 ? { before, total: batches(requests), start: null } : null;
    try {
      let interrupted = false;
      while (!interrupted && record.position.request < requests.length) {
        const request = requests[record.position.request]!;
        const outcome = await this.#generate(request, run);
        // Asked for between two requests, the engine had nothing to interrupt.
        interrupted = outcome.status === 'interrupted' || this.#interrupted();
        if (!interrupted) record.nextRequest();
        if (this.plot) this.plot = { ...this.plot, done: record.position.request };
        if (this.#place) this.#place.before += passesOf(request).batches;
      }
      this.announcement = interrupted ? t.interrupted : t.finished;
      return { status: interrupted ? 'interrupted' : 'finished' };
    } catch (error) {
      this.announcement = this.#stopped ? t.stopped : '';
      if (this.#stopped) return { status: 'stopped' };
      const failure = toFailure(error);
      this.#hooks.onFailure(failure);
      return { status: 'failed', failure };
    } finally {
      this.running = false;
      this.stopping = null;
      this.preview = null;
      this.loading = null;
      this.progress = null;
      this.#record = null;
      this.#hooks.onEnd();
    }
  }

  /** Tries again from where the run was when the GPU is lost, as long as that brings it further. */
  async #generate(request: GenerationParameters, run: Run): Promise<GenerationOutcome> {
    const { record } = run;
    let losses = 0;
    const interrupted: GenerationOutcome = { status: 'interrupted', imageIds: [] };
    if (this.#interrupted()) return interrupted;
    let processor = await this.#choose(request, run, false);
    for (;;) {
      if (this.#interrupted()) return interrupted;
      const before = record.progress;
      const continuation = record.continuation();
      try {
        const meter = new SpeedMeter(request);
        const receive = (event: GenerationEvent) => {
          meter.receive(event);
          this.#receive(event);
          if (event.type === 'image' || event.type === 'further') this.#hooks.onKept?.(event, request);
        };
        const cpu = processor === 'cpu';
        const model = modelOf(run.job, record.position.request);
        const outcome = await this.#engine.generate(model, request, cpu, receive, continuation);
        if (outcome.status === 'finished' && meter.speed)
          this.#hooks.onMeasured(model, processor, meter.speed);
        return outcome;
      } catch (error) {
        const failure = toFailure(error);
        // While the browser restarts its GPU process there is no GPU for a moment.
        const gone = losses > 0 && failure.code === 'no-webgpu';
        if (!gone && failure.code === 'no-webgpu' && !this.#stopped) {
          processor = await this.#choose(request, run, true);
          if (processor === 'cpu') continue;
        }
        if (this.#stopped || !(RECOVERABLE.has(failure.code) || gone)) throw failure;
        if (this.#interrupted()) return interrupted;
        losses = record.progress > before ? 1 : losses + 1;
        if (losses >= MAX_LOSSES) throw hopeless(failure, losses);
        this.#hooks.onRecovery(failure.message);
        this.status = t.restarting;
        this.loading = null;
        this.preview = null;
        if (losses > 1) await new Promise((resolve) => setTimeout(resolve, GPU_RESTART));
        if (this.#stopped) throw failure;
      }
    }
  }

  #interrupted(): boolean {
    return this.stopping === 'interrupt';
  }

  async #choose(request: GenerationParameters, run: Run, gpuFailed: boolean): Promise<Processor> {
    const model = modelOf(run.job, run.record.position.request);
    const processor = await run.processor(model, request, {
      onEvent: (event) => this.#receive(event),
      cancelled: () => this.#stopped || this.#interrupted(),
      gpuFailed,
    });
    if (this.#stopped) throw new Failure('worker-died', failures.workerEnded(failures.workers.engine));
    return processor;
  }

  #receive(event: GenerationEvent): void {
    // Callbacks of a stopped worker may still be under way.
    if (!this.running) return;
    this.#record?.receive(event);
    switch (event.type) {
      case 'status':
        this.status = event.message;
        this.loading = null;
        this.#remindOfInterrupt();
        break;
      case 'loading':
        this.status = event.what;
        this.loading = event.fraction;
        this.loadingRemainingMs = event.remainingMs ?? null;
        if (event.fraction === 0) this.#remindOfInterrupt();
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

  /** Asked while the engine was still starting, it had no job to interrupt. */
  #remindOfInterrupt(): void {
    if (this.#interrupted()) void this.#ask('interrupt');
  }

  /** A step told as one of the whole job. */
  #placed(event: StepEvent): StepEvent {
    if (!this.#place) return event;
    const place = this.#place;
    const batch = place.before + event.batch;
    const done = (batch + event.step / event.steps) / place.total;
    const at = performance.now();
    place.start ??= { done, at };
    const elapsedMs = at - place.start.at;
    const part = done - place.start.done;
    const remainingMs = part > 0 ? (elapsedMs * (1 - done)) / part : null;
    return { ...event, batch, batchCount: place.total, elapsedMs, remainingMs };
  }

  #announce(): void {
    const quarter = Math.floor(4 * (this.fraction ?? 0));
    if (quarter <= this.#announcedQuarter || quarter >= 4) return;
    this.#announcedQuarter = quarter;
    this.announcement = t.percentDone(25 * quarter);
  }
}

function hopeless({ code, message, details }: Failure, losses: number): Failure {
  return new Failure(code, t.hopeless(message, losses), details);
}
