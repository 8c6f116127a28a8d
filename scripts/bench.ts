// `npm run bench`: what starting the page, importing, loading, each stage of a picture and the answer to a key take in the
// built app, in a headless Chromium; each beside what the same takes without Darkroom, in the same run.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  benchmarkReport,
  seconds,
  STAGES,
  table,
  type Row,
  type StageId,
} from '../src/generation/run/benchmark-report.ts';
import { App, type Processor } from './app.ts';
import { defaultCheckpoint, type BenchmarkModel } from './bench-model.ts';
import { fileRows, measureFile, standIn } from './file-times.ts';
import { measureInteractions, type InteractionDelays } from './interaction-delay.ts';
import { MemoryWatch, type Memory } from './process-memory.ts';
import { ROOT } from './process.js';
import { ProgressLine } from './progress-line.ts';
import { measureStrokes, STROKE_SIDE, type StrokeReport } from './stroke-time.ts';

const HELP = `npm run bench -- [options]

  --model FILE   checkpoint to measure (the demo model, or a tiny one of the tests); FILE.yaml beside it is its configuration
  --size N       pixels of the picture's sides, a multiple of 8 (512; 128 for the demo model, 64 for the tiny one)
  --batch N      batch size (1)
  --software     WebGPU rendered in software, even where there is a graphics card
  --cpu          no WebGPU at all
  --files        importing and loading alone
  --out FILE     where to write the numbers (.cache/bench/TIME.json)

Importing and loading are measured with the checkpoint named, or with a stand-in of 0.8 GB that is made once.
Without a graphics card it renders in software: then only the ratios tell something.
`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const { values } = parseArgs({
  options: {
    model: text,
    size: text,
    batch: text,
    software: flag,
    cpu: flag,
    out: text,
    files: flag,
    help: flag,
  },
});
if (values.help === true) console.log(HELP);
else await bench();

async function bench(): Promise<void> {
  const cache = join(ROOT, '.cache', 'bench');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'run-'));
  const from = process.env['INIT_CWD'] ?? process.cwd();
  const line = new ProgressLine(false);
  const watch = process.platform === 'linux' ? new MemoryWatch() : null;
  try {
    const model = values.model === undefined ? defaultCheckpoint(folder) : named(resolve(from, values.model));
    const { checkpoint, sidecar } = model;
    const side = number('size', values.size ?? String(model.side));
    const batchSize = number('batch', values.batch ?? '1');
    const processor: Processor = values.cpu === true ? 'cpu' : values.software === true ? 'software' : 'auto';
    const app = await App.open(join(folder, 'profile'), processor);
    try {
      const idle = watch?.now();
      const memory: Record<string, Memory> = {};
      let stage = 'Idle';
      const enter = (next: string) => {
        const peak = watch?.takePeak();
        if (peak && stage !== next) memory[stage] = peak;
        stage = next;
      };

      line.show('Starting the page');
      const startUp = await app.startUp();
      enter('Files');
      const sizable = values.model === undefined ? await standIn() : checkpoint;
      const files = await measureFile(app, sizable, values.model === undefined ? null : sidecar, (what) =>
        line.show(what),
      );
      if (values.files === true) {
        line.clear();
        console.log(table([['', 'Time', '', '', ''], ...fileRows(files)]).join('\n'));
        return;
      }
      line.show('Importing');
      enter('Importing');
      // The same file, or a small one beside the sizable.
      const { model: imported } = await app.importFile(checkpoint, sidecar, () => undefined);

      const size = { width: side, height: side, batchSize };
      const result = await app.benchmark(imported.sha256, size, (progress) => {
        enter(progress.stage);
        line.show(`${progress.stage} (${(100 * progress.fraction).toFixed(0)} %)`);
      });
      enter('End');
      // It takes this process's time, which is to move a pointer.
      watch?.stop();
      // Before the processor is made slower: a page may not be as fast again afterwards.
      line.show('Strokes');
      const strokes = await measureStrokes(app.page);
      line.show('Interactions');
      const interactions = await measureInteractions(app.page);
      line.clear();

      const rows: Row[] = [
        ['Page, first paint', seconds(startUp.firstPaint), '', '', ''],
        ['Page, ready', seconds(startUp.ready), '', '', ''],
        ...fileRows(files),
      ];
      console.log(benchmarkReport(result, rows));
      printInteractions(interactions);
      printStrokes(strokes);
      if (idle) printMemory(idle, memory);
      const out =
        values.out === undefined
          ? join(cache, `${result.when.replaceAll(':', '-')}.json`)
          : resolve(from, values.out);
      const numbers = {
        ...result,
        startUp,
        interactions,
        strokes,
        files,
        memory: { idle, ...memory },
      };
      writeFileSync(out, `${JSON.stringify(numbers, null, 2)}\n`);
      console.log(`Numbers: ${out}`);
    } finally {
      await app.close();
    }
  } finally {
    watch?.stop();
    line.clear();
    rmSync(folder, { recursive: true, force: true });
  }
}

