import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readAhead } from './read-ahead.ts';
import { bytesSource } from './source.ts';

const BYTES = Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) % 251);

it('gives what the source gives, in whatever order it is read', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ goesOn: fc.boolean(), at: fc.nat(5000), length: fc.nat(400) }), { maxLength: 40 }),
      async (reads) => {
        const source = readAhead(bytesSource(BYTES), 256);
        let end = 0;
        for (const { goesOn, at, length } of reads) {
          const offset = goesOn ? end : at;
          const until = Math.min(BYTES.length, offset + length);
          expect(await source.read(offset, until - offset)).toEqual(BYTES.subarray(offset, until));
          end = until;
        }
      },
    ),
  );
});

it('reads a file that is read front to back once, a window at a time', async () => {
  const asked: [offset: number, length: number][] = [];
  const plain = bytesSource(BYTES);
  const source = readAhead(
    {
      size: plain.size,
      read(offset, length) {
        asked.push([offset, length]);
        return plain.read(offset, length);
      },
    },
    1000,
  );
  for (let at = 0; at < BYTES.length; at += 25) await source.read(at, 25);
  expect(asked).toEqual([0, 1000, 2000, 3000, 4000].map((offset) => [offset, 1000]));
});

it('refuses what is not there', async () => {
  const source = readAhead(bytesSource(BYTES), 256);
  await source.read(0, 10);
  await expect(source.read(10, BYTES.length)).rejects.toThrow(/ends at byte 5000/);
});
