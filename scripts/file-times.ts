// What a checkpoint's bytes cost in the page: importing the file beside copying it into IndexedDB, and loading the model beside
// reading what is stored, all in one run. Of a stand-in of some size: with a small one, what starts once would be all there is.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { seconds, type Row } from '../src/generation/run/benchmark-report.ts';
import type { App } from './app.ts';
import { writeStandIn } from './full-size-files.ts';
import { entriesOf, readManifest, withSmallUNet } from './full-size-weights.ts';
import { processorSeconds } from './process-memory.ts';
import { ROOT } from './process.js';

/** Milliseconds: by the clock, and of the browser's processes (0 where there is no /proc). */
interface Time {
  readonly clock: number;
  readonly processor: number;
}

export interface FileTimes {
  /** Of the file, and of what is stored of it. */
  readonly bytes: number;
  readonly storedBytes: number;
  /** All of the file into IndexedDB. */
  readonly copying: Time;
  readonly importing: Time;
  /** As many bytes as are stored, out of IndexedDB. */
  readonly reading: number;
  readonly loading: Time;
}

/** SD 1.5 with a UNet of a quarter of the weights, in float16: 0.85 GB. Made once, and kept. */
export async function standIn(): Promise<string> {
  const file = join(ROOT, '.cache', 'full-size', 'sd1-small-f16.safetensors');
  if (existsSync(file)) return file;
  const manifest = readManifest(join(ROOT, 'tests', 'reference', 'models', 'manifests', 'sd1.json.gz'));
  await writeStandIn(file, entriesOf(withSmallUNet(manifest), 'F16'), 'safetensors', 1);
  return file;
}

/** The library has the model afterwards, and it is not loaded. `onStage` is told what is going on. */
export async function measureFile(
  app: App,
  file: string,
  sidecar: string | null,
  onStage: (what: string) => void,
): Promise<FileTimes> {
  const timed = async <T>(what: string, work: () => Promise<T>) => {
    onStage(what);
    const [start, busy] = [performance.now(), processorSeconds()];
    const result = await work();
    const time = { clock: performance.now() - start, processor: (processorSeconds() - busy) * 1000 };
    return { result, time };
  };
  const copied = await timed('Copying the file', () => app.writePieces(file));
  const reading = await app.readPieces();
  const imported = await timed('Importing the file', () => app.importFile(file, sidecar, () => undefined));
  const { sha256, storedSize } = imported.result.model;
  const loaded = await timed('Loading the model', () => app.load(sha256));
  await app.unload();
  const bytes = statSync(file).size;
  return {
    ...{ bytes, storedBytes: storedSize, reading: (reading * storedSize) / bytes },
    ...{ copying: copied.time, importing: imported.time, loading: loaded.time },
  };
}

export function fileRows({ bytes, storedBytes, copying, importing, reading, loading }: FileTimes): Row[] {
  const rate = (size: number, time: number) => `${(size / 1e3 / time).toFixed(0)} MB/s`;
  const size = `${(bytes / 1e9).toFixed(2)} GB`;
  const ofProcessor =
    copying.processor > 0 ? ` (processor ${(importing.processor / copying.processor).toFixed(2)} x)` : '';
  return [
    [`Copying a file of ${size} into IndexedDB`, seconds(copying.clock), '', '', rate(bytes, copying.clock)],
    [
      'Importing it',
      seconds(importing.clock),
      ...(['', ''] as const),
      `${(importing.clock / copying.clock).toFixed(2)} x copying${ofProcessor}`,
    ],
    ['Reading as many bytes as are stored', seconds(reading), '', '', rate(storedBytes, reading)],
    [
      'Loading the model',
      seconds(loading.clock),
      '',
      '',
      `${(loading.clock / reading).toFixed(2)} x reading`,
    ],
  ];
}
