// Imports a checkpoint in Chromium and tells how much memory and time that took, against the file's size and the disk.
//
//   npm run measure-import -- --model FILE [--yaml FILE] [--profile DIR]
//
// Linux only: memory is read from /proc. The profile is a new one, removed afterwards, unless one is named.
import { closeSync, fsyncSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { App } from './app.ts';
import { browserMemory } from './process-memory.ts';
import { ProgressLine } from './progress-line.ts';

/** Milliseconds between looks at the processes. */
const INTERVAL = 250;

interface Peak {
  proportional: number;
  resident: number;
}

const { values: options } = parseArgs({
  options: { model: { type: 'string' }, yaml: { type: 'string' }, profile: { type: 'string' } },
});
if (options.model === undefined)
  throw new Error('Usage: measure-import --model FILE [--yaml FILE] [--profile DIR]');
const start = process.env['INIT_CWD'] ?? process.cwd();
const file = resolve(start, options.model);
const sidecar = options.yaml === undefined ? null : resolve(start, options.yaml);
const profile =
  options.profile === undefined ? mkdtempSync(join(tmpdir(), 'darkroom-')) : resolve(start, options.profile);
const line = new ProgressLine(false);

try {
  const { size } = statSync(file);
  const copyMs = copyTime(file, join(profile, 'copy'));
  const app = await App.open(profile, 'software');
  const before = sample(new Map());
  const peaks = new Map(before);
  const timer = setInterval(() => sample(peaks), INTERVAL);
  const began = performance.now();
  const { model, status } = await app.importFile(file, sidecar, ({ done, total }) => {
    line.show(`Importing ${String(Math.floor((100 * done) / Math.max(1, total)))} %`);
  });
  const importMs = performance.now() - began;
  clearInterval(timer);
  sample(peaks);
  await app.close();
  line.clear();

  console.log(`${model.name}: ${status}, ${model.detection.label}`);
  console.log(`file      ${gigabytes(size)}, stored ${gigabytes(model.storedSize)}`);
  console.log(`copy      ${time(copyMs)}, ${rate(size, copyMs)} (read, write, fsync on the profile's disk)`);
  console.log(`import    ${time(importMs)}, ${rate(size, importMs)}`);
  console.log('\nprocess           before  peak PSS   of file  peak RSS');
  for (const [type, peak] of peaks) {
    const then = before.get(type)?.proportional ?? 0;
    const share = `${((100 * peak.proportional) / size).toFixed(1)} %`;
    console.log(
      `${type.padEnd(14)}${megabytes(then)}${megabytes(peak.proportional)}${share.padStart(10)}${megabytes(peak.resident)}`,
    );
  }
} finally {
  if (options.profile === undefined) rmSync(profile, { recursive: true, force: true });
}

/** Adds what the browser's processes use now to the peaks, by type; several of one type are summed. */
function sample(peaks: Map<string, Peak>): Map<string, Peak> {
  const now = new Map<string, Peak>();
  for (const { type, proportional, peakResident } of browserMemory(profile)) {
    const sum = now.get(type) ?? { proportional: 0, resident: 0 };
    now.set(type, { proportional: sum.proportional + proportional, resident: sum.resident + peakResident });
  }
  for (const [type, { proportional, resident }] of now) {
    const peak = peaks.get(type);
    peaks.set(type, {
      proportional: Math.max(peak?.proportional ?? 0, proportional),
      resident: Math.max(peak?.resident ?? 0, resident),
    });
  }
  return peaks;
}

/** Milliseconds of copying a file in pieces until it is on the disk; the copy is removed. */
function copyTime(from: string, to: string): number {
  const began = performance.now();
  const [source, target] = [openSync(from, 'r'), openSync(to, 'w')];
  try {
    const buffer = Buffer.alloc(1 << 22);
    for (let count = readSync(source, buffer); count > 0; count = readSync(source, buffer)) {
      writeSync(target, buffer, 0, count);
    }
    fsyncSync(target);
    return performance.now() - began;
  } finally {
    closeSync(source);
    closeSync(target);
    rmSync(to);
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`.padStart(10);
}

function time(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function rate(bytes: number, milliseconds: number): string {
  return `${(bytes / 1e3 / milliseconds).toFixed(0)} MB/s`;
}
