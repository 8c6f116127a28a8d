// The importer as the page sees it. Its worker, and the one that hashes for it, live while there is something to import, so that
// their memory returns.
import { proxy, transfer } from 'comlink';
import { sweepImport } from '../../library/import-intents.ts';
import type { ImporterApi, ImportOrder, ImportOutcome, ImportProgress } from '../../library/import-types.ts';
import { Failure } from '../failure.ts';
import { failures as t } from '../strings/failures.ts';
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
  /** Lives and dies with the link. */
  #hasher: Worker | null = null;
  readonly #spawn: (name: 'importer' | 'hasher') => Worker;
  readonly #sweep: (id: string) => Promise<void>;

  /** `sweep` deletes what is stored of an import whose worker has ended. */
  constructor(spawn: (name: 'importer' | 'hasher') => Worker = startWorker, sweep = sweepImport) {
    this.#spawn = spawn;
    this.#sweep = sweep;
  }

  async importFile(
    order: ImportOrder,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<ImportOutcome> {
    const { link, hasher } = this.#workers();
    const { port1, port2 } = new MessageChannel();
    hasher.postMessage(port1, [port1]);
    const end = link.call(async (importer): Promise<ImportOutcome> =>
      importer.importFile(order, proxy(onProgress), transfer(port2, [port2])),
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
    if (!(await Promise.race([ended, patience])) && this.#link === link) this.stop();
  }

  stop(): void {
    this.#link?.stop();
    this.#hasher?.terminate();
    this.#link = null;
    this.#hasher = null;
  }

  /** Those that there are, or new ones in place of the dead. */
  #workers(): { readonly link: WorkerLink<ImporterApi>; readonly hasher: Worker } {
    if (this.#link && this.#hasher && !this.#link.dead) return { link: this.#link, hasher: this.#hasher };
    this.stop();
    const link = new WorkerLink<ImporterApi>(this.#spawn('importer'), 'importer', 'bad-file');
    const hasher = this.#spawn('hasher');
    // An import would wait for it for ever.
    hasher.addEventListener('error', ({ message }) => {
      link.stop(new Failure('worker-died', t.workerStopped(t.workers.hasher), message));
    });
    this.#link = link;
    this.#hasher = hasher;
    return { link, hasher };
  }
}
