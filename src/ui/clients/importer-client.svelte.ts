// The importer as the page sees it. Its worker lives while there is something to import, so that its memory returns.
import { proxy } from 'comlink';
import type {
  ImporterApi,
  ImportOptions,
  ImportOutcome,
  ImportProgress,
} from '../../library/import-types.ts';
import { startWorker } from './start-worker.ts';
import { WorkerLink } from './worker-link.ts';

/** Every method rejects with a Failure. */
export class ImporterClient {
  #link = $state.raw<WorkerLink<ImporterApi> | null>(null);
  readonly #spawn: () => Worker;

  constructor(spawn: () => Worker = () => startWorker('importer')) {
    this.#spawn = spawn;
  }

  async importFile(
    file: File,
    sidecar: File | null,
    options: ImportOptions,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<ImportOutcome> {
    if (this.#link?.dead) this.#link = null;
    this.#link ??= new WorkerLink<ImporterApi>(this.#spawn(), 'importer', 'bad-file');
    return this.#link.call(async (importer): Promise<ImportOutcome> =>
      importer.importFile(file, sidecar, options, proxy(onProgress)),
    );
  }

  async cancel(): Promise<void> {
    await this.#link?.call((importer) => importer.cancel());
  }

  stop(): void {
    this.#link?.stop();
    this.#link = null;
  }
}
