// A file on its way into the library, where nothing may be stored but in memory.
import { describe, expect, it, vi } from 'vitest';
import { faceCases } from '../../tests/faces.ts';
import { readReference } from '../../tests/reference-dir.ts';
import { toFloat32 } from '../checkpoint/convert.ts';
import { openCheckpoint } from '../checkpoint/open.ts';
import { bytesSource } from '../checkpoint/source.ts';
import { IMPORT_OPTIONS } from './import-types.ts';
import { importSource } from './importer.ts';
import { holdInMemory } from './memory/memory-mode.ts';
import { parseModel } from './model-record.ts';
import { getChunks } from './models.ts';

const networks = await faceCases('retina-face');

describe.skipIf(networks.length === 0).each(networks)('$file', ({ folder, file }) => {
  it('is kept with the roots of its variances, each in two halves', async () => {
    holdInMemory();
    // A browser that says nothing of its storage; Node 20 has none.
    vi.stubGlobal('navigator', {});
    const bytes = readReference(...folder, file);
    const name = file.replace(/\.gz$/, '');
    const outcome = await importSource(
      {
        id: crypto.randomUUID(),
        file: { name, size: bytes.length, lastModified: 0, source: bytesSource(bytes) },
        sidecar: () => Promise.resolve(null),
        options: IMPORT_OPTIONS,
      },
      () => undefined,
      new AbortController().signal,
    );
    if (outcome.status !== 'imported') throw new Error(`The import ended with "${outcome.status}".`);
    const { model } = outcome;
    expect(parseModel(model.sha256, structuredClone(model))).toEqual(model);
    expect(model).toMatchObject({ clamped: [], nonFinite: [], detection: { kind: 'face-detector' } });
    const checkpoint = await openCheckpoint(bytesSource(bytes));
    const chunks = await getChunks(model);
    const kept = model.tensors.filter(({ name }) => name.endsWith('.running_std'));
    expect(kept.length).toBeGreaterThan(0);
    for (const { name, shape, chunk, offset, byteLength } of kept) {
      const source = name.replace(/std$/, 'var');
      const variances = toFloat32(await checkpoint.read(source), 'F32');
      expect(shape).toEqual([2, variances.length]);
      const stored = await chunks[chunk]!.slice(offset, offset + byteLength).arrayBuffer();
      const halves = toFloat32(new Uint8Array(stored), 'F16');
      variances.forEach((variance, i) => {
        const root = halves[i]! + halves[variances.length + i]!;
        expect(Math.abs(root ** 2 - variance), `${name} ${i}`).toBeLessThan(1e-6 * variance);
      });
    }
  });
});
