import { afterEach, expect, it } from 'vitest';
import { DEFAULT_HIRES, DEFAULT_PARAMETERS } from '../../generation/request/request.ts';
import type { GenerationEvent } from '../../generation/run/events.ts';
import { DEFAULT_RUN_OPTIONS, type RunOptions } from '../../generation/run/run-options.ts';
import { EngineClient } from './engine-client.svelte.ts';
import { threadWorker } from './thread-worker.ts';

const START = `start: ({ cpu }) => ({ backend: cpu ? 'cpu' : 'webgpu', problem: null, adapter: 'test' }),`;

const clients: EngineClient[] = [];
/** A client whose n-th worker has the n-th methods (the last ones from then on), and the count of those started. */
function client(...methods: string[]): { engine: EngineClient; spawned: () => number } {
  let spawned = 0;
  const engine = new EngineClient(() => {
    const index = Math.min(spawned, methods.length - 1);
    spawned += 1;
    return threadWorker(START + methods[index]!);
  });
  clients.push(engine);
  return { engine, spawned: () => spawned };
}
afterEach(() => {
  for (const engine of clients.splice(0)) engine.stop();
});

const make = (engine: EngineClient, onEvent: (event: GenerationEvent) => void = () => undefined) =>
  engine.generate('a'.repeat(64), { ...DEFAULT_PARAMETERS, prompt: 'x' }, false, onEvent);

it('starts no worker before it is needed, and one only', async () => {
  const { engine, spawned } = client(`gpuMemory: () => ({ live: 7, peak: 9 }),`);
  await engine.interrupt();
  await engine.unload();
  expect(spawned()).toBe(0);
  expect((await engine.start(false)).backend).toBe('webgpu');
  expect(await engine.gpuMemory()).toEqual({ live: 7, peak: 9 });
  expect(engine.report?.adapter).toBe('test');
  expect(spawned()).toBe(1);
});

it('passes events on', async () => {
  const { engine } = client(
    `generate: async (sha, parameters, on) => {
      await on({ type: 'status', message: sha.slice(0, 3) + parameters.prompt });
      return { status: 'finished', imageIds: ['1'] };
    },`,
  );
  const events: GenerationEvent[] = [];
  expect(await make(engine, (event) => events.push(event))).toEqual({ status: 'finished', imageIds: ['1'] });
  expect(events).toEqual([{ type: 'status', message: 'aaax' }]);
});

it('tells what the person set before the work, each worker once, and hears of what is loaded', async () => {
  let spawned = 0;
  let options: RunOptions = { ...DEFAULT_RUN_OPTIONS, kernels: 'own' };
  const engine = new EngineClient(
    () => {
      spawned += 1;
      return threadWorker(`${START}
        told: [],
        setOptions(options) { this.told.push(options); },
        generate(sha, parameters) {
          if (parameters.steps === 1) throw Object.assign(new Error('m'), { name: 'DeviceLostError' });
          return { status: 'finished', imageIds: this.told.map(({ kernels }) => kernels) };
        },
        unload() { this.told = []; },
        loadedNetworks() { return this.told.map(({ kernels }) => ({ what: 'UNet', kernels, instead: null })); },`);
    },
    () => options,
  );
  clients.push(engine);
  expect(await make(engine)).toMatchObject({ imageIds: ['own'] });
  expect(await make(engine)).toMatchObject({ imageIds: ['own'] });
  expect(engine.loaded).toEqual([{ what: 'UNet', kernels: 'own', instead: null }]);
  options = { ...options, kernels: 'onnxruntime' };
  expect(await make(engine)).toMatchObject({ imageIds: ['own', 'onnxruntime'] });
  await engine.unload();
  expect(engine.loaded).toEqual([]);
  // A lost device takes the worker with it; the next one is told anew.
  const failing = { ...DEFAULT_PARAMETERS, steps: 1 };
  await expect(engine.generate('a'.repeat(64), failing, false, () => undefined)).rejects.toMatchObject({
    code: 'device-lost',
  });
  expect(await make(engine)).toMatchObject({ imageIds: ['onnxruntime'] });
  expect(spawned).toBe(2);
});

it('starts a new worker when another mode is asked for', async () => {
  const { engine, spawned } = client('');
  expect((await engine.start(false)).backend).toBe('webgpu');
  expect((await engine.start(true)).backend).toBe('cpu');
  expect(spawned()).toBe(2);
});

it('starts a new worker after one crashed', async () => {
  const finished = `generate: () => ({ status: 'finished', imageIds: [] }),`;
  const { engine, spawned } = client(
    `generate: () => { setTimeout(() => { throw new Error('boom'); }); return new Promise(() => {}); },`,
    finished,
  );
  await expect(make(engine)).rejects.toMatchObject({ code: 'worker-died' });
  expect(await make(engine)).toMatchObject({ status: 'finished' });
  expect(spawned()).toBe(2);
});

