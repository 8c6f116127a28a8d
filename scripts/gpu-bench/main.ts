// Stable Diffusion's networks on this machine's graphics card, without a browser: how long they take as the app runs them,
// with and without subgroups, against PyTorch in turn, whether their numbers are right, and which kernels the time goes to.
//
//   npm run bench-gpu -- [FILE [--size 512x512] [--batch 2]] [--models sd15,sdxl] [--tiny] [--minutes 8] [--runs 20]
//                        [--tuning 20] [--how own,plain,pytorch] [--python python3] [--out DIR] [--scratch DIR]
//   npm run bench-gpu -- --count
//   npm run bench-gpu -- --in-place
//
// `--count` needs no card: it counts what a step asks of one, by onnxruntime and by our own kernels (count.ts).
// `--in-place` times a LoRA that comes and goes over loaded weights (in-place.ts).
// FILE: a checkpoint of SD 1.x, 2.x or XL; without one, stand-ins of SD 1.5 and SDXL are made. `npm run pack-gpu-bench` packs
// this for machines that have nothing but Python.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { version } from '../../package.json';
import { float16Driver } from '../float16-driver.js';
import { Budget } from './budget.ts';
import { endChildren, isPacked, runChild, self } from './child.ts';
import { writeJson } from './files.ts';
import { readProbe } from './probe-result.ts';
import { reportLines } from './report.ts';
import type { Whose } from './count.ts';
import { BenchmarkRun, type RunOptions } from './run.ts';
import { STAND_INS, type StandInName } from './stand-ins.ts';
import type { MeasureOptions, PrepareOptions, Report } from './types.ts';
import { findDriver, type Driver } from './vulkan.ts';

const USAGE =
  'Usage: [FILE [--size 512x512] [--batch 2]] [--models sd15,sdxl] [--tiny] [--minutes 8] [--runs 20] [--tuning 20] ' +
  '[--how own,plain,pytorch] [--python python3] [--out DIR] [--scratch DIR], or --count or --in-place alone';
/** How generous the time's division is where compiling a shader takes seconds. */
const IN_SOFTWARE = 12;
/** Kept for comparing and writing at the end. */
const RESERVE = 5;

const [command = '', argument = ''] = process.argv.slice(2);
if (command === 'probe') {
  await (await import('./probe.ts')).probe();
  vanish();
} else if (command === 'measure') {
  await (await import('./measure.ts')).measure(JSON.parse(argument) as MeasureOptions);
  vanish();
} else if (command === 'prepare')
  await (await import('./prepare.ts')).prepare(JSON.parse(argument) as PrepareOptions);
else if (command === 'count') {
  const [name = '', whose = ''] = argument.split(' ');
  console.log(JSON.stringify(await (await import('./count.ts')).count(name, whose as Whose)));
  vanish();
} else if (command === 'in-place') {
  await (await import('./in-place.ts')).inPlace();
  vanish();
} else if (command === '--in-place')
  process.exitCode = await (await import('./in-place.ts')).compareInPlace();
else if (command === '--count') process.exitCode = await (await import('./count-report.ts')).countAll();
else process.exitCode = await main();
process.exit();

/** Ends this process without Dawn's clearing up, which was seen to hang; the driver takes back what is its own. */
function vanish(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** 0: done; 1: nothing was measured; 2: numbers are wrong. */
async function main(): Promise<number> {
  const started = performance.now() / 1000;
  const { minutes, runs, tuning, hows, python, out, models, scratch: wanted } = readArguments();
  const scratch = mkdtempSync(join(wanted, 'darkroom-bench-'));
  const report: Report = {
    ...{ when: new Date().toISOString(), minutes, version },
    ...{ device: null, pytorch: null, networks: [], measurements: [], remarks: [], elapsed: 0 },
  };
  const finish = (): number => {
    endChildren();
    write(report, out);
    rmSync(scratch, { recursive: true, force: true });
    console.log(`\n${reportLines(report).join('\n')}\n\nNumbers: ${pathOf(report, out)}.json`);
    const { measurements } = report;
    if (measurements.some(({ verdict }) => verdict === 'wrong')) return 2;
    return measurements.some((one) => one.runs.length > 0) ? 0 : 1;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      report.remarks.push(`It was stopped (${signal}) before its end.`);
      process.exit(finish());
    });
  }
  const driver = await driverOf(scratch, python);
  if ('reason' in driver) {
    console.log(`${driver.reason}\nWithout a WebGPU device only PyTorch is timed.`);
    report.remarks.push(driver.reason.replaceAll('\n', ' '));
  } else {
    report.device = driver.facts;
    const { name, driver: more, software } = driver.facts;
    console.log(`WebGPU: ${name} (${more})${software ? ', in software' : ''}`);
    const { features, experimental } = driver.facts;
    if (!features.includes('shader-f16')) {
      report.remarks.push(
        experimental.includes('shader-f16')
          ? 'The device has shader-f16 only with Dawn told so (vulkan_enable_f16_on_nvidia), as it was here: Chrome on Linux has float32 alone.'
          : 'The device has no shader-f16, so nothing runs on it in float16.',
      );
    }
  }
  const options: RunOptions = {
    ...{ models: models(scratch), runs, tuning, hows, python, scratch, report },
    budget: new Budget(started + 60 * minutes - RESERVE, report.device?.software ? IN_SOFTWARE : undefined),
    driver: 'reason' in driver ? null : driver,
    changed: () => write(report, out),
  };
  await new BenchmarkRun(options).run();
  return finish();
}

