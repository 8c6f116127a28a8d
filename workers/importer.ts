// Comlink entrance to importing checkpoints. One import at a time, over all tabs.
import { expose } from 'comlink';
import type { ImporterApi } from '../src/library/import-types.ts';
import { importModel } from '../src/library/importer.ts';

const running = new Set<AbortController>();

const api: ImporterApi = {
  async importFile(file, sidecar, options, onProgress) {
    const controller = new AbortController();
    running.add(controller);
    try {
      return await exclusively(() => importModel(file, sidecar, options, onProgress, controller.signal));
    } finally {
      running.delete(controller);
    }
  },

  async cancel() {
    for (const controller of running) controller.abort();
  },
};

/** Chunks that no record names are swept when an import starts, so no two tabs may import at once. */
async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks ? navigator.locks.request('darkroom-import', work) : work();
}

expose(api);
