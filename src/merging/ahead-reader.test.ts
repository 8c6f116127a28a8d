import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SafetensorsFile } from '../checkpoint/safetensors-file.ts';
import { AheadReader } from './ahead-reader.ts';

const BYTES = Uint8Array.from({ length: 2000 }, (_, i) => (i * 31) % 251);

/** Refuses reads that overlap in time, as files that are made while they are read do not bear them. */
function fileOf(bytes: Uint8Array, failsFrom = Infinity): SafetensorsFile & { readonly asked: number[] } {
  let isReading = false;
  const asked: number[] = [];
  const readInto = async (offset: number, out: Uint8Array): Promise<void> => {
    if (isReading) throw new Error('two reads at once');
    isReading = true;
    asked.push(offset);
    await new Promise((resolve) => setTimeout(resolve));
    isReading = false;
    if (offset + out.length > failsFrom) throw new Error('the disk is gone');
    out.set(bytes.subarray(offset, offset + out.length));
  };
  return {
    size: bytes.length,
    headerSize: 0,
    asked,
    readInto,
    async read(offset, length) {
      const out = new Uint8Array(length);
      await readInto(offset, out);
      return out;
    },
  };
}

it('gives the bytes of the file, in whatever order they are asked for', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ goesOn: fc.boolean(), at: fc.nat(1999), length: fc.integer({ min: 1, max: 300 }) }),
      ),
      async (reads) => {
        const reader = new AheadReader(fileOf(BYTES));
        let end = 0;
        let spent: Uint8Array<ArrayBuffer> | null = null;
        for (const { goesOn, at, length } of reads) {
          const offset = goesOn && end < BYTES.length ? end : at;
          const until = Math.min(BYTES.length, offset + length);
          const bytes = await reader.read(offset, until - offset, spent);
          expect(bytes).toEqual(BYTES.slice(offset, until));
          spent = bytes;
          end = until;
        }
      },
    ),
    { numRuns: 30 },
  );
});

it('makes every part once where they are asked for front to back, in memory that came back', async () => {
  const file = fileOf(BYTES);
  const reader = new AheadReader(file);
  const used = new Set<ArrayBuffer>();
  let spent: Uint8Array<ArrayBuffer> | null = null;
  for (let at = 0; at < BYTES.length; at += 100) {
    spent = await reader.read(at, 100, spent);
    expect(spent).toEqual(BYTES.slice(at, at + 100));
    used.add(spent.buffer);
  }
  expect(file.asked).toEqual(Array.from({ length: 20 }, (_, i) => 100 * i));
  expect(used.size).toBeLessThanOrEqual(4);
});

it('tells of a failure when its part is asked for', async () => {
  const reader = new AheadReader(fileOf(BYTES, 300));
  for (const at of [0, 100, 200]) await reader.read(at, 100, null);
  await expect(reader.read(300, 100, null)).rejects.toThrow('the disk is gone');
});