async function driverOf(scratch: string, python: string): Promise<Driver | { readonly reason: string }> {
  const base = {
    ...process.env,
    // Drivers keep compiled shaders there, and complain without.
    XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? scratch,
    HOME: process.env['HOME'] ?? scratch,
  };
  const found = await findDriver(base, scratch, python);
  if (!('reason' in found) || isPacked()) return found;
  // In the repository Mesa's software driver can be had, which is enough to try everything.
  const software = await float16Driver();
  if ('reason' in software) return found;
  const facts = readProbe((await runChild(...self('probe'), software.env, 60)).output);
  return facts ? { env: software.env, facts } : found;
}

/** The table and the numbers, by the card's name. */
function write(report: Report, out: string): void {
  mkdirSync(out, { recursive: true });
  const path = pathOf(report, out);
  writeJson(`${path}.json`, report);
  writeFileSync(`${path}.md`, `${reportLines(report).join('\n')}\n`);
}

function pathOf({ device, pytorch }: Report, out: string): string {
  const name = device?.name ?? pytorch?.device ?? 'no device';
  return join(
    out,
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, ''),
  );
}

function readArguments() {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ size: text, batch: text, models: text, minutes: text, runs: text, python: text, out: text },
      ...{ scratch: text, tuning: text, how: text, tiny: { type: 'boolean' } },
    },
  });
  const from = process.env['INIT_CWD'] ?? process.cwd();
  const [file] = positionals;
  const [minutes, runs, batch, tuning] = [
    values.minutes ?? '8',
    values.runs ?? '20',
    values.batch ?? '2',
    values.tuning ?? '20',
  ].map(Number);
  const size = (values.size ?? '512x512').split('x').map(Number);
  const names = values.tiny ? [] : (values.models ?? 'sd15,sdxl').split(',');
  const positive = (value: number | undefined) => value !== undefined && Number.isInteger(value) && value > 0;
  if (
    !(minutes! > 0) ||
    !positive(runs) ||
    !positive(batch) ||
    !(tuning! >= 0) ||
    size.length !== 2 ||
    !size.every((value) => positive(value) && value % 8 === 0) ||
    positionals.length > 1 ||
    !names.every((name) => name in STAND_INS)
  ) {
    throw new Error(USAGE);
  }
  const standIn = (name: StandInName, scratch: string) => {
    const { label, size: own } = STAND_INS[name];
    return { name, label, file: join(scratch, `${name}.safetensors`), size: own, batch: 2, make: true };
  };
  const models = (scratch: string): RunOptions['models'] => {
    const checks = (['tiny', 'tiny-xl'] as const).map((name) => standIn(name, scratch));
    if (file === undefined) return [...checks, ...names.map((name) => standIn(name as StandInName, scratch))];
    const path = resolve(from, file);
    const [width = 0, height = 0] = size;
    const own = { label: basename(path), file: path, size: [width, height] as const, batch: batch! };
    return [...checks, { name: 'file', ...own, make: false }];
  };
  return {
    ...{ minutes: minutes!, runs: runs!, tuning: tuning!, hows: values.how?.split(',') ?? null, models },
    python: values.python ?? 'python3',
    out: resolve(from, values.out ?? join('.cache', 'bench')),
    scratch: resolve(from, values.scratch ?? tmpdir()),
  };
}
