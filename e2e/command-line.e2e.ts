// `npm run generate`, as a script would call it. On the CPU: that is the quicker one where rendering is in software.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import type { FileTimes } from '../scripts/file-times.ts';
import { STAGES, type BenchmarkResult } from '../src/generation/run/benchmark-report.ts';
import { readImageMetadata } from '../src/image/metadata.ts';
import { decodePng } from '../src/image/png.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

interface Result {
  readonly code: number | null;
  readonly errors: string;
}

const generate = (...args: string[]) => run('scripts/generate.ts', ...args);

function run(script: string, ...args: string[]): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['scripts/run.js', script, ...args], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, errors }));
  });
}

test('makes pictures and names them one after the other', async () => {
  const info = test.info();
  const { checkpoint, name } = await makeCheckpoint(info.outputPath('model'));
  const out = info.outputPath('pictures', 'cat.png');
  const size = ['--width', '72', '--height', '64', '--batch-count', '2', '--steps', '2'];
  const request = [
    '--prompt',
    'a cat',
    '--negative',
    'blurry',
    '--sampler',
    'Euler a',
    '--seed',
    '-1',
    ...size,
  ];
  const files = ['--model', checkpoint, '--out', out, '--profile', info.outputPath('profile')];
  const { code, errors } = await generate(...files, ...request, '--cpu');
  expect(errors).toContain(`Model ${name}`);
  expect(code, errors).toBe(0);

  const second = info.outputPath('pictures', 'cat-2.png');
  const seeds: number[] = [];
  for (const path of [out, second]) {
    const bytes = new Uint8Array(readFileSync(path));
    expect(await decodePng(bytes)).toMatchObject({ width: 72, height: 64 });
    const { parameters } = await readImageMetadata(bytes);
    expect(parameters).toMatch(/^a cat\nNegative prompt: blurry\nSteps: 2, Sampler: Euler a/);
    seeds.push(Number(/Seed: (\d+)/.exec(parameters ?? '')?.[1]));
  }
  expect(seeds[1]).toBe((seeds[0] ?? NaN) + 1);

  // One network at a time computes what all together do.
  const again = info.outputPath('pictures', 'again.png');
  const same = request.map((value) => (value === '-1' ? String(seeds[0]) : value));
  const lowVram = await generate(
    ...['--model', checkpoint, '--out', again, '--profile', info.outputPath('profile')],
    ...[...same, '--batch-count', '1', '--lowvram', '--cpu'],
  );
  expect(lowVram.code, lowVram.errors).toBe(0);
  expect(readFileSync(again).equals(readFileSync(out))).toBe(true);

  // A picture is painted over in its own size.
  const over = info.outputPath('pictures', 'over.png');
  const painted = await generate(
    ...['--model', checkpoint, '--out', over, '--profile', info.outputPath('profile'), '--cpu'],
    ...['--prompt', 'a dog', '--steps', '2', '--init-image', out, '--denoising', '0.1'],
  );
  expect(painted.code, painted.errors).toBe(0);
  const bytes = new Uint8Array(readFileSync(over));
  expect((await readImageMetadata(bytes)).parameters).toMatch(
    /^a dog\n.*Size: 72x64.*Denoising strength: 0.1,/,
  );
  expect(await decodePng(bytes)).toMatchObject({ width: 72, height: 64 });
});

test('measures every stage', async () => {
  const info = test.info();
  const { checkpoint } = await makeCheckpoint(info.outputPath('model'));
  const out = info.outputPath('numbers.json');
  const { code, errors } = await run(
    'scripts/bench.ts',
    ...['--model', checkpoint, '--out', out, '--size', '64', '--cpu'],
  );
  expect(code, errors).toBe(0);
  const { measured, files, startUp } = JSON.parse(readFileSync(out, 'utf8')) as BenchmarkResult & {
    readonly files: FileTimes;
    readonly startUp: Record<string, number>;
  };
  const { bytes, storedBytes, reading, ...processed } = files;
  const times = [
    ...Object.values(measured).flat(),
    ...[bytes, storedBytes, reading],
    ...Object.values(processed).flatMap(({ clock, processor }) => [clock, processor]),
    ...Object.values(startUp),
  ];
  expect(times.every((time) => Number.isFinite(time) && time >= 0)).toBe(true);
  expect(Object.keys(measured)).toEqual(Object.keys(STAGES));
  expect(Object.values(measured).every((runs) => runs.length > 0)).toBe(true);
});

test('says what is wrong with a file, and fails', async () => {
  const info = test.info();
  const out = info.outputPath('none.png');
  const files = ['--model', 'package.json', '--out', out, '--profile', info.outputPath('profile')];
  const { code, errors } = await generate(...files, '--prompt', 'x', '--cpu');
  expect(code).toBe(1);
  expect(errors).toMatch(/not a model/);
  expect(existsSync(out)).toBe(false);
});

test('says what is wrong with its arguments', async () => {
  expect(await generate('--prompt', 'x')).toMatchObject({
    code: 2,
    errors: expect.stringContaining('--model, --prompt and --out are needed'),
  });
  const files = ['--model', 'package.json', '--out', 'x.png', '--prompt', 'x'];
  expect(await generate(...files, '--width', '65')).toMatchObject({
    code: 2,
    errors: expect.stringContaining('Width must be a multiple of 8'),
  });
  expect(await generate(...files, '--steps', 'many')).toMatchObject({ code: 2 });
  expect(await generate(...files, '--stepz', '2')).toMatchObject({ code: 2 });
  expect(await generate(...files, '--denoising', '0.5')).toMatchObject({ code: 2 });
  const image = ['--init-image', 'docs/screenshot.png'];
  expect(await generate(...files, ...image, '--resize-mode', 'Stretch')).toMatchObject({
    code: 2,
    errors: expect.stringContaining('Crop and resize'),
  });
  const mask = ['--mask', 'docs/screenshot.png'];
  expect(await generate(...files, ...mask)).toMatchObject({
    code: 2,
    errors: expect.stringContaining('--mask goes with --init-image'),
  });
  expect(await generate(...files, ...image, '--padding', '8')).toMatchObject({
    code: 2,
    errors: expect.stringContaining('--padding goes with --mask'),
  });
  expect(await generate(...files, ...image, ...mask, '--inpaint-area', 'Half')).toMatchObject({
    code: 2,
    errors: expect.stringContaining('Only masked'),
  });
});
