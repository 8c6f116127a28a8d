// The importer as the page sees it. Its worker lives while there is something to import, so that its memory returns.
import { proxy } from 'comlink';
import { sweepImport } from '../../library/import-intents.ts';
import type { ImporterApi, ImportOrder, ImportOutcome, ImportProgress } from '../../library/import-types.ts';
import { startWorker } from './start-worker.ts';
import { WorkerLink } from './worker-link.ts';

/** Milliseconds in which a cancelled import has to end by itself; then its worker is ended. */
const PATIENCE = 1000;

interface Running {
  cancelled: boolean;
  readonly end: Promise<unknown>;
}

/** Every method rejects with a Failure. */
export class ImporterClient {
  #link = $state.raw<WorkerLink<ImporterApi> | null>(null);
  #running: readonly Running[] = [];
  readonly #spawn: () => Worker;
  readonly #sweep: (id: string) => Promise<void>;

  /** `sweep` deletes what is stored of an import whose worker has ended. */
  constructor(spawn: () => Worker = () => startWorker('importer'), sweep = sweepImport) {
    this.#spawn = spawn;
    this.#sweep = sweep;
  }

  async importFile(
    order: ImportOrder,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<ImportOutcome> {
    if (this.#link?.dead) this.#link = null;
    const link = (this.#link ??= new WorkerLink<ImporterApi>(this.#spawn(), 'importer', 'bad-file'));
    const end = link.call(async (importer): Promise<ImportOutcome> =>
      importer.importFile(order, proxy(onProgress)),
    );
    const running: Running = { cancelled: false, end };
    this.#running = [...this.#running, running];
    try {
      return await end;
    } catch (error) {
      // What cannot be deleted now is by the next visit.
      if (link.dead) await this.#sweep(order.id).catch(() => undefined);
      if (link.dead && running.cancelled) return { status: 'cancelled' };
      throw error;
    } finally {
      this.#running = this.#running.filter((other) => other !== running);
    }
  }

  /** Ends what is imported: by asking for it, and by ending the worker where it is too busy to answer. */
  async cancel(): Promise<void> {
    const link = this.#link;
    const ending = this.#running;
    if (!link || ending.length === 0) return;
    for (const running of ending) running.cancelled = true;
    link.call((importer) => importer.cancel()).catch(() => undefined);
    const ended = Promise.allSettled(ending.map(({ end }) => end)).then(() => true);
    const patience = new Promise<false>((resolve) => setTimeout(() => resolve(false), PATIENCE));
    if (!(await Promise.race([ended, patience]))) link.stop();
  }

  stop(): void {
    this.#link?.stop();
    this.#link = null;
  }
}
