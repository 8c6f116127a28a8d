// The networks of a checkpoint at full size on this machine's graphics card, without a browser: how long they take through
// onnxruntime's WebGPU provider (with and without subgroups, and with float16 sums, which the app avoids), where the GPU's
// time goes, and how long PyTorch takes for the same networks on the same card, where Python has it.
//
//   npm run bench-gpu -- [FILE] [--size 512x512] [--batch 2] [--runs 10] [--python python3] [--out FILE.json]
//
// FILE: a checkpoint of SD 1.x or 2.x; without one, a stand-in for SD 1.5 is made (npm run make-full-size -- sd1-f16).
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { seconds, table, typical } from '../src/generation/benchmark-report.ts';
import { openWeights } from './checkpoint-weights.ts';
import { errorsOf } from './errors-of.ts';
import { float16Driver } from './float16-driver.js';
import type { NetworkName } from './full-size-cases.ts';
import type { GpuTimes, GpuTimesOptions } from './gpu-times.ts';
import { ROOT, run } from './process.js';
import { pytorchSizes, runPyTorch } from './pytorch.ts';

/** What tools/pytorch/times.py prints: milliseconds of each run. */
interface PyTorchTimes {
  readonly what: string;
  readonly networks: Readonly<Partial<Record<NetworkName, readonly number[]>>>;
}

const STEPS = 20;
const KERNELS = 12;
const NAMES: Readonly<Partial<Record<NetworkName, string>>> = {
  text: 'Text encoder',
  unet: 'UNet, one step',
  'vae-decoder': 'VAE decoder',
};

const text = { type: 'string' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: text, batch: text, runs: text, python: text, out: text },
});
const size = (values.size ?? '512x512').split('x').map(Number);
const [batch, runs] = [Number(values.batch ?? '2'), Number(values.runs ?? '10')];
const count = (n: number) => Number.isInteger(n) && n > 0;
const [width = NaN, height = NaN] = size;
if (size.length !== 2 || !size.every((n) => count(n) && n % 8 === 0) || !count(batch) || !count(runs)) {
  throw new Error(
    'Usage: npm run bench-gpu -- [FILE] [--size 512x512] [--batch 2] [--runs 10] [--python python3] [--out FILE.json]',
  );
}
const driver = await float16Driver();
if ('reason' in driver) throw new Error(`Nothing to measure on: ${driver.reason}.`);
const { env } = driver;
const from = process.env['INIT_CWD'] ?? process.cwd();
const file = positionals[0] === undefined ? await standIn() : resolve(from, positionals[0]);
const out = resolve(from, values.out ?? join(ROOT, '.cache', 'bench', 'gpu.json'));