it('gives up the worker that ran out of memory, but keeps one that refused', async () => {
  const throws = (name: string) =>
    `generate: () => { throw Object.assign(new Error('m'), { name: '${name}' }); },`;
  const { engine, spawned } = client(throws('OutOfMemoryError'), throws('BadParametersError'));
  await expect(make(engine)).rejects.toMatchObject({ code: 'out-of-memory' });
  await expect(make(engine)).rejects.toMatchObject({ code: 'bad-parameters' });
  await expect(make(engine)).rejects.toMatchObject({ code: 'bad-parameters' });
  expect(spawned()).toBe(2);
});

it('says why there is no GPU', async () => {
  const engine = new EngineClient(() =>
    threadWorker(`start: () => ({ backend: null, problem: 'Update the driver.' }),`),
  );
  clients.push(engine);
  await expect(make(engine)).rejects.toMatchObject({ code: 'no-webgpu', message: 'Update the driver.' });
});

// At any moment after the engine has started: what was asked for is not on its way yet, or it is.
it.each([0, 1, 2, 3, 4, 6, 8, 12, 20])(
  'rejects what is under way when it is stopped, %i turns after it has started',
  async (turns) => {
    const { engine, spawned } = client(`generate: () => new Promise(() => {}),`);
    const job = make(engine);
    const ended = expect(job).rejects.toMatchObject({ code: 'worker-died' });
    await engine.start(false);
    for (let i = 0; i < turns; i++) await Promise.resolve();
    engine.stop();
    await ended;
    expect(spawned()).toBe(1);
  },
);

it('starts nothing for what is stopped as soon as it is asked for, tuning or not', async () => {
  const { engine, spawned } = client(`
    tuneKernels: () => new Promise((resolve) => (globalThis.end = resolve)),
    interrupt: () => globalThis.end?.(null),
    generate: () => new Promise(() => {}),`);
  const died = { code: 'worker-died' };
  const soon = expect(make(engine)).rejects.toMatchObject(died);
  engine.stop();
  await soon;
  expect(spawned()).toBeLessThanOrEqual(1);
  const before = spawned();
  const tuning = engine.tuneKernels('a'.repeat(64), { width: 8, height: 8, batchSize: 1 }, () => undefined);
  const ended = expect(tuning).rejects.toMatchObject(died);
  await engine.start(false);
  const job = expect(make(engine)).rejects.toMatchObject(died);
  engine.stop();
  await Promise.all([ended, job]);
  expect(spawned()).toBe(before + 1);
});

it('brings the upscalers that are asked for first, and starts nothing where it is stopped meanwhile', async () => {
  const brought: string[] = [];
  let arrive = (): void => undefined;
  let spawned = 0;
  const engine = new EngineClient(
    () => {
      spawned += 1;
      return threadWorker(START + `generate: () => ({ status: 'finished', imageIds: [] }),`);
    },
    undefined,
    ({ upscalers, faces }) => {
      brought.push(...upscalers, ...(faces ? ['faces'] : []));
      return new Promise((resolve) => (arrive = resolve));
    },
  );
  clients.push(engine);
  const hires = { ...DEFAULT_HIRES, checkpoint: null, upscaler: '4x-UltraSharp' };
  const generate = () =>
    engine.generate('a'.repeat(64), { ...DEFAULT_PARAMETERS, hires }, false, () => undefined);
  const stopped = generate();
  engine.stop();
  arrive();
  await expect(stopped).rejects.toMatchObject({ code: 'worker-died' });
  expect(spawned).toBe(0);

  const job = generate();
  arrive();
  expect(await job).toEqual({ status: 'finished', imageIds: [] });
  expect(brought).toEqual(['4x-UltraSharp', '4x-UltraSharp']);

  const settings = { ...DEFAULT_PARAMETERS.settings, faceRestoration: true };
  const restored = engine.generate(
    'a'.repeat(64),
    { ...DEFAULT_PARAMETERS, settings },
    false,
    () => undefined,
  );
  arrive();
  await restored;
  expect(brought.slice(2)).toEqual(['faces']);
});

it('ends tuning before any other work begins', async () => {
  const { engine } = client(
    `state: { stop: () => undefined, tuning: false },
    async tuneKernels(sha, size, on) {
      this.state.tuning = true;
      const stopped = new Promise((done) => (this.state.stop = done));
      await on({ stage: 'kernels', fraction: 0, left: 20 });
      await stopped;
      this.state.tuning = false;
      return null;
    },
    interrupt() { this.state.stop(); },
    loadedNetworks: () => [],
    generate() { return { status: this.state.tuning ? 'interrupted' : 'finished', imageIds: [] }; },`,
  );
  await engine.start(false);
  const tune = (begun: () => void = () => undefined) =>
    engine.tuneKernels('a', { width: 64, height: 64, batchSize: 1 }, begun);
  const early = tune();
  expect((await make(engine)).status).toBe('finished');
  expect(await early).toBeNull();
  let tuning: Promise<unknown> | null = null;
  await new Promise<void>((begun) => (tuning = tune(begun)));
  expect((await make(engine)).status).toBe('finished');
  expect(await tuning).toBeNull();
});
