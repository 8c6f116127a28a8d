// The networks of a checkpoint at full size on this machine's graphics card, without a browser: how long they take through
// onnxruntime's WebGPU provider (with and without subgroups), where the GPU's time goes, and how long PyTorch takes for the
// same networks on the same card, where Python has it.
//
//   npm run bench-gpu -- [FILE] [--size 512x512] [--batch 2] [--runs 10] [--python python3] [--out FILE.json]
//
// FILE: a checkpoint of SD 1.x or 2.x; without one, a stand-in for SD 1.5 is made (npm run make-full-size -- sd1-f16).
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { seconds, table, typical } from '../src/generation/benchmark-report.ts';
import type { UNetConfig } from '../src/models/types.ts';
import { openWeights } from './checkpoint-weights.ts';
import { errorsOf } from './errors-of.ts';
import { float16Driver } from './float16-driver.js';
import type { NetworkName } from './full-size-cases.ts';
import type { GpuTimes, GpuTimesOptions } from './gpu-times.ts';
import { ROOT, capture, run } from './process.js';

/** What tools/pytorch-times prints: milliseconds of each run. */
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
  const plain = await onDevice(false);
  if (!plain) throw new Error('The networks do not run on this device; see above.');
  const grouped = await onDevice(true);
  const torch = await onPyTorch();
  report(plain, grouped, torch);
  mkdirSync(dirname(out), { recursive: true });
  const numbers = { size, batch, plain, subgroups: grouped, torch };
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
async function onDevice(subgroups: boolean): Promise<GpuTimes | null> {
  const result = join(folder, `${subgroups}.json`);
  const options: GpuTimesOptions = { file, size: [width, height], batch, runs, subgroups, out: result };
  const code = await node('gpu-times.ts', JSON.stringify(options));
  return code === 0 && existsSync(result) ? (JSON.parse(readFileSync(result, 'utf8')) as GpuTimes) : null;
}

/** Null with a printed reason where Python has no PyTorch that sees a card. */
async function onPyTorch(): Promise<PyTorchTimes | null> {
  const { networks } = (await openWeights(file)).detection;
  const encoder = networks?.textEncoders[0];
  if (!networks?.vae || !encoder) throw new Error('The file is no whole checkpoint.');
  const sizes = {
    text: pick(encoder, 'width', 'layers', 'heads', 'vocabulary', 'positions'),
    unet: pytorchUNet(networks.unet),
    vae: {
      channels: networks.vae.channels,
      mult: networks.vae.channelMult,
      res_blocks: networks.vae.resBlocks,
      latent: networks.vae.latentChannels,
    },
    ...{ width, height, batch, runs },
  };
  const script = join(ROOT, 'tools', 'pytorch-times', 'pytorch_times.py');
  const python = values.python ?? 'python3';
  const { code, output } = await capture(python, [script, JSON.stringify(sizes)], { timeout: 600_000 });
  if (code === 0) return JSON.parse(output.trim().split('\n').at(-1)!) as PyTorchTimes;
  console.log(`Not compared with PyTorch: ${output.trim().split('\n').at(-1) ?? ''}`);
  return null;
}

function pick<T, K extends keyof T>(object: T, ...keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, object[key]])) as Pick<T, K>;
}

function pytorchUNet(config: UNetConfig) {
  const { modelChannels, channelMult, resBlocks, transformerDepth, contextDim, heads } = config;
  return {
    channels: modelChannels,
    mult: channelMult,
    res_blocks: resBlocks[0],
    attention_levels: transformerDepth.flatMap((depth, level) => (depth > 0 ? [level] : [])),
    context: contextDim,
    ...('count' in heads ? { heads: heads.count } : { heads: 0, head_channels: heads.size }),
  };
}

function report(plain: GpuTimes, grouped: GpuTimes | null, torch: PyTorchTimes | null): void {
  console.log(`\n${plain.model} on ${plain.adapter}, ${width}x${height}, UNet batch ${batch}, float16`);
  if (torch) console.log(`PyTorch: ${torch.what}`);
  const header = ['Network', 'Load', 'First', 'Then', 'Handing over', 'With subgroups', 'PyTorch', 'Ratio'];
  const rows = (Object.keys(NAMES) as NetworkName[]).map((name) => {
    const times = plain.networks[name]!;
    const then = typical(times.runs);
    const with_ = grouped?.networks[name];
    const theirs = torch && typical(torch.networks[name]!);
    return [
      NAMES[name]!,
      seconds(times.load),
      seconds(times.runs[0]!),
      seconds(then),
      seconds(typical(times.submit)),
      with_ ? seconds(typical(with_.runs)) : '',
      theirs === null ? '' : seconds(theirs),
      theirs === null ? '' : (Math.min(then, with_ ? typical(with_.runs) : Infinity) / theirs).toFixed(2),
    ];
  });
  console.log(`\n${table([header, ...rows]).join('\n')}`);
  for (const [times, how] of [[plain, 'without'] as const, [grouped, 'with'] as const]) {
    if (!times) continue;
    const time = (name: NetworkName) => typical(times.networks[name]!.runs);
    const picture = time('text') + STEPS * time('unet') + time('vae-decoder');
    const perMinute = ((60_000 / picture) * Math.max(1, batch / 2)).toPrecision(3);
    console.log(`\n${perMinute} images a minute at ${STEPS} steps ${how} subgroups, the networks alone.`);
  }
  if (grouped) {
    const { largest } = errorsOf(Float32Array.from(grouped.prediction), Float32Array.from(plain.prediction));
    console.log(
      `With subgroups the UNet's prediction differs by ${largest.toExponential(1)} of its largest value.`,
    );
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
