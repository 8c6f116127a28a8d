import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../checkpoint/crc32.ts';
import type { ByteSource } from '../checkpoint/types.ts';
import { HashingSource } from './hashing-source.ts';
import { serveHashing, threadHasher } from './hashing-thread.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function counting(bytes: Uint8Array): ByteSource & { bytesRead: number } {
  return {
    size: bytes.length,
    bytesRead: 0,
    async read(offset, length) {
      this.bytesRead += length;
      return bytes.slice(offset, offset + length);
    },
  };
}

describe('HashingSource', () => {
  it('gives the hash of the whole file whatever was read of it, and the bytes asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.array(fc.tuple(fc.nat(299), fc.nat(80)), { maxLength: 12 }),
        fc.integer({ min: 1, max: 100 }),
        async (bytes, reads, windowSize) => {
          const source = await HashingSource.create(counting(bytes), () => undefined, { windowSize });
          source.startHashing();
          for (const [start, length] of reads) {
            const offset = Math.min(start, bytes.length);
            const count = Math.min(length, bytes.length - offset);
            expect([...(await source.read(offset, count))]).toEqual([
              ...bytes.subarray(offset, offset + count),
            ]);
          }
          expect((await source.finish()).sha256).toBe(sha256(bytes));
        },
      ),
    );
  });

  it('reads every byte once when the reads go forward', async () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
    const inner = counting(bytes);
    const seen: number[] = [];
    const source = await HashingSource.create(inner, (hashed) => seen.push(hashed), { windowSize: 64 });
    await source.read(990, 10);
    source.startHashing();
    await source.read(100, 200);
    await source.read(300, 50);
    await source.read(350, 3);
    await source.finish();
    expect(inner.bytesRead).toBe(1000 + 10);
    expect(seen.at(-1)).toBe(1000);
  });

  it('leaves it to the file to refuse what lies outside of it', async () => {
    const refusing: ByteSource = { size: 10, read: async () => Promise.reject(new RangeError('outside')) };
    const source = await HashingSource.create(refusing, () => undefined);
    source.startHashing();
    await expect(source.read(5, 6)).rejects.toThrow('outside');
  });

  it('counts the stretches whose bytes do not have their checksum, wherever windows and reads end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 40, maxLength: 300 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 100 }),
        fc.nat(299),
        async (bytes, lengths, windowSize, flipped) => {
          let end = 0;
          const ranges = lengths
            .map((length) => ({ start: end + 1, length, end: (end += length + 1) }))
            .filter((range) => range.end <= bytes.length)
            .map(({ start, length }) => ({
              start,
              length,
              crc: crc32(bytes.subarray(start, start + length)),
            }));
          const damaged = bytes.slice();
          damaged[flipped % bytes.length]! ^= 1;
          const hit = ranges.filter(({ start, length }) => {
            const at = flipped % bytes.length;
            return at >= start && at < start + length;
          });
          for (const [given, expected] of [
            [bytes, 0],
            [damaged, hit.length],
          ] as const) {
            const source = await HashingSource.create(counting(given), () => undefined, { windowSize });
            source.startHashing(ranges.toReversed());
            await source.read(0, Math.min(30, given.length));
            expect((await source.finish()).mismatched).toBe(expected);
          }
        },
      ),
    );
  });

  it('gives the same with a hasher at the other end of a port, for one file after another', async () => {
    const { port1, port2 } = new MessageChannel();
    serveHashing(port1);
    const hasher = threadHasher(port2);
    try {
      for (const size of [1000, 37, 640]) {
        const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) % 256);
        const [start, length] = [5, size - 10];
        const right = crc32(bytes.subarray(start, start + length));
        for (const crc of [right, right ^ 1]) {
          const source = await HashingSource.create(counting(bytes), () => undefined, {
            hasher,
            windowSize: 64,
          });
          source.startHashing([{ start, length, crc: crc >>> 0 }]);
          // Bytes that have been handed over are still there for who reads.
          for (let at = 0; at + 9 <= size; at += 9)
            expect([...(await source.read(at, 9))]).toEqual([...bytes.subarray(at, at + 9)]);
          expect(await source.finish()).toEqual({
            sha256: sha256(bytes),
            mismatched: crc === right ? 0 : 1,
          });
        }
      }
    } finally {
      port1.close();
    }
  });
});
