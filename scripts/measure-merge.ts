// What a merge of two checkpoints costs in Chromium, in time and in peak memory of its processes, beside what reading both files
// and writing one takes: with the disk alone, and with what a browser offers a page for it. Linux only.
//
//   npm run measure-merge -- A B [--target library|download] [--recipe]
//
// --recipe: with the recipe in the file, for which both are hashed first.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { App } from './app.ts';
import { readAll, seconds, writeAll } from './disk-times.ts';
import { type Memory, MemoryWatch, processorSeconds } from './process-memory.ts';

const KINDS: readonly (keyof Memory)[] = ['renderer', 'gpu', 'browser', 'together'];
/** Most bytes of the page and its workers above idle, and times as long as reading both and writing one. */
const BOUNDS = { memory: 300e6, ratio: 1.5 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { target: { type: 'string', default: 'library' }, recipe: { type: 'boolean', default: false } },
});
const { target, recipe } = values;
if (
  positionals.length !== 2 ||
  (target !== 'library' && target !== 'download') ||
  process.platform !== 'linux'
) {
  throw new Error('Usage (on Linux): npm run measure-merge -- A B [--target library|download] [--recipe]');
}
const files = positionals.map((file) => resolve(process.env['INIT_CWD'] ?? '.', file)) as [string, string];
const sizes = files.map((file) => statSync(file).size) as [number, number];
// Beside the files: the comparison with the disk is fair only on the same one.
const folder = mkdtempSync(join(dirname(files[0]), 'measure-merge-'));
const watch = new MemoryWatch();
const app = await App.open(join(folder, 'profile'), 'software');
try {
  await measure(target);
} finally {
  watch.stop();
  await app.close();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(kind: 'library' | 'download'): Promise<void> {
  const disk = seconds(() => {
    for (const file of files) readAll(file);
    writeAll(join(folder, 'copy'), sizes[0]);
  });
  let busy = processorSeconds();
  const inPage = await app.timeReadingAndWriting(files, sizes[0]);
  const busyInPage = processorSeconds() - busy;
  await new Promise((settled) => setTimeout(settled, 5000));
  const idle = watch.now();
  watch.takePeak();
  busy = processorSeconds();
  const start = performance.now();
  await app.merge(files, kind, recipe);
  const merging = (performance.now() - start) / 1000;
  const busyMerging = processorSeconds() - busy;
  const peak = watch.takePeak();

  row('', ...KINDS.map((name) => `${name} MB`));
  row('idle', ...KINDS.map((name) => megabytes(idle[name])));
  row('merge, peak', ...KINDS.map((name) => megabytes(peak[name])));
  const above = peak.renderer - idle.renderer;
  const [ofDisk, ofPage] = [merging / disk, merging / inPage];
  console.log(`
Merged ${gigabytes(sizes[0])} and ${gigabytes(sizes[1])} into the ${kind} in ${merging.toFixed(1)} s.
Reading both and writing one takes ${disk.toFixed(1)} s with the disk alone, ${inPage.toFixed(1)} s in the page:
the merge ${ofDisk.toFixed(2)} and ${ofPage.toFixed(2)} times as long (at most ${BOUNDS.ratio} of the page's).
A core was busy for ${busyMerging.toFixed(1)} s with the merge, ${busyInPage.toFixed(1)} s with reading and writing in the page.
The page with its workers held at most ${megabytes(above)} MB more than when idle (at most ${megabytes(BOUNDS.memory)}).`);
  if (above > BOUNDS.memory || ofPage > BOUNDS.ratio) process.exitCode = 1;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

function row(name: string, ...cells: readonly string[]): void {
  console.log(name.padEnd(16) + cells.map((cell) => cell.padStart(14)).join(''));
}
