// Files on their way into the library: one at a time, in the order they were given.
import { IMPORT_OPTIONS, type ImportOptions, type ImportProgress } from '../../library/import-types.ts';
import type { StoredModel } from '../../library/types.ts';
import type { ImporterClient } from '../clients/importer-client.svelte.ts';
import { type Failure, toFailure } from '../failure.ts';
import type { ImportKind } from '../import-summary.ts';
import type { ImportRequest, Place } from '../pairing.ts';

export type ImportPhase = 'waiting' | 'running' | 'cancelling' | 'imported' | 'already-there' | 'failed';

/** One file's import. Fields change while it runs. */
export class ImportJob {
  phase = $state<ImportPhase>('waiting');
  progress = $state.raw<ImportProgress | null>(null);
  failure = $state.raw<Failure | null>(null);
  model = $state.raw<StoredModel | null>(null);
  /** Already there, and all of the file was read to know it. */
  readWhole = $state(false);
  options: ImportOptions;

  constructor(
    readonly id: number,
    readonly file: File,
    readonly sidecar: File | null,
    options: Partial<ImportOptions> = {},
    readonly place: Place<File> | null = null,
  ) {
    this.options = { ...IMPORT_OPTIONS, ...options };
  }

  get busy(): boolean {
    return this.phase === 'waiting' || this.phase === 'running' || this.phase === 'cancelling';
  }

  get kind(): ImportKind {
    if (this.phase === 'failed') return this.failure?.code === 'model-unsupported' ? 'unused' : 'broken';
    if (this.phase !== 'imported' && this.phase !== 'already-there') return 'busy';
    return this.model?.detection.supported === false ? 'unused' : this.phase;
  }
}

/** Hears of each model that is in the library now, new or not, and where its file lay. */
type OnModel = (model: StoredModel, place: Place<File> | null) => Promise<void>;

export class ImportQueue {
  jobs = $state.raw<readonly ImportJob[]>([]);
  readonly #client: ImporterClient;
  readonly #onModel: OnModel;
  #nextId = 1;
  #working: Promise<void> | null = null;

  constructor(client: ImporterClient, onModel: OnModel) {
    this.#client = client;
    this.#onModel = onModel;
  }

  get busy(): boolean {
    return this.jobs.some((job) => job.busy);
  }

  /** Resolves with the jobs once none of the queue is under way. */
  async add(
    requests: readonly ImportRequest<File>[],
    options: Partial<ImportOptions> = {},
  ): Promise<readonly ImportJob[]> {
    const added = requests.map(
      ({ file, sidecar, place }) => new ImportJob(this.#nextId++, file, sidecar, options, place),
    );
    this.jobs = [...this.jobs.filter((job) => job.busy || job.phase === 'failed'), ...added];
    await this.#work();
    return added;
  }

  /** The person wants the file in spite of what it was refused for. */
  async importAnyway(job: ImportJob): Promise<void> {
    const allowed = job.failure?.code === 'checksum-mismatch' ? 'allowMismatch' : 'allowNonFinite';
    job.options = { ...job.options, [allowed]: true };
    await this.retry(job);
  }

  /** All of a file that was recognised by its name and time of change. */
  async readAgain(job: ImportJob): Promise<void> {
    job.options = { ...job.options, readAgain: true };
    await this.retry(job);
  }

  async retry(job: ImportJob): Promise<void> {
    job.failure = null;
    job.progress = null;
    job.phase = 'waiting';
    await this.#work();
  }

  async cancel(job: ImportJob): Promise<void> {
    if (job.phase === 'waiting') this.dismiss(job);
    if (job.phase !== 'running') return;
    job.phase = 'cancelling';
    try {
      await this.#client.cancel();
    } catch {
      // The importer died; the import that waits for it says so.
    }
  }

  /** What waits is dropped first, so that none of it starts. */
  async cancelAll(): Promise<void> {
    const running = this.jobs.filter(({ phase }) => phase === 'running');
    this.jobs = this.jobs.filter(({ phase }) => phase !== 'waiting');
    for (const job of running) await this.cancel(job);
  }

  /** All that are done with, however they ended. */
  dismissAll(): void {
    this.jobs = this.jobs.filter((job) => job.busy);
  }

  dismiss(job: ImportJob): void {
    this.jobs = this.jobs.filter((other) => other !== job);
  }

  dismissFinished(): void {
    this.jobs = this.jobs.filter((job) => job.phase !== 'imported' && job.phase !== 'already-there');
  }

  #work(): Promise<void> {
    return (this.#working ??= this.#runAll().finally(() => {
      this.#working = null;
    }));
  }

  async #runAll(): Promise<void> {
    for (;;) {
      const job = this.jobs.find((candidate) => candidate.phase === 'waiting');
      if (!job) break;
      await this.#run(job);
    }
    this.#client.stop();
  }

  async #run(job: ImportJob): Promise<void> {
    job.phase = 'running';
    const { file, sidecar, options } = job;
    const order = { id: crypto.randomUUID(), file, sidecar, options };
    try {
      const outcome = await this.#client.importFile(order, (progress) => {
        job.progress = progress;
      });
      if (outcome.status === 'cancelled') {
        this.dismiss(job);
        return;
      }
      await this.#onModel(outcome.model, job.place);
      job.model = outcome.model;
      job.readWhole = outcome.status === 'already-there' && outcome.readWhole;
      job.phase = outcome.status;
    } catch (error) {
      job.failure = toFailure(error);
      job.phase = 'failed';
    }
  }
}
