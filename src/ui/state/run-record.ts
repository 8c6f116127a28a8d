// How far a job has come: enough to go on after whatever cuts it short, to the same pictures. Held in memory, for a lost
// GPU or a worker that died, and written to the queue's storage as it grows, for a page that is closed or crashes.
import type { Continuation, Evaluation } from '../../generation/request/continuation.ts';
import { passesOf } from '../../generation/request/passes.ts';
import type { GenerationEvent } from '../../generation/run/events.ts';
import type { JobPosition, QueuedJob, QueueStorage } from '../../library/queue.ts';

/** Milliseconds between writes; a step of a small picture takes less. */
const SAVE_INTERVAL = 1000;
/**
 * Bytes kept of one batch: 20 steps of one picture of 512x512 are 3 MB. What comes after is computed again when the
 * run goes on.
 */
const MAX_BYTES = 256e6;

export interface RunRecordOptions {
  /** Hears, once, that nothing can be written; the job runs on. */
  readonly onStorageFailure: (error: unknown) => void;
  readonly now?: () => number;
  readonly maxBytes?: number;
}

export class RunRecord {
  #position: JobPosition;
  #evaluations: Evaluation[] = [];
  #bytes = 0;
  /** Of the evaluations, how many are written or on their way, in how many parts. */
  #written = 0;
  #parts = 0;
  #lastSave: number;
  #writes: Promise<void> = Promise.resolve();
  #pending = 0;
  #broken = false;
  #progress = 0;
  readonly #now: () => number;

  private constructor(
    private readonly job: QueuedJob,
    private readonly storage: QueueStorage,
    private readonly options: RunRecordOptions,
  ) {
    this.#position = job.position;
    this.#now = options.now ?? (() => performance.now());
    this.#lastSave = this.#now();
  }

  /** With what is stored of the job. */
  static async open(job: QueuedJob, storage: QueueStorage, options: RunRecordOptions): Promise<RunRecord> {
    const record = new RunRecord(job, storage, options);
    try {
      const parts = await storage.evaluations(record.#batchKey());
      record.#take(parts.flat());
      record.#written = record.#evaluations.length;
      record.#parts = parts.length;
    } catch (error) {
      record.#fail(error);
    }
    return record;
  }

  get position(): JobPosition {
    return this.#position;
  }

  /** Grows with every evaluation and picture: whether a run came further. */
  get progress(): number {
    return this.#progress;
  }

  /** Whether there is something to go on from. */
  get begun(): boolean {
    const { request, pictures } = this.#position;
    return request > 0 || pictures > 0 || this.#evaluations.length > 0;
  }

  /** For the request at `position`. */
  continuation(): Continuation {
    const { request, pictures } = this.#position;
    return { id: `${this.job.id}-${request}`, pictures, evaluations: [...this.#evaluations] };
  }

  receive(event: GenerationEvent): void {
    if (event.type === 'evaluation') this.#keep(event.index, event.evaluation);
    else if (event.type === 'image') this.#pictureDone();
  }

  nextRequest(): void {
    this.#moveTo({ request: this.#position.request + 1, pictures: 0 });
  }

  /** Writes what waits to be written; resolves when everything is. */
  flush(): Promise<void> {
    this.#save();
    return this.#writes;
  }

  #pictureDone(): void {
    const { request, pictures } = this.#position;
    this.#moveTo({ request, pictures: pictures + 1 });
  }

  #moveTo(position: JobPosition): void {
    const before = this.#batchKey();
    this.#position = position;
    this.#progress += 1;
    const { request, batch } = this.#batchKey();
    const sameBatch = before.request === request && before.batch === batch;
    if (!sameBatch) this.#clear();
    // Not past the end: a job whose last request is done is about to leave the queue.
    const stored = position.request < this.job.requests.length;
    this.#write(async () => {
      if (stored) await this.storage.change(this.job.id, (job) => ({ ...job, position }));
      if (!sameBatch) await this.storage.forgetEvaluations(this.job.id);
    });
  }

  #keep(index: number, evaluation: Evaluation): void {
    this.#progress += 1;
    if (index < this.#evaluations.length) {
      // Those from here on were of no use.
      const valid = this.#evaluations.slice(0, index);
      const stale = this.#written > index;
      if (stale) this.#write(() => this.storage.forgetEvaluations(this.job.id));
      if (stale) this.#clear();
      this.#take(valid);
    }
    // A gap cannot be replayed over.
    if (index !== this.#evaluations.length) return;
    const size = evaluation.output.byteLength;
    if (this.#bytes + size > (this.options.maxBytes ?? MAX_BYTES)) return;
    this.#evaluations.push(evaluation);
    this.#bytes += size;
    if (this.#pending === 0 && this.#now() - this.#lastSave >= SAVE_INTERVAL) this.#save();
  }

  #save(): void {
    const fresh = this.#evaluations.slice(this.#written);
    if (fresh.length === 0) return;
    const key = this.#batchKey();
    const part = this.#parts++;
    this.#written += fresh.length;
    this.#lastSave = this.#now();
    this.#write(() => this.storage.keepEvaluations(key, part, fresh));
  }

  /** One after another, in the order of the calls. */
  #write(action: () => Promise<unknown>): void {
    this.#pending += 1;
    this.#writes = this.#writes.then(async () => {
      try {
        if (!this.#broken) await action();
      } catch (error) {
        this.#fail(error);
      }
      this.#pending -= 1;
    });
  }

  #fail(error: unknown): void {
    if (!this.#broken) this.options.onStorageFailure(error);
    this.#broken = true;
  }

  #take(evaluations: readonly Evaluation[]): void {
    this.#evaluations = [...evaluations];
    this.#bytes = evaluations.reduce((sum, { output }) => sum + output.byteLength, 0);
  }

  #clear(): void {
    this.#take([]);
    this.#written = 0;
    this.#parts = 0;
  }

  #batchKey() {
    const { request, pictures } = this.#position;
    const asked = this.job.requests[request];
    const inBatch = asked ? passesOf(asked).pictures : 1;
    return { job: this.job.id, request, batch: Math.floor(pictures / inBatch) };
  }
}
