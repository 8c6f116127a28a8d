// What float16 costs in accuracy at full size: the networks of a checkpoint on onnxruntime's CPU, in float32 with the
// file's own weights, against float32 with weights rounded to float16, and against graphs in float16 (each node's result
// rounded; sums inside a node are float32, which a GPU's need not be). With --webgpu also through the WebGPU provider, on
// a graphics card or Mesa's software driver, where sums are float16 as well: minutes for a UNet call at 256x256 in software.
//
//   npm run check-full-size -- FILE [--only text,unet,vae-decoder,vae-encoder] [--sizes 512x512,768x512] [--batch 2]
//                              [--webgpu] [--out FILE.json]
//
// SD 1.5 needs about 12 GB of memory and an hour on two cores. What is finished is kept in .cache/check-full-size, and a
// run that was interrupted goes on there. Files: `npm run make-full-size`.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Precision } from '../src/graph/types.ts';
import { table } from '../src/generation/benchmark-report.ts';
import { casesOf, NETWORKS, type Case, type NetworkName } from './full-size-cases.ts';
import { openWeights } from './checkpoint-weights.ts';
import { openNodeSession } from '../tests/ort-node.ts';
import { errorsOf, type Errors } from './errors-of.ts';
import { float16Driver } from './float16-driver.js';
import type { GpuResultOptions } from './gpu-result.ts';
import { ROOT, run } from './process.js';

/** One row of the table. */
interface Finding extends Errors {
  readonly network: NetworkName;
  readonly what: string;
  readonly variant: string;
  readonly seconds: number;
}

const text = { type: 'string' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: text, sizes: text, batch: text, webgpu: { type: 'boolean', default: false }, out: text },
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
  throw new Error(
    'Usage: npm run check-full-size -- FILE [--only text,unet,vae-decoder,vae-encoder] [--sizes 512x512,768x512] [--batch 2] [--webgpu] [--out FILE.json]',
  );
}
const start = process.env['INIT_CWD'] ?? '.';
const file = resolve(start, named);
const out =
  values.out === undefined
    ? join(ROOT, '.cache', 'check-full-size', `${basename(file)}-${statSync(file).size}.json`)
    : resolve(start, values.out);
const findings: Finding[] = existsSync(out) ? (JSON.parse(readFileSync(out, 'utf8')) as Finding[]) : [];

interface Variant {
  readonly name: string;
  readonly result: (item: Case) => Promise<Float32Array>;
}

const weights = await openWeights(file);
const variants: Variant[] = [
  { name: 'weights in float16', result: (item) => onCpu(item, 'float32', true) },
  { name: 'float16', result: (item) => onCpu(item, 'float16', true) },
];
if (values.webgpu) {
  const driver = await float16Driver();
  if ('reason' in driver) throw new Error(`Nothing for --webgpu: ${driver.reason}.`);
  variants.push({ name: `float16 on ${driver.adapter}`, result: (item) => onWebGpu(item, driver.env) });
}
console.log(`${weights.detection.label}; results in ${out}`);
for (const item of casesOf(weights, sizes as [number, number][], batch)) {
  if (!names.includes(item.network)) continue;
  const open = variants.filter(
    ({ name }) => !findings.some((found) => isOf(found, item) && found.variant === name),
  );
  if (open.length === 0) continue;
  const expected = await onCpu(item, 'float32', false);
  for (const { name, result } of open) {
    const began = performance.now();
    const errors = errorsOf(await result(item), expected);
    const seconds = (performance.now() - began) / 1000;
    findings.push({ network: item.network, what: item.what, variant: name, seconds, ...errors });
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, `${JSON.stringify(findings, null, 2)}\n`);
    console.log(
      `${item.network} ${item.what}, ${name}: ${errors.largest.toExponential(2)} after ${seconds.toFixed(0)} s`,
    );
  }
}

const rows = findings.map(({ network, what, variant, largest, rms, finite }) => [
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

/** Loads the network, runs it and lets go of it. `rounded`: its weights through float16. */
async function onCpu(item: Case, precision: Precision, rounded: boolean): Promise<Float32Array> {
  const session = await openNodeSession(item.build(precision), (ref, wanted) =>
    weights.read(ref, wanted, rounded),
  );
  try {
    return (await session.run(undefined, [item.output]))[item.output]!.data;
  } finally {
    await session.release();
  }
}

async function onWebGpu({ network, size }: Case, env: NodeJS.ProcessEnv): Promise<Float32Array> {
  const written = `${out}.result`;
  const options: GpuResultOptions = { file, network, size: size ?? [512, 512], batch, out: written };
  const script = (name: string) => join(ROOT, 'scripts', name);
  const args = [script('run.js'), script('gpu-result.ts'), JSON.stringify(options)];
  mkdirSync(dirname(out), { recursive: true });
  if ((await run(process.execPath, args, { env })) !== 0) throw new Error('It does not run on WebGPU.');
  try {
    const bytes = readFileSync(written);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  } finally {
    rmSync(written);
  }
}

function isOf({ network, what }: Finding, item: Case): boolean {
  return network === item.network && what === item.what;
}
