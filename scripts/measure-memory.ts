// What a checkpoint costs in Chromium, in time and in peak memory of its processes: importing it, beside what the disk alone
// takes for the same bytes; with --load, loading and unloading; with --picture, a picture of one step too (in float32,
// rendered in software: a quarter of an hour at 64x64, without guidance). Linux only.
//
//   npm run measure-memory -- FILE [--load] [--picture 64x64] [--cfg-scale 1] [--low-vram]
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { RunOptions } from '../src/generation/run/run-options.ts';
import { DEFAULT_PARAMETERS } from '../src/generation/request/request.ts';
import { App } from './app.ts';
import { readAll, seconds, writeAll } from './disk-times.ts';
import type { GpuMemoryUse } from '../src/runtime/gpu-memory.ts';
import { type Memory, MemoryWatch } from './process-memory.ts';

const KINDS: readonly (keyof Memory)[] = ['renderer', 'gpu', 'browser', 'together'];
/** Milliseconds until a process has given back what it freed. */
const SETTLING = 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    load: { type: 'boolean', default: false },
    picture: { type: 'string' },
    'cfg-scale': { type: 'string', default: '1' },
    'low-vram': { type: 'boolean', default: false },
  },
});
/** Whatever the card: all networks at once, or one at a time. */
const OPTIONS: RunOptions = {
  memory: {
    lowVram: values['low-vram'] ? 'on' : 'off',
    tiledVae: 'off',
    gpuMemory: null,
  },
  kernels: 'auto',
};
const [named] = positionals;
const picture = values.picture?.split('x').map(Number);
const cfgScale = Number(values['cfg-scale']);
const fits = (n: number | undefined) => Number.isInteger(n) && n! >= 64 && n! % 8 === 0;
if (
  named === undefined ||
  (picture && !(picture.length === 2 && picture.every(fits))) ||
  !(cfgScale >= 1) ||
  process.platform !== 'linux'
) {
  throw new Error(
    'Usage (on Linux): npm run measure-memory -- FILE [--load] [--picture 64x64] [--cfg-scale 1] [--low-vram]',
  );
}
const file = resolve(process.env['INIT_CWD'] ?? '.', named);
const size = statSync(file).size;
// Beside the file: the comparison with the disk is fair only on the same one.
const folder = mkdtempSync(join(dirname(file), 'measure-memory-'));
const watch = new MemoryWatch();
const app = await App.open(join(folder, 'profile'), 'software');
try {
  await measure();
} finally {
  watch.stop();
  await app.close();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const reading = seconds(() => readAll(file));
  const idle = watch.now();
  console.log(`${app.device.adapter}, ${app.device.shaderF16 ? 'float16' : 'float32'}`);
  row('', 'seconds', ...KINDS.map((kind) => `${kind} MB`), 'buffers MB');
  row('idle', '', ...inMegabytes(idle));
  watch.takePeak();

  let start = performance.now();
  const { model } = await app.importFile(file, null, () => undefined);
  const importing = (performance.now() - start) / 1000;
  row('import, peak', importing.toFixed(1), ...inMegabytes(watch.takePeak()));
  const writing = seconds(() => writeAll(join(folder, 'copy'), model.storedSize));

  if (values.load || picture) {
    await app.setMemory(OPTIONS.memory);
    await app.useKernels(OPTIONS.kernels);
    start = performance.now();
    await app.load(model.sha256);
    const loading = ((performance.now() - start) / 1000).toFixed(1);
    row('load, peak', loading, ...inMegabytes(watch.takePeak()), await buffers('peak'));
    row('loaded', '', ...inMegabytes(watch.now()), await buffers('live'));
    // What was freed meanwhile, Chromium gives back bit by bit.
    await new Promise((resolve) => setTimeout(resolve, SETTLING));
    row('loaded, a minute later', '', ...inMegabytes(watch.now()), await buffers('live'));
    if (picture) await measurePicture(model.sha256, picture);
    await app.unload();
    row('unloaded', '', ...inMegabytes(watch.now()), await buffers('live'));
  }

  const disk = reading + writing;
  console.log(`
The file has ${gigabytes(size)}; ${gigabytes(model.storedSize)} were stored.
Reading the file alone takes ${reading.toFixed(1)} s, writing the stored bytes alone ${writing.toFixed(1)} s.
Import takes ${(importing / disk).toFixed(2)} times as long as both, at ${(size / importing / 1e6).toFixed(0)} MB/s.`);
}

async function measurePicture(sha256: string, [width = 0, height = 0]: readonly number[]): Promise<void> {
  const settings = { prompt: 'a lighthouse', seed: 1, steps: 1, cfgScale, sampler: 'Euler', width, height };
  watch.takePeak();
  const start = performance.now();
  await app.generate(
    sha256,
    { ...DEFAULT_PARAMETERS, ...settings },
    () => undefined,
    () => undefined,
  );
  const painting = ((performance.now() - start) / 1000).toFixed(1);
  row('picture, peak', painting, ...inMegabytes(watch.takePeak()), await buffers('peak'));
  row('picture made', '', ...inMegabytes(watch.now()), await buffers('live'));
  const estimate = await app.estimateMemory(sha256, { width, height, batchSize: 1 }, OPTIONS);
  row(
    'what the page estimates',
    ...Array<string>(KINDS.length + 1).fill(''),
    estimate === null ? '?' : megabytes(estimate),
  );
}

/** Of the GPU's buffers. */
async function buffers(which: keyof GpuMemoryUse): Promise<string> {
  return megabytes((await app.gpuMemory())?.[which] ?? 0);
}

function inMegabytes(memory: Memory): string[] {
  return KINDS.map((kind) => megabytes(memory[kind]));
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

function row(name: string, ...cells: readonly string[]): void {
  console.log(name.padEnd(24) + cells.map((cell) => cell.padStart(12)).join(''));
}
