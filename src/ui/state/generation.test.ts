import { afterEach, expect, it } from 'vitest';
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../../generation/request/request.ts';
import { memoryQueue } from '../../library/memory-queue.ts';
import type { JobPosition, QueuedJob } from '../../library/queue.ts';
import { EngineClient } from '../clients/engine-client.svelte.ts';
import { threadWorker } from '../clients/thread-worker.ts';
import type { Failure } from '../failure.ts';
import type { Speed } from '../run-time.ts';
import { GenerationJob } from './generation.svelte.ts';
import { RunRecord } from './run-record.ts';

const SHA = 'a'.repeat(64);

const engines: EngineClient[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.stop();
});

const job = (requests: readonly GenerationParameters[], position: JobPosition): QueuedJob => ({
  id: 'job',
  rank: 0,
  createdAt: 0,
  model: SHA,
  modelName: 'model',
  requests,
  state: 'running',
  tab: 'tab',
  position,
  failure: null,
});

/**
 * A job over an engine that sends what `body` (CommonJS source; `on`, `parameters`, `continuation`, `state`) says.
 */
function jobOver(body: string) {
  const engine = new EngineClient(() =>
    threadWorker(`
      start: () => ({ backend: 'webgpu', problem: null }),
      interrupt() { this.stop = true; },
      skip() { this.go = true; },
      async generate(sha, parameters, on, continuation) { const state = this; state.stop = false; ${body} },
    `),
  );
  engines.push(engine);
  const failures: Failure[] = [];
  const warnings: string[] = [];
  const recoveries: string[] = [];
  const speeds: { model: string; processor: string; speed: Speed }[] = [];
  let ends = 0;
  const generation = new GenerationJob(engine, {
    onFailure: (failure) => failures.push(failure),
    onWarning: (message) => warnings.push(message),
    onRecovery: (message) => recoveries.push(message),
    onMeasured: (model, processor, speed) => speeds.push({ model, processor, speed }),
    onEnd: () => (ends += 1),
  });
  const runAll = async (requests: readonly GenerationParameters[], position = START) => {
    const onStorageFailure = (error: unknown) => failures.push(error as Failure);
    const record = await RunRecord.open(job(requests, position), memoryQueue(), { onStorageFailure });
    return generation.run({
      job: { id: 'job', model: SHA },
      requests,
      processor: () => Promise.resolve('gpu'),
      record,
    });
  };
  const run = (prompt = '') => runAll([{ ...DEFAULT_PARAMETERS, prompt }]);
  return { job: generation, engine, run, runAll, failures, warnings, recoveries, speeds, ends: () => ends };
}

const START: JobPosition = { request: 0, pictures: 0 };

