// A queue that lives as long as the page, for what the browser has no room for.
import type { Evaluation } from '../generation/request/continuation.ts';
import { inOrder, type BatchKey, type QueuedJob, type QueueStorage } from './queue.ts';

export function memoryQueue(): QueueStorage {
  const jobs = new Map<string, QueuedJob>();
  const parts = new Map<string, readonly Evaluation[][]>();
  const nameOf = ({ job, request, batch }: BatchKey) => `${job}/${request}/${batch}`;
  const forget = (matches: (job: string) => boolean) => {
    for (const key of parts.keys()) if (matches(key.split('/')[0]!)) parts.delete(key);
  };
  return {
    list: () => Promise.resolve({ jobs: inOrder([...jobs.values()]), damaged: [] }),
    add: async (job) => void jobs.set(job.id, job),
    async change(id, apply) {
      const job = jobs.get(id);
      const changed = job ? apply(job) : null;
      if (changed) jobs.set(id, changed);
      return changed;
    },
    async remove(id) {
      jobs.delete(id);
      forget((job) => job === id);
    },
    async keepEvaluations(key, part, evaluations) {
      parts.set(nameOf(key), [...(parts.get(nameOf(key)) ?? []).slice(0, part), [...evaluations]]);
    },
    evaluations: async (key) => parts.get(nameOf(key)) ?? [],
    forgetEvaluations: async (id) => forget((job) => job === id),
    sweep: async () => forget((job) => !jobs.has(job)),
  };
}

/**
 * Jobs are kept by `kept` where it can, else in memory, so that a full disk does not keep anyone from making pictures.
 * `onFailure` hears of every job that is not kept.
 */
export function withFallback(kept: QueueStorage, onFailure: (error: unknown) => void): QueueStorage {
  const memory = memoryQueue();
  /** Jobs that memory knows better. */
  const unkept = async () => (await memory.list()).jobs;
  const inMemory = async (id: string) => (await unkept()).some((job) => job.id === id);
  return {
    async list() {
      const others = await unkept();
      const ids = new Set(others.map(({ id }) => id));
      const { jobs, damaged } = await kept.list();
      return { jobs: inOrder([...jobs.filter(({ id }) => !ids.has(id)), ...others]), damaged };
    },
    async add(job) {
      try {
        await kept.add(job);
      } catch (error) {
        onFailure(error);
        await memory.add(job);
      }
    },
    async change(id, apply) {
      if (await inMemory(id)) return memory.change(id, apply);
      try {
        return await kept.change(id, apply);
      } catch (error) {
        const job = (await kept.list()).jobs.find((stored) => stored.id === id);
        if (!job) throw error;
        onFailure(error);
        await memory.add(job);
        return memory.change(id, apply);
      }
    },
    async remove(id) {
      await memory.remove(id);
      await kept.remove(id);
    },
    async keepEvaluations(key, part, evaluations) {
      // The run holds them in memory itself.
      if (!(await inMemory(key.job))) await kept.keepEvaluations(key, part, evaluations);
    },
    evaluations: (key) => kept.evaluations(key),
    forgetEvaluations: (job) => kept.forgetEvaluations(job),
    sweep: () => kept.sweep(),
  };
}
