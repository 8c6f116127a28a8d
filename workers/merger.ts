// Comlink entrance to merging checkpoints. One merge at a time.
import { expose, transfer, wrap } from 'comlink';
import { AheadReader } from '../src/merging/ahead-reader.ts';
import type { MergeHelper, MergerApi } from '../src/merging/merge-types.ts';
import { carryOut } from '../src/merging/lora/order.ts';
import { merge, mergedFile } from '../src/merging/merge.ts';
import { openModel } from '../src/merging/parents.ts';
import { borrowMemory } from '../src/library/memory/memory-mode.ts';

let running: AbortController | null = null;

const api: MergerApi = {
  merge(order, onProgress, helper) {
    return cancellable((signal) => merge(order, onProgress, signal, helper && wrap<MergeHelper>(helper)));
  },

  extractLora(order, onProgress) {
    return cancellable((signal) => carryOut(order, onProgress, signal));
  },

  async help(port) {
    let reading: AheadReader | null = null;
    const helper: MergeHelper = {
      async prepare(order, metadata) {
        reading = new AheadReader(await mergedFile(order, metadata));
      },
      async read(offset, length, spent) {
        if (!reading) throw new Error('Nothing has been prepared.');
        const bytes = await reading.read(offset, length, spent);
        return transfer(bytes, [bytes.buffer]);
      },
    };
    expose(helper, port);
  },

  async cancel() {
    running?.abort();
  },

  async readMetadata(inputs) {
    const models = await Promise.all(inputs.map(openModel));
    return Object.fromEntries(models.flatMap(({ checkpoint }) => [...checkpoint.metadata]));
  },
};

async function cancellable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  running = controller;
  try {
    return await work(controller.signal);
  } finally {
    if (running === controller) running = null;
  }
}

borrowMemory();
expose(api);
