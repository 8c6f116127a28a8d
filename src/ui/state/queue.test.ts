import { afterEach, expect, it } from 'vitest';
import { DEFAULT_PARAMETERS } from '../../generation/request/request.ts';
import { memoryQueue, withFallback } from '../../library/memory-queue.ts';
import type { QueuedJob, QueueStorage } from '../../library/queue.ts';
import { EngineClient } from '../clients/engine-client.svelte.ts';
import { threadWorker } from '../clients/thread-worker.ts';
import { loneTab } from '../tabs.ts';
import { GenerationJob } from './generation.svelte.ts';
import { GenerationQueue } from './queue.svelte.ts';

const MODEL = { sha256: 'a'.repeat(64), name: 'model' };

const engines: EngineClient[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.stop();
});

/** The queue of one tab, over an engine whose pictures wait for `release`, and fail where the prompt says how. */
function queueOver(storage: QueueStorage, tab = 'tab') {
  const engine = new EngineClient(() =>
    threadWorker(`
      start: () => ({ backend: 'webgpu', problem: null }),
      interrupt() { this.stop = true; },
      skip() { this.go = true; },
      async generate(sha, parameters, on) {
        this.stop = this.go = false;
        await on({ type: 'step', batch: 0, batchCount: 1, step: 1, steps: 2, elapsedMs: 0, remainingMs: null });
        while (!this.go && !this.stop) await wait(1);
        const { prompt, seed } = parameters;
        if (/Error$/.test(prompt)) throw Object.assign(new Error('It failed.'), { name: prompt });
        await on({ type: 'image', id: prompt, png: null, seed, parameters: '', interrupted: this.stop });
        return { status: this.stop ? 'interrupted' : 'finished', imageIds: [] };
      },
    `),
  );
  engines.push(engine);
  const made: string[] = [];
  const job = new GenerationJob(engine, {
    onFailure: () => undefined,
    onWarning: () => undefined,
    onRecovery: () => undefined,
    onMeasured: () => undefined,
    onEnd: () => made.push(...job.pictures.map(({ id }) => id)),
  });
  const failures: unknown[] = [];
  const damaged: number[] = [];
  const queue = new GenerationQueue(job, storage, loneTab(tab), {
    processor: () => Promise.resolve('gpu'),
    during: (work) => work(),
    onStorageFailure: (error) => failures.push(error),
    onDamaged: (count) => damaged.push(count),
    onOtherTab: () => undefined,
    onEnded: () => Promise.resolve(),
  });
  const add = (prompt: string, first = false) =>
    queue.add({ model: MODEL, requests: [{ ...DEFAULT_PARAMETERS, prompt }] }, first);
  /** Lets the running picture finish. */
  const release = async () => {
    await until(() => job.progress !== null);
    const { current } = queue;
    await job.skip();
    await until(() => queue.current !== current);
  };
  const prompts = () => queue.jobs.map(({ requests, state }) => `${requests[0]?.prompt} ${state}`);
  const idOf = (prompt: string) => queue.jobs.find(({ requests }) => requests[0]?.prompt === prompt)!.id;
  return { queue, job, add, release, prompts, idOf, made, failures, damaged };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

it('does not read the whole queue again for each of its jobs', async () => {
  const readsFor = async (count: number) => {
    const storage = memoryQueue();
    let reads = 0;
    const counting: QueueStorage = { ...storage, list: () => (reads++, storage.list()) };
    const { queue, add, release, made } = queueOver(counting);
    for (let i = 0; i < count; i++) await add(String(i));
    for (let i = 0; i < count; i++) await release();
    await until(() => !queue.active);
    expect(made).toHaveLength(count);
    expect(queue.jobs).toEqual([]);
    return reads;
  };
  expect(await readsFor(12)).toBe(await readsFor(3));
});

it('carries jobs out in their order, and takes more while it runs', async () => {
  const { queue, add, release, prompts, made } = queueOver(memoryQueue());
  await add('one');
  expect(queue.active).toBe(true);
  await add('two');
  await add('three');
  await until(() => queue.current !== null);
  expect(prompts()).toEqual(['one running', 'two waiting', 'three waiting']);
  await release();
  await add('four');
  for (let i = 0; i < 3; i++) await release();
  await until(() => !queue.active);
  expect(made).toEqual(['one', 'two', 'three', 'four']);
  expect(queue.jobs).toEqual([]);
});

it('lets jobs be moved, removed and put first', async () => {
  const { queue, add, release, prompts, idOf, made } = queueOver(memoryQueue());
  for (const prompt of ['one', 'two', 'three', 'four']) await add(prompt);
  await until(() => queue.current !== null);
  await queue.move(idOf('four'), -1);
  await queue.move(idOf('two'), -1);
  await queue.remove(idOf('three'));
  await queue.remove(idOf('one'));
  await add('first', true);
  expect(prompts().sort()).toEqual(['first waiting', 'four waiting', 'one running', 'two waiting']);
  for (let i = 0; i < 4; i++) await release();
  await until(() => !queue.active);
  expect(made).toEqual(['one', 'first', 'two', 'four']);
});

it('settles seeds when a job is added, for it may run more than once', async () => {
  const { queue, add, release } = queueOver(memoryQueue());
  await add('one');
  expect(queue.jobs[0]?.requests[0]?.seed).toBeGreaterThanOrEqual(0);
  expect(queue.jobs[0]?.requests[0]?.subseed).toBeGreaterThanOrEqual(0);
  await release();
});

it('an interrupted job makes room for the next', async () => {
  const { queue, job, add, release, made } = queueOver(memoryQueue());
  await add('one');
  await add('two');
  await until(() => job.progress !== null);
  await job.interrupt();
  await until(() => made.length === 1);
  await release();
  await until(() => !queue.active);
  expect(made).toEqual(['one', 'two']);
});

it('pauses after the running job, and goes on', async () => {
  const { queue, add, release, prompts, made } = queueOver(memoryQueue());
  for (const prompt of ['one', 'two', 'three']) await add(prompt);
  await until(() => queue.current !== null);
  await queue.hold();
  await release();
  await until(() => !queue.active);
  expect(prompts()).toEqual(['two held', 'three held']);
  // What is asked for now does not wait for what is held.
  await add('four');
  await release();
  await until(() => !queue.active);
  await queue.goOn();
  await release();
  await release();
  await until(() => !queue.active);
  expect(made).toEqual(['one', 'four', 'two', 'three']);
});

it('keeps what failed, to be tried again, and goes on with the others', async () => {
  const { queue, add, release, prompts, idOf } = queueOver(memoryQueue());
  await add('OutOfMemoryError');
  await add('BadParametersError');
  await add('three');
  for (let i = 0; i < 3; i++) await release();
  await until(() => !queue.active);
  expect(prompts()).toEqual(['OutOfMemoryError failed']);
  expect(queue.jobs[0]?.failure).toBe('It failed.');
  await queue.goOn(idOf('OutOfMemoryError'));
  await until(() => queue.current !== null);
  expect(prompts()).toEqual(['OutOfMemoryError running']);
  await release();
});

it('holds the others back where they would run into the same', async () => {
  const { queue, add, release, prompts } = queueOver(memoryQueue());
  await add('NoWebGpuError');
  await add('two');
  await release();
  await until(() => !queue.active);
  expect(prompts()).toEqual(['NoWebGpuError failed', 'two held']);
});

it('offers what another visit left, and runs nothing by itself', async () => {
  const storage = memoryQueue();
  const before = queueOver(storage, 'before');
  await before.add('one');
  await before.add('two');
  await until(() => before.job.progress !== null);

  const { queue, prompts, release, made } = queueOver(storage, 'now');
  await queue.load();
  expect(prompts()).toEqual(['one held', 'two held']);
  expect(queue.active).toBe(false);
  await queue.goOn();
  await release();
  await release();
  await until(() => !queue.active);
  expect(made).toEqual(['one', 'two']);
});

it('makes pictures where there is no room for the queue, and says so', async () => {
  const failures: unknown[] = [];
  const full: QueueStorage = { ...memoryQueue(), add: () => Promise.reject(new Error('full')) };
  const { queue, add, release, made } = queueOver(withFallback(full, (error) => failures.push(error)));
  await add('one');
  await release();
  await until(() => !queue.active);
  expect(made).toEqual(['one']);
  expect(failures).toHaveLength(1);
});

it('goes on with a job whose state cannot be written any more', async () => {
  const kept = memoryQueue();
  const failures: unknown[] = [];
  const full: QueueStorage = { ...kept, change: () => Promise.reject(new Error('full')) };
  const { queue, add, release, made } = queueOver(withFallback(full, (error) => failures.push(error)));
  await add('one');
  await release();
  await until(() => !queue.active);
  expect(made).toEqual(['one']);
  expect(failures).toHaveLength(1);
  expect((await kept.list()).jobs).toEqual([]);
});

it('removes damaged records, and says so', async () => {
  const kept = memoryQueue();
  const removed: string[] = [];
  const storage: QueueStorage = {
    ...kept,
    list: async () => ({ ...(await kept.list()), damaged: removed.length === 0 ? ['broken'] : [] }),
    remove: async (id) => void removed.push(id),
  };
  const { queue, damaged } = queueOver(storage);
  await queue.load();
  expect([removed, damaged, queue.jobs]).toEqual([['broken'], [1], [] as QueuedJob[]]);
});
