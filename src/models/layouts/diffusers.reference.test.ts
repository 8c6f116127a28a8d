// The renaming rules reproduce diffusers' own conversion, tensor for tensor, and the outcome is the original layout.
import { describe, expect, it } from 'vitest';
import { listReference, readReference, readReferenceJson, tinyModels } from '../../../tests/reference-dir.ts';
import { openCheckpoint } from '../../checkpoint/open.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { BYTES_PER_ELEMENT, type DType } from '../../checkpoint/types.ts';
import { detect } from '../detect.ts';
import { planWeights } from '../plan.ts';
import type { TensorShapes } from '../types.ts';
import { findComponents, type Component } from './components.ts';

interface Entry {
  readonly ldm: string;
  readonly shape: readonly number[];
  readonly ldm_shape?: readonly number[];
  readonly transform?: string;
}
interface Table {
  /** Folder ("unet/") -> name in it -> where it goes. */
  readonly map: Record<string, Record<string, Entry>>;
  readonly unmapped: readonly string[];
}

const tables = listReference('models', 'manifests')
  .filter((file) => /^diffusers-.*\.json\.gz$/.test(file))
  .map((file) => ({ file, table: readReferenceJson<Table>('models', 'manifests', file) }));

/** A single file with the folders' names as prefixes, behind a dot or a slash. */
function singleFile(table: Table, separator: string): TensorShapes {
  const tensors = new Map<string, { shape: readonly number[]; dtype: DType }>();
  for (const [folder, entries] of Object.entries(table.map)) {
    const prefix = folder.replace(/\/$/, separator);
    for (const [name, { shape }] of Object.entries(entries))
      tensors.set(prefix + name, { shape, dtype: 'F16' });
  }
  return tensors;
}

/** ldm name -> what it is made of, of all networks. */
function mapping(tensors: TensorShapes) {
  const { unet, vae, text } = findComponents(tensors);
  const components: Component[] = [unet!, vae!, ...text];
  return new Map(
    components.flatMap(({ prefix, tensors: mapped }) =>
      [...mapped].map(([name, tensor]) => [prefix + name, tensor] as const),
    ),
  );
}

describe.skipIf(tables.length === 0)('single-file diffusers checkpoints', () => {
  const cases = tables.flatMap(({ file, table }) =>
    ['.', '/'].map((separator) => ({ file, table, separator })),
  );

  it.each(cases)('$file, names behind "$separator", map as diffusers does', ({ table, separator }) => {
    const mapped = mapping(singleFile(table, separator));
    const ldmNames = new Set<string>();
    for (const [folder, entries] of Object.entries(table.map)) {
      for (const [name, entry] of Object.entries(entries)) {
        ldmNames.add(entry.ldm);
        const source = folder.replace(/\/$/, separator) + name;
        const made = mapped.get(entry.ldm);
        expect(made, entry.ldm).toBeDefined();
        const third = /^rows (\d) of three equal parts$/.exec(entry.transform ?? '');
        if (third) {
          expect(made!.sources).toHaveLength(3);
          expect(made!.sources[Number(third[1]) - 1]).toBe(source);
        } else expect(made!.sources).toEqual([source]);
        expect(made!.transpose).toBe(entry.transform === 'transpose');
        const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
        expect(elements(made!.shape)).toBe(elements(entry.ldm_shape ?? entry.shape));
        if (/1x1/.test(entry.transform ?? '')) expect(made!.shape).toEqual(entry.shape);
        else expect(made!.shape).toEqual(entry.ldm_shape ?? entry.shape);
      }
    }
    expect([...mapped.keys()].sort()).toEqual([...ldmNames].sort());
  });

  it.each(tables)('$file is planned as its original, but for what diffusers drops', ({ file, table }) => {
    const tensors = singleFile(table, '.');
    const detection = detect(tensors, new Map(), null);
    expect(detection.keyLayout).toBe('diffusers');
    const expectedKind = /sdxl/.test(file) ? 'sdxl-base' : /sd2/.test(file) ? 'sd2' : 'sd1';
    expect(detection.kind).toBe(expectedKind);
    expect(detection.supported).toBe(true);
    expect(detection.notes.filter((note) => /not used|assumed/.test(note))).toEqual([]);
    // A layer that the table does not map was left out on purpose.
    const dropped = table.unmapped.filter((name) => /resblocks\.\d+\.ln_1\.weight$/.test(name)).length;
    expect(detection.networks!.textEncoders[0]!.absentLayers ?? []).toHaveLength(dropped);

    const expected = new Map<string, readonly number[]>();
    for (const entries of Object.values(table.map)) {
      for (const { ldm, shape, ldm_shape } of Object.values(entries)) {
        if (!ldm.endsWith('position_ids')) expected.set(ldm, ldm_shape ?? shape);
      }
    }
    const plan = planWeights(tensors, detection);
    expect(new Map(plan.map(({ name, shape }) => [name, shape]))).toEqual(expected);
  });
});

