// The command line merges what A1111 merged, to the same tensors.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { REFERENCE_DIR, listReference, readReference, readReferenceJson } from '../tests/reference-dir.ts';
import { readSafetensors } from '../tests/safetensors-file.ts';
import { programOf } from './process.js';

interface Case {
  readonly primary: string;
  readonly secondary: string;
  readonly interp_method: string;
  readonly multiplier: number;
  readonly save_as_half: boolean;
  readonly out?: string;
}

const folder = mkdtempSync(join(tmpdir(), 'merge-'));
afterAll(() => rmSync(folder, { recursive: true }));

const given = listReference('merge').includes('cases.json')
  ? readReferenceJson<{ cases: Case[] }>('merge', 'cases.json').cases.find(
      (test) => test.out !== undefined && test.interp_method === 'Weighted sum' && test.save_as_half,
    )
  : undefined;

it.skipIf(!given)('merges two files into a third, and writes over none', { timeout: 120_000 }, () => {
  const { primary, secondary, multiplier, out } = given!;
  const file = join(folder, 'merged.safetensors');
  const input = (name: string) => join(REFERENCE_DIR, 'merge', `in_${name}.safetensors`);
  const run = () =>
    execFileSync(process.execPath, [
      ...[programOf('vite-node'), '--script', 'scripts/merge.ts'],
      ...['--a', input(primary), '--b', input(secondary), '--multiplier', String(multiplier)],
      ...['--save-as', 'float16', '--out', file],
    ]);
  run();
  const tensors = (bytes: Uint8Array) =>
    readSafetensors(bytes)
      .map(({ name, dtype, shape, bytes: data }) => ({
        name,
        dtype,
        shape,
        data: Buffer.from(data).toString('hex'),
      }))
      .sort((x, y) => (x.name < y.name ? -1 : 1));
  const merged = new Uint8Array(readFileSync(file));
  expect(tensors(merged).map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(
    tensors(readReference('merge', out!)).map(({ name, dtype, shape }) => ({ name, dtype, shape })),
  );
  expect(new TextDecoder().decode(merged.subarray(8, 5000))).toContain('sd_merge_recipe');
  expect(run).toThrow(/is there already/);
});
