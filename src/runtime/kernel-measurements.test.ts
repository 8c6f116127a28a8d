// What was measured on the card is kept beside what was measured before, and decides whose kernels compute.
import { beforeAll, expect, it, vi } from 'vitest';
import { holdInMemory } from '../library/memory/memory-mode.ts';
import { kernelsFor } from './kernel-choice.ts';
import {
  choiceBy,
  forgetMeasurements,
  keepMeasurements,
  measuredName,
  readMeasurements,
  reportOf,
} from './kernel-measurements.ts';

const MODEL = { label: 'SD 1.x', precision: 'float16' };
const named = (
  times: Record<string, readonly [own: number | null, onnxruntime: number | null, agree?: boolean]>,
) =>
  new Map(
    Object.entries(times).map(([what, [own, onnxruntime, agree = true]]) => [
      measuredName(MODEL, what),
      { own, onnxruntime, agree },
    ]),
  );
const shape = (kernel: string, ms: number) => ({ kernel, ms, defaultMs: 2 });

beforeAll(() => {
  holdInMemory();
  // Node 20 has none.
  vi.stubGlobal('navigator', { userAgent: 'Some browser' });
});

it('is kept by adapter, with what was found before for other shapes and networks', async () => {
  expect(await readMeasurements('A')).toBeNull();
  await keepMeasurements('A', {
    shapes: new Map([
      ['a @1', shape('x', 1)],
      ['b @1', shape('x', 2)],
    ]),
    networks: named({ UNet: [10, 20], VAE: [9, 8] }),
  });
  await keepMeasurements('A', {
    shapes: new Map([['a @1', shape('y', 1)]]),
    networks: named({ VAE: [5, 8], 'text encoder': [null, 3] }),
  });
  await keepMeasurements('B', { shapes: new Map(), networks: new Map() });
  const record = await readMeasurements('A');
  expect(Object.fromEntries(record!.shapes)).toEqual({ 'a @1': shape('y', 1), 'b @1': shape('x', 2) });
  expect(record!.networks.size).toBe(3);
  const { shapes, changed, networks } = reportOf(record);
  expect({ shapes, changed }).toEqual({ shapes: 2, changed: 1 });
  expect(networks.find(({ name }) => name === measuredName(MODEL, 'VAE'))).toEqual({
    ...{ name: measuredName(MODEL, 'VAE'), own: 5, onnxruntime: 8, agree: true, faster: 'own' },
  });
  await forgetMeasurements('A');
  expect(await readMeasurements('A')).toBeNull();
  expect(await readMeasurements('B')).not.toBeNull();
});

it('takes the faster one for each network of such a model, and onnxruntime for others', () => {
  const networks = named({
    UNet: [10, 20],
    VAE: [9, 8],
    'text encoder': [null, 3],
    'VAE encoder': [3, null],
    'text encoder 2': [1, 5, false],
  });
  const record = { card: '', when: 1, shapes: new Map([['a @1', shape('x', 1)]]), networks };
  const choice = choiceBy('auto', record, MODEL);
  expect(choice.tuned).toBe(record.shapes);
  const whose = (what: string) => kernelsFor(choice, what);
  expect(
    ['UNet', 'VAE', 'VAE tile', 'text encoder', 'VAE encoder stem', 'TAESD', 'text encoder 2'].map(whose),
  ).toEqual([...['own', 'onnxruntime', 'onnxruntime', 'onnxruntime', 'own', 'onnxruntime', 'onnxruntime']]);
  for (const other of [{ ...MODEL, precision: 'float32' }, { ...MODEL, label: 'SDXL' }, null])
    expect(kernelsFor(choiceBy('auto', record, other), 'UNet')).toBe('onnxruntime');
  expect(kernelsFor(choiceBy('auto', null, MODEL), 'UNet')).toBe('onnxruntime');
});
