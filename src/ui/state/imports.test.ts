import { expect, it } from 'vitest';
import { ImporterClient } from '../clients/importer-client.svelte.ts';
import { threadWorker } from '../clients/thread-worker.ts';
import { ImportQueue } from './imports.svelte.ts';

const FAILURE = `throw Object.assign(new Error('It holds NaN.'), { name: 'NonFiniteWeightsError' });`;

/** A queue over an importer whose `importFile({ id, file, sidecar, options }, on)` is `body` (CommonJS source). */
function queueOver(body: string) {
  const arrived: unknown[] = [];
  const swept: string[] = [];
  const client = new ImporterClient(
    (name) =>
      name === 'hasher'
        ? threadWorker('')
        : threadWorker(`
        cancelled: false,
        cancel() { this.cancelled = true; },
        async importFile({ id, file, sidecar, options }, on) { const state = this; ${body} },
      `),
    async (id) => void swept.push(id),
  );
  const queue = new ImportQueue(client, async (model) => {
    arrived.push(model);
  });
  return { queue, arrived, swept };
}

// Node cannot send a File to a thread; the importer of these tests only looks at names.
const file = (name: string) => ({ name, size: 10 }) as unknown as File;
const request = (name: string, sidecar: string | null = null) => ({
  file: file(name),
  sidecar: sidecar === null ? null : file(sidecar),
});

it('imports one after the other, with sidecars and progress', async () => {
  const { queue, arrived } = queueOver(`
    await on({ stage: 'converting', done: 5, total: 10, rate: 0, remainingMs: null });
    return { status: 'imported', model: file.name + '+' + (sidecar ? sidecar.name : 'none') };
  `);
  const jobs = await queue.add([request('a.ckpt', 'a.yaml'), request('b.ckpt')]);
  expect(jobs.map(({ phase }) => phase)).toEqual(['imported', 'imported']);
  expect(jobs[0]?.progress?.done).toBe(5);
  expect(arrived).toEqual(['a.ckpt+a.yaml', 'b.ckpt+none']);
  expect(queue.busy).toBe(false);
  queue.dismissFinished();
  expect(queue.jobs).toEqual([]);
});

it('goes on after a failure and keeps it in sight', async () => {
  const { queue, arrived } = queueOver(`
    if (file.name === 'bad') throw new Error('This file is a web page, not a model.');
    return { status: 'already-there', model: file.name };
  `);
  const jobs = await queue.add([request('bad'), request('good')]);
  expect(jobs.map(({ phase }) => phase)).toEqual(['failed', 'already-there']);
  expect(jobs[0]?.failure).toMatchObject({
    code: 'bad-file',
    message: 'This file is a web page, not a model.',
  });
  expect(arrived).toEqual(['good']);
  queue.dismissFinished();
  expect(queue.jobs).toEqual([jobs[0]]);
});

it('imports a file with NaN when the person insists', async () => {
  const { queue } = queueOver(
    `if (!options.allowNonFinite) { ${FAILURE} } return { status: 'imported', model: 'm' };`,
  );
  const [job] = await queue.add([request('nan.ckpt')]);
  expect(job?.failure?.code).toBe('non-finite-weights');
  await queue.importAnyway(job!);
  expect(job?.phase).toBe('imported');
});

it('cancels what runs and drops what waits', async () => {
  const { queue, arrived } = queueOver(`
    await on({ stage: 'reading', done: 0, total: 10, rate: 0, remainingMs: null });
    while (!state.cancelled) await wait(1);
    return { status: 'cancelled' };
  `);
  const done = queue.add([request('long'), request('next')]);
  const [long, next] = queue.jobs;
  await queue.cancel(next!);
  while (long?.progress === null) await new Promise((resolve) => setTimeout(resolve, 1));
  await queue.cancel(long!);
  await done;
  expect(queue.jobs).toEqual([]);
  expect(arrived).toEqual([]);
});

it('cancels all at once, and dismisses all that are done, with those that failed', async () => {
  const { queue, arrived } = queueOver(`
    if (file.name === 'bad') throw new Error('This file is a web page, not a model.');
    if (file.name === 'lora') throw Object.assign(new Error('A LoRA.'), { name: 'UnsupportedModelError' });
    await on({ stage: 'reading', done: 0, total: 10, rate: 0, remainingMs: null });
    while (!state.cancelled) await wait(1);
    return { status: 'cancelled' };
  `);
  const done = queue.add(['bad', 'lora', 'long', 'next'].map((name) => request(name)));
  const [bad, lora, long] = queue.jobs;
  while (long?.progress === null) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(queue.jobs.map(({ kind }) => kind)).toEqual(['broken', 'unused', 'busy', 'busy']);
  await queue.cancelAll();
  await done;
  expect(queue.jobs).toEqual([bad, lora]);
  expect(arrived).toEqual([]);
  queue.dismissAll();
  expect(queue.jobs).toEqual([]);
});

it('ends an importer that is too busy to hear of a cancellation, and frees what it stored', async () => {
  const { queue, arrived, swept } = queueOver(`
    if (file.name === 'next') return { status: 'imported', model: 'm' };
    await on({ stage: 'reading', done: 0, total: 10, rate: 0, remainingMs: null });
    for (;;);
  `);
  const done = queue.add([request('endless'), request('next')]);
  const [endless, next] = queue.jobs;
  while (endless?.progress === null) await new Promise((resolve) => setTimeout(resolve, 1));
  await queue.cancel(endless!);
  await done;
  expect(queue.jobs).toEqual([next]);
  expect(next?.phase).toBe('imported');
  expect(arrived).toEqual(['m']);
  expect(swept).toHaveLength(1);
});

it('reads a file again that was known without reading it', async () => {
  const { queue } = queueOver(
    `return { status: 'already-there', model: 'm', readWhole: options.readAgain };`,
  );
  const [job] = await queue.add([request('known')]);
  expect([job?.phase, job?.readWhole]).toEqual(['already-there', false]);
  await queue.readAgain(job!);
  expect([job?.phase, job?.readWhole]).toEqual(['already-there', true]);
});

it('imports a file with wrong checksums when the person insists, and only then', async () => {
  const { queue } = queueOver(`
    if (!options.allowMismatch) throw Object.assign(new Error('Damaged.'), { name: 'ChecksumError' });
    return { status: 'imported', model: 'm' };
  `);
  const [job] = await queue.add([request('damaged.ckpt')]);
  expect(job?.failure?.code).toBe('checksum-mismatch');
  await queue.importAnyway(job!);
  expect([job?.phase, job?.options.allowNonFinite]).toEqual(['imported', false]);
});

it('survives an importer that crashes', async () => {
  const { queue } = queueOver(`
    if (file.name === 'evil') { setTimeout(() => { throw new Error('boom'); }); return new Promise(() => {}); }
    return { status: 'imported', model: 'm' };
  `);
  const jobs = await queue.add([request('evil'), request('good')]);
  expect(jobs.map(({ phase }) => phase)).toEqual(['failed', 'imported']);
  expect(jobs[0]?.failure?.code).toBe('worker-died');
});
