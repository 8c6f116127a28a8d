// Comlink entrance to merging checkpoints. One merge at a time.
import { expose, transfer, wrap } from 'comlink';
import type { ByteSource } from '../src/checkpoint/types.ts';
import type { MergeHelper, MergerApi } from '../src/merging/merge-types.ts';
import { merge, mergedFile } from '../src/merging/merge.ts';
import { openModel } from '../src/merging/parents.ts';
import { borrowMemory } from '../src/library/memory/memory-mode.ts';

let running: AbortController | null = null;

const api: MergerApi = {
  async merge(order, onProgress, helper) {
    const controller = new AbortController();
    running = controller;
    try {
      return await merge(order, onProgress, controller.signal, helper && wrap<MergeHelper>(helper));
    } finally {
      if (running === controller) running = null;
    }
  },

  async help(port) {
    let file: ByteSource | null = null;
    /** What will be asked for next, while it is being computed. */
    let ahead: { readonly offset: number; readonly bytes: Promise<Uint8Array> } | null = null;
    const helper: MergeHelper = {
      async prepare(order, metadata) {
        file = await mergedFile(order, metadata);
      },
      async read(offset, length) {
        if (!file) throw new Error('Nothing has been prepared.');
        const before = ahead;
        // Reads do not overlap.
        const early = await before?.bytes.catch(() => null);
        const isIt = early && before?.offset === offset && early.length === length;
        const bytes = isIt ? early : await file.read(offset, length);
        const next = offset + length;
        const left = Math.min(length, file.size - next);
        ahead = left > 0 ? { offset: next, bytes: later(() => file!.read(next, left)) } : null;
        // A failure comes again when it is asked for.
        ahead?.bytes.catch(() => undefined);
        return transfer(bytes, [bytes.buffer as ArrayBuffer]);
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

/** Once what is under way has been answered. */
async function later<T>(work: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve));
  return work();
}

borrowMemory();
expose(api);
