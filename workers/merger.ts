// Comlink entrance to merging checkpoints. One merge at a time.
import { expose } from 'comlink';
import type { MergerApi } from '../src/merging/merge-types.ts';
import { merge } from '../src/merging/merge.ts';
import { openModel } from '../src/merging/parents.ts';
import { borrowMemory } from '../src/library/memory/memory-mode.ts';

let running: AbortController | null = null;

const api: MergerApi = {
  async merge(order, onProgress) {
    const controller = new AbortController();
    running = controller;
    try {
      return await merge(order, onProgress, controller.signal);
    } finally {
      if (running === controller) running = null;
    }
  },

  async cancel() {
    running?.abort();
  },

  async readMetadata(inputs) {
    const models = await Promise.all(inputs.map(openModel));
    return Object.fromEntries(models.flatMap(({ checkpoint }) => [...checkpoint.metadata]));
  },
};

borrowMemory();
expose(api);
