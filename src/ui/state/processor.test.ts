import { afterEach, expect, it } from 'vitest';
import { DEFAULT_PARAMETERS } from '../../generation/request/request.ts';
import { EngineClient } from '../clients/engine-client.svelte.ts';
import { threadWorker } from '../clients/thread-worker.ts';
import { parseProcessor, parseTrials } from '../stored-settings.ts';
import type { FoundGpu } from '../webgpu.ts';
import { ProcessorChooser, type ProcessorChoice, type Trials } from './processor.svelte.ts';

const SHA = 'a'.repeat(64);
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36';
const NO_GPU: FoundGpu = { problem: 'absent', adapter: null };
const CARD: FoundGpu = { problem: null, adapter: { name: 'a card', software: false } };
const SOFTWARE: FoundGpu = { problem: null, adapter: { name: 'SwiftShader', software: true } };

const engines: EngineClient[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.stop();
});

/** Over an engine whose step takes what `cpu` and `gpu` (source of JavaScript) say. */
function chooser(gpu: FoundGpu, times: { readonly cpu: string; readonly gpu: string }, set: ProcessorChoice) {
  const tried: string[] = [];
  const engine = new EngineClient(() =>
    threadWorker(`
      start({ cpu }) { this.cpu = cpu; return { backend: cpu ? 'cpu' : 'webgpu', problem: null }; },
      stepTime(sha, size, on) { return this.cpu ? (${times.cpu}) : (${times.gpu}); },
    `),
  );
  engines.push(engine);
  const settings: { processor: ProcessorChoice; trials: Trials } = { processor: set, trials: {} };
  const choosing = new ProcessorChooser(engine, settings, () => Promise.resolve(gpu), BROWSER);
  const choose = (gpuFailed = false) =>
    choosing.choose(SHA, DEFAULT_PARAMETERS, {
      onEvent: (event) => {
        if (event.type === 'status') tried.push(event.message);
      },
      cancelled: () => false,
      gpuFailed,
    });
  return { choose, choosing, settings, tried };
}

const SLOW = { cpu: '900', gpu: '20000' };
const FAILS = `(() => { throw new Error('It failed.'); })()`;

it.each(['gpu', 'cpu'] as const)('what the person set holds, whatever there is: %s', async (set) => {
  for (const gpu of [NO_GPU, CARD, SOFTWARE]) {
    const { choose, choosing, tried } = chooser(gpu, SLOW, set);
    expect(await choose()).toBe(set);
    expect(await choose(true)).toBe(set);
    expect(choosing.decision).toBeNull();
    expect(tried).toEqual([]);
  }
});

it('needs no trial where there is a card, or nothing', async () => {
  const card = chooser(CARD, SLOW, 'auto');
  expect(await card.choose()).toBe('gpu');
  expect(card.tried).toEqual([]);
  const none = chooser(NO_GPU, SLOW, 'auto');
  expect(await none.choose()).toBe('cpu');
  expect(none.choosing.decision?.reason).toBe('no-gpu');
  expect(none.tried).toEqual([]);
});

it('takes the processor where the GPU turns out to give no device', async () => {
  const { choose, choosing } = chooser(CARD, SLOW, 'auto');
  expect(await choose(true)).toBe('cpu');
  expect(choosing.decision?.reason).toBe('gpu-failed');
});

it.each([
  [SLOW, 'cpu'],
  [{ cpu: '20000', gpu: '900' }, 'gpu'],
  [{ cpu: '900', gpu: FAILS }, 'cpu'],
] as const)('tries both ways where the GPU is one in software: %o', async (times, winner) => {
  const { choose, choosing, settings, tried } = chooser(SOFTWARE, times, 'auto');
  expect(await choose()).toBe(winner);
  expect(choosing.decision).toEqual({ processor: winner, reason: 'trial', adapter: 'SwiftShader' });
  expect(tried).toHaveLength(2);
  expect(settings.trials).toEqual({ 'SwiftShader | Chrome/140.0.0.0': winner });
  expect(await choose()).toBe(winner);
  expect(tried).toHaveLength(2);
});

it('does not wait for a GPU in software that takes longer than the processor by far', async () => {
  const { choose } = chooser(SOFTWARE, { cpu: '900', gpu: 'new Promise(() => {})' }, 'auto');
  expect(await choose()).toBe('cpu');
});

it('asks no further where the processor is quick, and keeps no word of it for other models', async () => {
  const { choose, settings, tried } = chooser(SOFTWARE, { cpu: '50', gpu: '10' }, 'auto');
  expect(await choose()).toBe('cpu');
  expect(await choose()).toBe('cpu');
  expect(tried).toHaveLength(1);
  expect(settings.trials).toEqual({});
});

it('tries the GPU where the processor fails', async () => {
  const { choose, settings } = chooser(SOFTWARE, { cpu: FAILS, gpu: '10' }, 'auto');
  expect(await choose()).toBe('gpu');
  expect(settings.trials).toEqual({});
});

it('reads what is stored, the switch of earlier versions too', () => {
  expect(parseProcessor(true)).toBe('cpu');
  expect(parseProcessor('gpu')).toBe('gpu');
  for (const stored of [false, undefined, 'fast', {}]) expect(parseProcessor(stored)).toBe('auto');
  expect(parseTrials({ a: 'cpu', b: 'fast', c: 5 })).toEqual({ a: 'cpu' });
  for (const stored of [null, 'x', ['cpu']]) expect(parseTrials(stored)).toEqual({});
});
