// Comlink entrance to importing checkpoints. One import at a time, over all tabs.
import { expose } from 'comlink';
import type { ImporterApi } from '../src/library/import-types.ts';
import { threadHasher } from '../src/library/hashing-thread.ts';
import { importModel } from '../src/library/importer.ts';
import { exclusively, IMPORT_LOCK } from '../src/library/locks.ts';
import { borrowMemory } from '../src/library/memory/memory-mode.ts';

const running = new Set<AbortController>();

const api: ImporterApi = {
  async importFile(order, onProgress, hashing) {
    const controller = new AbortController();
    const { signal } = controller;
    running.add(controller);
    try {
      return await exclusively(
        IMPORT_LOCK,
        () => importModel(order, onProgress, signal, threadHasher(hashing)),
        signal,
      );
    } catch (error) {
      // While it waited for another tab's import.
      if (signal.aborted) return { status: 'cancelled' };
      throw error;
    } finally {
      running.delete(controller);
      hashing.close();
    }
  },

  async cancel() {
    for (const controller of running) controller.abort();
  },
};

borrowMemory();
expose(api);
