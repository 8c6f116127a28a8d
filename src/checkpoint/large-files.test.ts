// Files of more than 4 GiB, made of zeros that nobody holds but for a few bytes: every offset counts beyond 32 bits.
import { describe, expect, it } from 'vitest';
import { toFloat32 } from './convert.ts';
import { openCheckpoint } from './open.ts';
import { countUp, join, P, storage, tensor, torchLegacy, zipFile } from './testing.ts';
import type { ByteSource, Checkpoint } from './types.ts';

const GIB = 2 ** 30;

type Stretch = readonly [at: number, bytes: Uint8Array];

/** Zeros, but for the stretches. */
function sparse(size: number, stretches: readonly Stretch[]): ByteSource {
  return {
    size,
    async read(offset, length) {
      expect(offset + length).toBeLessThanOrEqual(size);
      expect(length).toBeLessThan(1 << 20);
      const out = new Uint8Array(length);
      for (const [at, bytes] of stretches) {
        const [from, to] = [Math.max(offset, at), Math.min(offset + length, at + bytes.length)];
        if (from < to) out.set(bytes.subarray(from - at, to - at), from - offset);
      }
      return out;
    },
  };
}

/** A file whose bytes from `at` on lie `by` further back. */
function torn(bytes: Uint8Array, at: number, by: number, more: readonly Stretch[] = []): ByteSource {
  const back: Stretch = [at + by, bytes.subarray(at)];
  return sparse(bytes.length + by, [[0, bytes.subarray(0, at)], back, ...more]);
}

async function values(checkpoint: Checkpoint, name: string, start?: number, count?: number) {
  return [...toFloat32(await checkpoint.read(name, start, count), checkpoint.tensors.get(name)!.dtype)];
}

describe('files of more than 4 GiB', () => {
  describe('.safetensors', () => {
    // 3 GiB, 6 GiB in one tensor, six numbers.
    const vast = [0.75 * GIB, 1.5 * GIB];
    const ends = [3 * GIB, 9 * GIB, 9 * GIB + 24];
    const entry = (shape: readonly number[], index: number) => {
      return { dtype: 'F32', shape, data_offsets: [ends[index - 1] ?? 0, ends[index]] };
    };
    const text = JSON.stringify({ a: entry([vast[0]!], 0), b: entry([vast[1]!], 1), c: entry([2, 3], 2) });
    const head = join(new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer), text);
    const size = head.length + ends[2]!;

    it('are read where they are', async () => {
      const within = head.length + ends[0]! + 4 * (1.25 * GIB);
      const source = sparse(size, [
        [0, head],
        [within, countUp(6)],
        [size - 24, countUp(6)],
      ]);
      const checkpoint = await openCheckpoint(source);
      expect(await values(checkpoint, 'a', vast[0]! - 2)).toEqual([0, 0]);
      expect(await values(checkpoint, 'b', 1.25 * GIB - 1, 4)).toEqual([0, 0, 1, 2]);
      expect(await values(checkpoint, 'c')).toEqual([0, 1, 2, 3, 4, 5]);
    });

    it('are refused when their last byte is missing', async () => {
      await expect(openCheckpoint(sparse(size - 1, [[0, head]]))).rejects.toMatchObject({
        code: 'truncated',
      });
    });
  });

  it('.ckpt as a zip: entries and directory behind 5 GiB', async () => {
    const gap = 5 * GIB;
    const pickle = P.pickle(
      P.dict([P.text('w'), tensor(storage('FloatStorage', '0', 6), 0, [2, 3], [3, 1])]),
    );
    const items = [
      { name: 'archive/data.pkl', data: pickle },
      { name: 'archive/data/0', data: countUp(6), zip64: true },
    ];
    const bytes = zipFile(items, { zip64: true, gap });
    const second = Buffer.from(bytes).indexOf('PK\x03\x04', 1, 'latin1');
    const checkpoint = await openCheckpoint(torn(bytes, second, gap));
    expect(await values(checkpoint, 'w')).toEqual([0, 1, 2, 3, 4, 5]);
    const { start } = checkpoint.checksums![0]!;
    expect(start).toBeGreaterThan(gap);
  });

  it('.ckpt of before 2020: a storage of 5 GiB, and one after it', async () => {
    const count = 1.25 * GIB;
    const large = storage('FloatStorage', '0', count);
    const object = P.dict(
      [P.text('turned'), tensor(large, count - 6, [2, 3], [1, 2])],
      [P.text('after'), tensor(storage('FloatStorage', '1', 6), 0, [6], [1])],
    );
    const bytes = torchLegacy(object, [
      ['0', count, new Uint8Array(0)],
      ['1', 6, countUp(6)],
    ]);
    const second = bytes.length - 8 - 24;
    const end: Stretch = [second + 4 * (count - 6), countUp(6)];
    const checkpoint = await openCheckpoint(torn(bytes, second, 4 * count, [end]));
    expect(await values(checkpoint, 'turned')).toEqual([0, 2, 4, 1, 3, 5]);
    expect(await values(checkpoint, 'after')).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
