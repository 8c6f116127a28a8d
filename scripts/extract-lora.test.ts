// The command line extracts a LoRA that A1111's names find their layers by, and writes over none.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readAddOn } from '../src/add-ons/file.ts';
import { layersOf } from '../src/add-ons/layers.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { bytesSource } from '../src/checkpoint/source.ts';
import { tinyModels } from '../tests/reference-dir.ts';
import { readSafetensors, writeSafetensors } from '../tests/safetensors-file.ts';
import { readTinyModel } from '../tests/tiny-model.ts';
import { programOf } from './process.js';

const folder = mkdtempSync(join(tmpdir(), 'lora-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [model] = tinyModels();

it.skipIf(model === undefined)('compares two files, and writes over none', { timeout: 240_000 }, async () => {
  const file = readTinyModel(model!);
  const [a, b, out] = ['a', 'b', 'lora'].map((name) => join(folder, `${name}.safetensors`)) as [
    string,
    string,
    string,
  ];
  writeFileSync(b, file);
  // With every sign of the UNet's matrices turned.
  const turned = readSafetensors(file.slice());
  for (const { name, shape, bytes } of turned) {
    if (!name.startsWith('model.diffusion_model.') || shape.length < 2) continue;
    for (let i = 1; i < bytes.length; i += 2) bytes[i]! ^= 0x80;
  }
  writeFileSync(a, writeSafetensors(turned));
  const run = () =>
    execFileSync(process.execPath, [
      ...[programOf('vite-node'), '--script', 'scripts/extract-lora.ts'],
      ...['--a', a, '--b', b, '--dim', '2', '--save-as', 'bfloat16', '--out', out],
    ]);
  expect(run().toString()).toMatch(/LoRA of \d+ layers saved to .*, without the text encoder/);
  const { tensors, metadata } = await openCheckpoint(bytesSource(new Uint8Array(readFileSync(out))));
  expect([...tensors.values()].every(({ dtype }) => dtype === 'BF16')).toBe(true);
  expect(metadata.get('modelspec.title')).toBe('lora');
  const layers = layersOf((await openCheckpoint(bytesSource(file))).tensors.values());
  expect(readAddOn({ tensors }, layers).unused).toEqual([]);
  expect(run).toThrow(/is there already/);
});
