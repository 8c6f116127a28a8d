// Whether the networks of a checkpoint of full size give the right numbers, and what float16 costs in accuracy. Compared with
// PyTorch in float32 where Python has it, else with our own graphs in float32:
//   - our graphs on onnxruntime's CPU, in float32 with the file's weights, and with weights in float16 as the library has them;
//   - PyTorch in float16 as on a graphics card (tools/pytorch/results.py): what float16 must cost;
//   - with --webgpu, what the app computes in float16, through the WebGPU provider, on a graphics card or on Mesa's software
//     driver (ten minutes there for a first UNet call, whose shaders are compiled, then one or two at 128x128); and with
//     --float16-sums once more with the sums that onnxruntime's shaders have by themselves (src/runtime/float32-sums.ts).
// (onnxruntime's CPU has no float16: it drops the casts between nodes and computes in float32.)
//
//   npm run check-full-size -- FILE [--only text,text-2,unet,vae-decoder,vae-encoder] [--sizes 512x512,768x512]
//                              [--batch 2] [--float32] [--webgpu] [--float16-sums] [--python python3] [--out FILE.json]
//
// --float32 leaves it at our graphs in float32 against PyTorch. The network's weights in float32 must fit into memory once,
// and lie on the disk meanwhile: 10.3 GB for SDXL's UNet. What is finished is kept in .cache/check-full-size, and a run that
// was interrupted goes on there: delete the file when graphs or shaders have changed. Checkpoints: `npm run make-full-size`.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Precision, WeightRef } from '../src/graph/types.ts';
import { table } from '../src/generation/run/benchmark-report.ts';
import { casesOf, NETWORKS, type Case, type NetworkName } from './full-size-cases.ts';
import { openWeights } from './checkpoint-weights.ts';
import { openNodeSession } from '../tests/ort-node.ts';
import { errorsOf, type Errors } from './errors-of.ts';
import { float16Driver } from './float16-driver.js';
import type { GpuResultOptions } from './gpu-result.ts';
import { ROOT, run } from './process.js';
import { pytorchSizes, runPyTorch } from './pytorch.ts';

/** One row of the table. */
interface Finding extends Errors {
  readonly network: NetworkName;
  readonly what: string;
  readonly variant: string;
  /** What the error is measured against. */
  readonly against: string;
  readonly seconds: number;
}

/** What the engine computes in float16; the others it computes in float32 everywhere. */
const IN_FLOAT16: readonly NetworkName[] = ['unet', 'vae-decoder'];

const USAGE =
  'Usage: npm run check-full-size -- FILE [--only text,text-2,unet,vae-decoder,vae-encoder] [--sizes 512x512,768x512] ' +
  '[--batch 2] [--float32] [--webgpu] [--float16-sums] [--python python3] [--out FILE.json]';
const text = { type: 'string' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...{ only: text, sizes: text, batch: text, python: text, out: text },
    float32: { type: 'boolean', default: false },
    webgpu: { type: 'boolean', default: false },
    'float16-sums': { type: 'boolean', default: false },
  },
});
const [named] = positionals;
const names = values.only?.split(',') ?? NETWORKS;
const sizes = (values.sizes ?? '512x512,768x512').split(',').map((size) => size.split('x').map(Number));
const batch = Number(values.batch ?? '2');
const fits = (n: number | undefined) => Number.isInteger(n) && n! >= 64 && n! % 8 === 0;
if (
  named === undefined ||
  !names.every((name) => NETWORKS.some((known) => known === name)) ||
  !sizes.every((size) => size.length === 2 && size.every(fits)) ||
  !(Number.isInteger(batch) && batch > 0)
) {
  throw new Error(USAGE);
}
const start = process.env['INIT_CWD'] ?? '.';
const file = resolve(start, named);
const out =
  values.out === undefined
    ? join(ROOT, '.cache', 'check-full-size', `${basename(file)}-${statSync(file).size}.json`)
    : resolve(start, values.out);
const findings: Finding[] = existsSync(out) ? (JSON.parse(readFileSync(out, 'utf8')) as Finding[]) : [];

/** A way to compute a case. */
interface Variant {
  readonly name: string;
  readonly networks: readonly NetworkName[];
  readonly result: (item: Case) => Promise<Float32Array>;
}

const weights = await openWeights(file);
const { networks, label } = weights.detection;
if (!networks) throw new Error(`${label} is not a whole checkpoint.`);
const python = values.python ?? 'python3';
const probe = await runPyTorch(python, 'version.py', {}, 60_000);
const hasPyTorch = 'output' in probe;
const against = hasPyTorch ? 'PyTorch, float32' : 'our own float32';
const narrow = values['float16-sums'];
const driver = values.webgpu || narrow ? await float16Driver() : null;
if (values.float32 && !hasPyTorch) throw new Error(`Nothing to compare float32 with: ${probe.reason}.`);
if (driver && 'reason' in driver) throw new Error(`Nothing to compute float16 on: ${driver.reason}.`);

