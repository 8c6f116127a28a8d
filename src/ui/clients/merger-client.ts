// The merger as the page sees it. Its worker lives as long as a merge, so that its memory returns, and can be ended: a person's
// regular expression may take for ever.
import { proxy, transfer } from 'comlink';
import { sweepImport } from '../../library/import-intents.ts';
import type {
  LoraOrder,
  LoraOutcome,
  LoraProgress,
  MergeInput,
  MergeOrder,
  MergeOutcome,
  MergeProgress,
  MergerApi,
  MergeTarget,
} from '../../merging/merge-types.ts';
import { startWorker } from './start-worker.ts';
import { WorkerLink } from './worker-link.ts';

/** Milliseconds in which a cancelled merge has to end by itself; then its worker is ended. */
const PATIENCE = 1000;

/** Every method rejects with a Failure. */
export class MergerClient {
  #running: { readonly link: WorkerLink<MergerApi>; readonly end: Promise<unknown> } | null = null;
  readonly #spawn: () => Worker;

  constructor(spawn: () => Worker = () => startWorker('merger')) {
    this.#spawn = spawn;
  }

  async merge(order: MergeOrder, onProgress: (progress: MergeProgress) => void): Promise<MergeOutcome> {
    const link = new WorkerLink<MergerApi>(this.#spawn(), 'merger', 'bad-file');
    const { helper, port } = this.#help();
    let name: string | null = null;
    const told = proxy((progress: MergeProgress) => {
      name = progress.name;
      onProgress(progress);
    });
    const merging = link.call(async (merger): Promise<MergeOutcome> =>
      merger.merge(order, told, port && transfer(port, [port])),
    );
    // Who waits for a helper that has died would wait for ever.
    const end = helper ? Promise.race([merging, helper.death]) : merging;
    this.#running = { link, end };
    try {
      return await end;
    } catch (error) {
      if (!link.dead && !helper?.dead) throw error;
      // From here on it stores nothing any more.
      link.stop();
      await sweep(order, name);
      if (this.#running?.link !== link) return { status: 'cancelled' };
      throw error;
    } finally {
      if (this.#running?.link === link) this.#running = null;
      link.stop();
      helper?.stop();
    }
  }

  async extractLora(order: LoraOrder, onProgress: (progress: LoraProgress) => void): Promise<LoraOutcome> {
    const link = new WorkerLink<MergerApi>(this.#spawn(), 'merger', 'bad-file');
    const told = proxy(onProgress);
    const end = link.call(async (merger): Promise<LoraOutcome> => merger.extractLora(order, told));
    this.#running = { link, end };
    try {
      return await end;
    } catch (error) {
      // Ended because it was too busy to answer: it had written nothing yet.
      if (link.dead && this.#running?.link !== link) return { status: 'cancelled' };
      throw error;
    } finally {
      if (this.#running?.link === link) this.#running = null;
      link.stop();
    }
  }

  /** A second worker that computes for the first one, where the processor has a core for it. */
  #help(): { readonly helper: WorkerLink<MergerApi> | null; readonly port: MessagePort | null } {
    if (navigator.hardwareConcurrency < 2) return { helper: null, port: null };
    const helper = new WorkerLink<MergerApi>(this.#spawn(), 'merger');
    const { port1, port2 } = new MessageChannel();
    helper.call((merger) => merger.help(transfer(port1, [port1]))).catch(() => undefined);
    return { helper, port: port2 };
  }

  /** By asking for it, and by ending the worker where it is too busy to answer. */
  async cancel(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    running.link.call((merger) => merger.cancel()).catch(() => undefined);
    const ended = running.end.then(
      () => true,
      () => true,
    );
    const patience = new Promise<false>((resolve) => setTimeout(() => resolve(false), PATIENCE));
    if (await Promise.race([ended, patience])) return;
    // From here on its end is no failure.
    this.#running = null;
    running.link.stop();
  }

  async readMetadata(inputs: readonly MergeInput[]): Promise<Readonly<Record<string, string>>> {
    const link = new WorkerLink<MergerApi>(this.#spawn(), 'merger', 'bad-file');
    try {
      return await link.call(async (merger) => merger.readMetadata(inputs));
    } finally {
      link.stop();
    }
  }
}

/** What a worker that was ended has left: chunks without a model, or an empty file in the person's folder. */
async function sweep({ id, target }: MergeOrder, name: string | null): Promise<void> {
  // What cannot be deleted now is by the next visit.
  if (target.kind === 'library') await sweepImport(id).catch(() => undefined);
  else if (target.kind === 'folder' && name !== null) await removeEmpty(target, name).catch(() => undefined);
}

async function removeEmpty(
  { folder }: Extract<MergeTarget, { kind: 'folder' }>,
  name: string,
): Promise<void> {
  const handle = await folder.getFileHandle(`${name}.safetensors`);
  if ((await handle.getFile()).size === 0) await folder.removeEntry(`${name}.safetensors`);
}