/** Resolves once `condition` holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const IMAGE = `{ type: 'image', id: parameters.prompt, png: null, seed: 7, parameters: '', interrupted: false }`;
const step = (step: number, batch = 0) =>
  `{ type: 'step', batch: ${batch}, batchCount: 2, step: ${step}, steps: 4, elapsedMs: 0, remainingMs: 1500 }`;

it('shows steps, and what comes between them', async () => {
  const { job, run, engine } = jobOver(`
    const say = async (event) => {
      state.go = false;
      await on(event);
      while (!state.go) await wait(1);
    };
    await say({ type: 'loading', what: 'Loading weights', fraction: 0.5 });
    await say(${step(3)});
    await say({ type: 'status', message: 'Decoding the picture' });
    await say(${step(1, 1)});
    return { status: 'finished', imageIds: [] };
  `);
  const running = run();
  for (const description of [
    'Loading weights 50%',
    'Step 3/4 · Batch 1/2 · 2 s left',
    'Decoding the picture',
    'Step 1/4 · Batch 2/2 · 2 s left',
  ]) {
    await until(() => job.description === description);
    await engine.skip();
  }
  await running;
  expect(job.announcement).toBe('Finished');
});

it('counts its fraction over all batches', async () => {
  const { job, run } = jobOver(`await on(${step(2, 1)}); while (!state.stop) await wait(1);
    return { status: 'interrupted', imageIds: [] };`);
  const running = run();
  await until(() => job.progress !== null);
  expect(job.fraction).toBe(0.75);
  await job.interrupt();
  await running;
  expect(job.announcement).toBe('Interrupted');
});

it('carries several requests out as one job', async () => {
  const { job, runAll, ends, failures } = jobOver(`
    await on({ type: 'step', batch: 0, batchCount: 1, step: 2, steps: 4, elapsedMs: 0, remainingMs: null });
    while (!state.go && !state.stop) await wait(1);
    state.go = false;
    await on(${IMAGE});
    return { status: state.stop ? 'interrupted' : 'finished', imageIds: [] };
  `);
  const requests = ['one', 'two', 'three', 'four'].map((prompt) => ({ ...DEFAULT_PARAMETERS, prompt }));
  const running = runAll(requests);
  await until(() => job.fraction === 0.5 / 4);
  await job.skip();
  await until(() => job.fraction === 1.5 / 4);
  expect(job.description).toMatch(/^Step 2\/4 · Batch 2\/4 · .* left$/);
  await job.interrupt();
  await running;
  expect(job.pictures.map(({ id }) => id)).toEqual(['one', 'two']);
  expect([job.announcement, ends(), failures]).toEqual(['Interrupted', 1, []]);
});

it('keeps the pictures of the last run when the next one makes none', async () => {
  const { job, run, failures, ends } = jobOver(`
    if (parameters.prompt === 'bad') throw Object.assign(new Error('no'), { name: 'NotFiniteError' });
    await on(${IMAGE});
    return { status: 'finished', imageIds: [] };
  `);
  await run('one');
  expect(job.pictures.map(({ id }) => id)).toEqual(['one']);
  await run('bad');
  expect(failures.map(({ code }) => code)).toEqual(['not-finite']);
  expect(job.pictures.map(({ id }) => id)).toEqual(['one']);
  await run('two');
  expect(job.pictures.map(({ id }) => id)).toEqual(['two']);
  expect(ends()).toBe(3);
});

const LOST = `throw Object.assign(new Error('The GPU was lost.'), { name: 'DeviceLostError' });`;
const evaluation = (index: number) =>
  `await on({ type: 'evaluation', batch: 0, index: ${index}, evaluation: { input: ${index}, output: Float32Array.of(${index}) } });`;

it('goes on from the last evaluation when the GPU is lost', async () => {
  const { job, run, recoveries, failures } = jobOver(`
    const known = continuation.evaluations;
    if (known.length === 0) { ${evaluation(0)} ${evaluation(1)} ${LOST} }
    if (known.length === 2) { ${evaluation(1)} ${evaluation(2)} ${LOST} }
    await on({ ...${IMAGE}, id: known.map(({ input, output }) => input + '=' + output[0]).join() });
    return { status: 'finished', imageIds: [] };
  `);
  expect(await run()).toEqual({ status: 'finished' });
  expect(job.pictures.map(({ id }) => id)).toEqual(['0=0,1=1,2=2']);
  expect([recoveries.length, failures]).toEqual([2, []]);
});

it('goes on after a worker that died, with the pictures that are left', async () => {
  const { job, run, failures } = jobOver(`
    if (continuation.pictures === 0) {
      await on(${IMAGE});
      setTimeout(() => { throw new Error('out of wasm memory'); });
      return new Promise(() => {});
    }
    await on({ ...${IMAGE}, id: continuation.id + ' after ' + continuation.pictures });
    return { status: 'finished', imageIds: [] };
  `);
  expect(await run('first')).toEqual({ status: 'finished' });
  expect(job.pictures.map(({ id }) => id)).toEqual(['first', 'job-0 after 1']);
  expect(failures).toEqual([]);
});

it('gives up when no step can be made, and says so', async () => {
  const { run, failures, recoveries } = jobOver(LOST);
  expect(await run()).toMatchObject({ status: 'failed', failure: { code: 'device-lost' } });
  expect(failures[0]?.message).toMatch(/The GPU was lost\. It was tried 3 times from the last finished step/);
  expect(recoveries).toHaveLength(2);
});

it('starts where the record stands', async () => {
  const { runAll, job } = jobOver(`
    await on({ ...${IMAGE}, id: parameters.prompt + continuation.pictures });
    return { status: 'finished', imageIds: [] };
  `);
  const requests = ['one', 'two', 'three'].map((prompt) => ({
    ...DEFAULT_PARAMETERS,
    prompt,
    batchCount: 4,
  }));
  await runAll(requests, { request: 1, pictures: 3 });
  expect(job.pictures.map(({ id }) => id)).toEqual(['two3', 'three0']);
});

it('stops at once without calling that a failure', async () => {
  const { job, run, failures } = jobOver(`await on(${step(1)}); return new Promise(() => {});`);
  const running = run();
  await until(() => job.progress !== null);
  job.stopNow();
  await running;
  expect(failures).toEqual([]);
  expect(job.announcement).toBe('Stopped');
  expect(job.running).toBe(false);
});

it('passes warnings on', async () => {
  const { run, warnings } = jobOver(`
    await on({ type: 'warning', message: 'The VAE was run again in 32 bits.' });
    return { status: 'finished', imageIds: [] };
  `);
  await run();
  expect(warnings).toEqual(['The VAE was run again in 32 bits.']);
});

it('tells how fast a request was that was carried out whole, and of no other', async () => {
  const { run, speeds } = jobOver(`
    const step = (n, remainingMs) => on({ type: 'step', batch: 0, batchCount: 1, step: n, steps: 2, elapsedMs: 0, remainingMs });
    await step(1, null);
    await wait(2);
    await step(2, 0);
    await on({ type: 'image', id: 'a', png: null, seed: 1, parameters: '', interrupted: false });
    return { status: parameters.prompt, imageIds: ['a'] };
  `);
  await run('interrupted');
  expect(speeds).toEqual([]);
  await run('finished');
  expect(speeds).toMatchObject([{ model: SHA, processor: 'gpu' }]);
  expect(speeds[0]!.speed.step).toBeGreaterThan(0);
});
