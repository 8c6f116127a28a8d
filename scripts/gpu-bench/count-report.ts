// Counts a step of each model by onnxruntime and by our own kernels, and sets them side by side: `npm run bench-gpu -- --count`.
import { float16Driver } from '../float16-driver.js';
import { reasonIn, runChild, self } from './child.ts';
import { COUNTED, WHOSE, type Counted } from './count.ts';

/** Seconds for one process: weights of zeros are handed over, too. */
const PATIENCE = 600;

const COLUMNS: readonly (readonly [title: string, show: (counted: Counted) => string])[] = [
  ['Dispatches', ({ dispatches }) => String(dispatches)],
  ['Moved, GB', ({ bytesMoved }) => (bytesMoved / 1e9).toFixed(2)],
  ['TFLOP', ({ flops }) => (flops / 1e12).toFixed(2)],
  ['Host, ms', ({ hostMs }) => hostMs.toFixed(2)],
  ['Peak, MB', ({ peakBytes }) => (peakBytes / 1e6).toFixed(0)],
  ['beside weights, MB', ({ peakBytes, weightBytes }) => ((peakBytes - weightBytes) / 1e6).toFixed(0)],
];

/** Prints a table; its last line are the ratios ours / onnxruntime of the first model. 1 where something failed. */
export async function countAll(): Promise<number> {
  const all = new Map<string, Counted>();
  const failures: string[] = [];
  const driver = await float16Driver();
  if ('reason' in driver) {
    console.log(`Nothing to count on: ${driver.reason}.`);
    return 1;
  }
  for (const name of Object.keys(COUNTED)) {
    for (const whose of WHOSE) {
      const ended = await runChild(...self('count', `${name} ${whose}`), driver.env, PATIENCE);
      const line = ended.output.split('\n').findLast((one) => one.startsWith('{"'));
      if (line === undefined) failures.push(`${name}, ${whose}: ${reasonIn(ended)}`);
      else all.set(`${name} ${whose}`, JSON.parse(line) as Counted);
    }
  }
  console.log(countTable(all));
  for (const failure of failures) console.log(failure);
  const [first = ''] = Object.keys(COUNTED);
  const ratio = ratioLine(all.get(`${first} own`), all.get(`${first} onnxruntime`));
  if (ratio === null) return 1;
  console.log(ratio);
  return failures.length > 0 ? 1 : 0;
}

export function countTable(all: ReadonlyMap<string, Counted>): string {
  const rows = Object.entries(COUNTED).flatMap(([name, { label }]) =>
    WHOSE.flatMap((whose) => {
      const counted = all.get(`${name} ${whose}`);
      return counted ? [[label, whose, ...COLUMNS.map(([, show]) => show(counted))]] : [];
    }),
  );
  const titles = ['A step, batch 2, float16', 'Kernels', ...COLUMNS.map(([title]) => title)];
  const lines = [titles, titles.map((_, i) => (i < 2 ? '-' : '-:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** "ratio dispatches=0.00 bytesMoved=0.00 hostMs=0.00 peakBytes=0.00"; null where one is missing. */
export function ratioLine(ours: Counted | undefined, theirs: Counted | undefined): string | null {
  if (!ours || !theirs) return null;
  const names = ['dispatches', 'bytesMoved', 'hostMs', 'peakBytes'] as const;
  return `ratio ${names.map((name) => `${name}=${(ours[name] / theirs[name]).toFixed(2)}`).join(' ')}`;
}