const folder = mkdtempSync(join(ROOT, '.cache', 'gpu-times-'));
try {
  const plain = await onDevice('plain', {});
  if (!plain) throw new Error('The networks do not run on this device; see above.');
  const grouped = await onDevice('subgroups', { subgroups: true });
  const narrow = await onDevice('narrow', { sums: 'float16' });
  const torch = await onPyTorch();
  report(plain, { 'with subgroups': grouped, 'with float16 sums': narrow }, torch);
  mkdirSync(dirname(out), { recursive: true });
  const numbers = { size, batch, plain, subgroups: grouped, narrow, torch };
  const withoutPrediction = (key: string, value: unknown) => (key === 'prediction' ? undefined : value);
  writeFileSync(out, `${JSON.stringify(numbers, withoutPrediction, 2)}\n`);
  console.log(`Numbers: ${out}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function standIn(): Promise<string> {
  const path = join(ROOT, '.cache', 'full-size', 'sd1-f16.safetensors');
  if (!existsSync(path)) await node('make-full-size.ts', 'sd1-f16');
  return path;
}

function node(script: string, ...args: string[]): Promise<number> {
  return run(process.execPath, [join(ROOT, 'scripts', 'run.js'), join(ROOT, 'scripts', script), ...args], {
    env,
  });
}

/** Null where it failed, as it does where the device has no subgroups. */
async function onDevice(
  name: string,
  how: Partial<Pick<GpuTimesOptions, 'subgroups' | 'sums'>>,
): Promise<GpuTimes | null> {
  const result = join(folder, `${name}.json`);
  const options: GpuTimesOptions = {
    ...{ file, batch, runs, subgroups: false, sums: 'float32', ...how },
    size: [width, height],
    out: result,
  };
  const code = await node('gpu-times.ts', JSON.stringify(options));
  return code === 0 && existsSync(result) ? (JSON.parse(readFileSync(result, 'utf8')) as GpuTimes) : null;
}

/** Null with a printed reason where Python has no PyTorch that sees a card. */
async function onPyTorch(): Promise<PyTorchTimes | null> {
  const { networks, label } = (await openWeights(file)).detection;
  if (!networks) throw new Error(`${label} is not a whole checkpoint.`);
  const options = { ...pytorchSizes(networks), width, height, batch, runs };
  const result = await runPyTorch(values.python ?? 'python3', 'times.py', options, 600_000);
  if ('output' in result) return JSON.parse(result.output.trim().split('\n').at(-1)!) as PyTorchTimes;
  console.log(`Not compared with PyTorch: ${result.reason}`);
  return null;
}

/** `others`: the same networks on the device opened otherwise. */
function report(
  plain: GpuTimes,
  others: Readonly<Record<string, GpuTimes | null>>,
  torch: PyTorchTimes | null,
): void {
  console.log(`\n${plain.model} on ${plain.adapter}, ${width}x${height}, UNet batch ${batch}, float16`);
  if (torch) console.log(`PyTorch: ${torch.what}`);
  const time = (times: GpuTimes, name: NetworkName) => typical(times.networks[name]!.runs);
  // What the app would use: subgroups where there are any and attention is right with them.
  const best = (name: NetworkName) =>
    Math.min(...[plain, others['with subgroups']].flatMap((times) => (times ? time(times, name) : [])));
  const header = [
    'Network',
    'Load',
    'First',
    'Then',
    'Handing over',
    ...Object.keys(others),
    'PyTorch',
    'Ratio',
  ];
  const rows = (Object.keys(NAMES) as NetworkName[]).map((name) => {
    const times = plain.networks[name]!;
    const theirs = torch && typical(torch.networks[name]!);
    return [
      NAMES[name]!,
      seconds(times.load),
      seconds(times.runs[0]!),
      seconds(time(plain, name)),
      seconds(typical(times.submit)),
      ...Object.values(others).map((other) => (other ? seconds(time(other, name)) : '')),
      theirs === null ? '' : seconds(theirs),
      theirs === null ? '' : (best(name) / theirs).toFixed(2),
    ];
  });
  console.log(`\n${table([header, ...rows]).join('\n')}`);
  for (const [how, times] of Object.entries({ 'without subgroups': plain, ...others })) {
    if (!times) continue;
    const picture = time(times, 'text') + STEPS * time(times, 'unet') + time(times, 'vae-decoder');
    const perMinute = ((60_000 / picture) * Math.max(1, batch / 2)).toPrecision(3);
    console.log(`\n${perMinute} images a minute at ${STEPS} steps ${how}, the networks alone.`);
    if (times === plain) continue;
    const { largest } = errorsOf(Float32Array.from(times.prediction), Float32Array.from(plain.prediction));
    console.log(`The UNet's prediction differs by ${largest.toExponential(1)} of its largest value.`);
  }
  for (const name of Object.keys(NAMES) as NetworkName[]) {
    const { kernels } = plain.networks[name]!;
    const total = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    if (total === 0) continue;
    const shown = kernels
      .slice(0, KERNELS)
      .map(({ kernel, calls, milliseconds }) => [
        kernel,
        String(calls),
        seconds(milliseconds),
        `${((100 * milliseconds) / total).toFixed(1)} %`,
      ]);
    console.log(`\n${table([[NAMES[name]!, 'Calls', 'GPU time', 'Share'], ...shown]).join('\n')}`);
  }
}