function printInteractions({ session, empty }: InteractionDelays): void {
  const rows = [
    ['Answer to a key or a click, processor 4 times slower', 'Largest', 'From', 'Counted', 'Ratio'],
    ['Text typed into an empty page', `${empty.largest} ms`, empty.from, String(empty.interactions), ''],
    [
      'A session: prompt, controls, a picture, tabs, search, viewer',
      `${session.largest} ms`,
      session.from,
      String(session.interactions),
      `${(session.largest / empty.largest).toFixed(1)} x typing`,
    ],
  ];
  console.log(`${table(rows).join('\n')}\n`);
}

function printStrokes({ canvas, empty }: StrokeReport): void {
  const milliseconds = (time: number) => `${time.toFixed(1)} ms`;
  const rows: (readonly string[])[] = [
    [
      `A stroke over ${STROKE_SIDE} x ${STROKE_SIDE} pixels`,
      'Processor, an event',
      'Ratio',
      'A frame',
      'Work, a frame',
      'Worst',
      'Frame',
      'Worst',
    ],
    ...[['The same movements over an empty page', empty] as const, ...Object.entries(canvas)].map(
      ([name, times]) => [
        name,
        milliseconds(times.tasks),
        times === empty ? '' : `${(times.tasks / empty.tasks).toFixed(1)} x empty`,
        milliseconds((times.tasks * times.events) / times.frames),
        milliseconds(times.median),
        milliseconds(times.worst),
        milliseconds(times.frame),
        milliseconds(times.worstFrame),
      ],
    ),
  ];
  console.log(`${table(rows).join('\n')}\n`);
}

function printMemory(idle: Memory, peaks: Readonly<Record<string, Memory>>): void {
  const megabytes = (memory: Memory) =>
    [memory.renderer, memory.gpu, memory.browser].map((b) => (b / 1e6).toFixed(0));
  const stages = ['Files', 'Importing', ...(Object.keys(STAGES) as StageId[]).map((id) => STAGES[id])];
  const rows: (readonly string[])[] = [
    ['Peak memory in MB', 'Page', 'GPU process', 'Browser'],
    ['Idle', ...megabytes(idle)],
  ];
  for (const stage of stages) {
    const peak = peaks[stage];
    // Stages shorter than the pause between samples have none.
    if (peak && peak.renderer > 0) rows.push([stage, ...megabytes(peak)]);
  }
  console.log(`${table(rows).join('\n')}\n`);
}

function named(checkpoint: string): BenchmarkModel {
  if (!existsSync(checkpoint)) throw new Error(`There is no file ${checkpoint}.`);
  const beside = `${checkpoint.slice(0, checkpoint.length - extname(checkpoint).length)}.yaml`;
  return { checkpoint, sidecar: existsSync(beside) ? beside : null, side: 512 };
}

function number(name: string, value: string): number {
  const result = Number(value);
  if (!Number.isInteger(result) || result < 1 || (name === 'size' && result % 8 !== 0)) {
    throw new Error(
      `--${name} takes ${name === 'size' ? 'a multiple of 8' : 'a whole number'}, not "${value}".`,
    );
  }
  return result;
}