interface Stored {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly bytes: Uint8Array;
}

/** Rows and columns swapped; elements have `size` bytes. */
function transposed(bytes: Uint8Array, [rows, columns]: readonly [number, number], size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = (row * columns + column) * size;
      out.set(bytes.subarray(from, from + size), (column * rows + row) * size);
    }
  }
  return out;
}

/** The original's tensors as a single diffusers file, by the table alone. */
function toDiffusers(original: ReadonlyMap<string, Stored>, table: Table): Map<string, Stored> {
  const file = new Map<string, Stored>();
  for (const [folder, entries] of Object.entries(table.map)) {
    for (const [name, { ldm, transform }] of Object.entries(entries)) {
      const tensor = original.get(ldm);
      if (!tensor) continue;
      const { shape, dtype, bytes } = tensor;
      const third = /^rows (\d) of/.exec(transform ?? '');
      let made: Stored = tensor;
      if (third) {
        const length = bytes.length / 3;
        const start = (Number(third[1]) - 1) * length;
        made = {
          shape: [shape[0]! / 3, ...shape.slice(1)],
          dtype,
          bytes: bytes.slice(start, start + length),
        };
      } else if (transform === 'transpose') {
        const [rows, columns] = shape as [number, number];
        made = {
          shape: [columns, rows],
          dtype,
          bytes: transposed(bytes, [rows, columns], BYTES_PER_ELEMENT[dtype]),
        };
      } else if (transform !== undefined) made = { shape: shape.slice(0, 2), dtype, bytes };
      file.set(folder.replace(/\/$/, '.') + name, made);
    }
  }
  return file;
}

const convertible = tinyModels().flatMap((name) => {
  const config = readReferenceJson<{ family: string; kind?: string }>('models', name, 'config.json');
  // The tables have no refiner.
  const family = config.kind ?? config.family;
  const table = tables.find(({ file }) => file === `diffusers-${family}.json.gz`)?.table;
  return table ? [{ name, table }] : [];
});

describe.skipIf(convertible.length === 0)('tiny models written as single-file diffusers checkpoints', () => {
  it.each(convertible)(
    '$name: the plan puts every byte of the original together again',
    async ({ name, table }) => {
      const checkpoint = await openCheckpoint(
        bytesSource(readReference('models', name, `${name}.safetensors.gz`)),
      );
      const original = new Map<string, Stored>();
      for (const { name: key, shape, dtype } of checkpoint.tensors.values()) {
        original.set(key, { shape, dtype, bytes: await checkpoint.read(key) });
      }
      const file = toDiffusers(original, table);
      const detection = detect(file, new Map(), null);
      const before = detect(checkpoint.tensors, new Map(), null);
      const noProjection = (detected: typeof before) =>
        detected.networks!.textEncoders.map((encoder) => ({ ...encoder, projection: null }));

      expect(detection.kind).toBe(before.kind);
      expect(detection.supported).toBe(before.supported);
      expect(detection.networks!.unet).toEqual(before.networks!.unet);
      expect(detection.networks!.vae).toEqual(before.networks!.vae);
      expect(noProjection(detection)).toEqual(noProjection(before));

      const plan = planWeights(file, detection);
      for (const entry of plan) {
        const want = original.get(entry.name)!;
        expect(entry.shape).toEqual(want.shape);
        let bytes = Buffer.concat(entry.sources.map((source) => file.get(source)!.bytes));
        if (entry.transpose) {
          const [rows, columns] = entry.shape as [number, number];
          bytes = Buffer.from(transposed(bytes, [columns, rows], BYTES_PER_ELEMENT[want.dtype]));
        }
        expect(Buffer.compare(bytes, want.bytes), entry.name).toBe(0);
      }
      // SD 2's text_projection is never used, and diffusers drops it.
      const left = planWeights(checkpoint.tensors, before).filter(
        (e) => !plan.some((p) => p.name === e.name),
      );
      expect(left.filter((entry) => !entry.name.endsWith('.text_projection'))).toEqual([]);
    },
  );
});
