import { afterEach, expect, it } from 'vitest';
import { DEFAULT_PARAMETERS } from '../../generation/types.ts';
import { EngineClient } from '../clients/engine-client.svelte.ts';
import { threadWorker } from '../clients/thread-worker.ts';
import type { Failure } from '../failure.ts';
import { GenerationJob } from './generation.svelte.ts';

const SHA = 'a'.repeat(64);

const engines: EngineClient[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.stop();
});

/** A job over an engine that sends what `body` (CommonJS source; `on`, `parameters`, `state`) says. */
function jobOver(body: string) {
  const engine = new EngineClient(() =>
    threadWorker(`
      start: () => ({ backend: 'webgpu', problem: null }),
      interrupt() { this.stop = true; },
      skip() { this.go = true; },
      async generate(sha, parameters, on) { const state = this; state.stop = false; ${body} },
    `),
  );
  engines.push(engine);
  const failures: Failure[] = [];
  const warnings: string[] = [];
  let ends = 0;
  const job = new GenerationJob(engine, {
    onFailure: (failure) => failures.push(failure),
    onWarning: (message) => warnings.push(message),
    onEnd: () => (ends += 1),
  });
  const run = (prompt = '') => job.run(SHA, [{ ...DEFAULT_PARAMETERS, prompt }], false);
  return { job, engine, run, failures, warnings, ends: () => ends };
}

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
  expect(job.description).toBe('Starting');
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
  const { job, ends, failures } = jobOver(`
    await on({ type: 'step', batch: 0, batchCount: 1, step: 2, steps: 4, elapsedMs: 0, remainingMs: null });
    while (!state.go && !state.stop) await wait(1);
    state.go = false;
    await on(${IMAGE});
    return { status: state.stop ? 'interrupted' : 'finished', imageIds: [] };
  `);
  const requests = ['one', 'two', 'three', 'four'].map((prompt) => ({ ...DEFAULT_PARAMETERS, prompt }));
  const running = job.run(SHA, requests, false);
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

it('restarts: interrupts what runs, waits for it, runs anew', async () => {
  const { job, run } = jobOver(`
    if (parameters.prompt === 'first') { await on(${step(1)}); while (!state.stop) await wait(1); }
    await on(${IMAGE});
    return { status: state.stop ? 'interrupted' : 'finished', imageIds: [] };
  `);
  const first = run('first');
  await until(() => job.progress !== null);
  await job.restart(SHA, [{ ...DEFAULT_PARAMETERS, prompt: 'second' }], false);
  await first;
  expect(job.running).toBe(false);
  expect(job.pictures.map(({ id }) => id)).toEqual(['second']);
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