const ours: Variant = { name: 'float32', networks: NETWORKS, result: (item) => onCpu(item, false) };
const variants: Variant[] = values.float32
  ? [ours]
  : [
      ...(hasPyTorch ? [ours] : []),
      { name: 'weights in float16', networks: NETWORKS, result: (item) => onCpu(item, true) },
      ...(hasPyTorch
        ? [{ name: 'PyTorch, float16', networks: NETWORKS, result: (item: Case) => onPyTorch(item, true) }]
        : []),
      ...(driver ? [onWebGpu(driver, 'float32')] : []),
      ...(driver && narrow ? [onWebGpu(driver, 'float16')] : []),
    ];
console.log(`${label}; results in ${out}`);
console.log(
  hasPyTorch
    ? `Compared with PyTorch ${probe.output.trim()}, float32`
    : `Compared with our own float32, for lack of PyTorch: ${probe.reason}`,
);
for (const item of casesOf(weights, sizes as [number, number][], batch)) {
  if (!names.includes(item.network)) continue;
  const open = variants.filter(
    ({ name, networks }) =>
      networks.includes(item.network) &&
      !findings.some((found) => isOf(found, item) && found.variant === name),
  );
  if (open.length === 0) continue;
  const expected = hasPyTorch ? await onPyTorch(item, false) : await ours.result(item);
  for (const { name, result } of open) {
    const began = performance.now();
    const errors = errorsOf(await result(item), expected);
    const seconds = (performance.now() - began) / 1000;
    findings.push({ network: item.network, what: item.what, variant: name, against, seconds, ...errors });
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, `${JSON.stringify(findings, null, 2)}\n`);
    console.log(
      `${item.network} ${item.what}, ${name}: ${errors.rms.toExponential(2)} after ${seconds.toFixed(0)} s`,
    );
  }
}

const shown = findings.filter((found) => found.against === against);
const rows = shown.map(({ network, what, variant, largest, rms, finite }) => [
  network,
  what,
  variant,
  finite ? largest.toExponential(1) : 'not finite',
  finite ? rms.toExponential(1) : '',
]);
console.log(
  `\n${table([['Network', 'Case', 'Computed in', 'Largest error', 'RMS error'], ...rows]).join('\n')}`,
);
console.log('\nErrors are relative: to the largest value, and to the root mean square.');

/** Loads the network in float32, runs it and lets go of it. `rounded`: its weights through float16. */
async function onCpu(item: Case, rounded: boolean): Promise<Float32Array> {
  mkdirSync(dirname(out), { recursive: true });
  const folder = mkdtempSync(join(dirname(out), 'weights-'));
  try {
    const read = (ref: WeightRef, precision: Precision) => weights.read(ref, precision, rounded);
    const session = await openNodeSession(item.build('float32'), read, folder);
    try {
      return (await session.run(undefined, [item.output]))[item.output]!.data;
    } finally {
      await session.release();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function onPyTorch({ network, tensors }: Case, half: boolean): Promise<Float32Array> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-pytorch-'));
  try {
    const inputs = Object.entries(tensors).map(([name, { data, shape }]) => {
      const path = join(folder, name);
      writeFileSync(path, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      return [name, { path, shape }] as const;
    });
    const options = {
      ...{ file, network, half },
      sizes: pytorchSizes(networks!, network),
      inputs: Object.fromEntries(inputs),
      out: join(folder, 'result'),
    };
    const result = await runPyTorch(python, 'results.py', options, 0);
    if ('reason' in result) throw new Error(`PyTorch failed: ${result.reason}`);
    return readFloats(options.out);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function onWebGpu(
  { env, adapter }: { readonly env: NodeJS.ProcessEnv; readonly adapter: string },
  sums: Precision,
): Variant {
  const result = async ({ network, size }: Case) => {
    const written = `${out}.result`;
    const options: GpuResultOptions = { file, network, size: size ?? [512, 512], batch, sums, out: written };
    const script = (name: string) => join(ROOT, 'scripts', name);
    const args = [script('run.js'), script('gpu-result.ts'), JSON.stringify(options)];
    mkdirSync(dirname(out), { recursive: true });
    if ((await run(process.execPath, args, { env })) !== 0) throw new Error('It does not run on WebGPU.');
    try {
      return readFloats(written);
    } finally {
      rmSync(written);
    }
  };
  const how = sums === 'float32' ? '' : ', summed in float16';
  return { name: `float16 on ${adapter.split(':')[0]!}${how}`, networks: IN_FLOAT16, result };
}

function readFloats(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function isOf(found: Finding, item: Case): boolean {
  return found.network === item.network && found.what === item.what && found.against === against;
}
