import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { bytesSource } from '../checkpoint/source.ts';
import { oldHashOf } from './file-identity.ts';

it("gives A1111's old hash: that of 64 KiB after the first MiB, of what is there in a shorter file", async () => {
  for (const size of [10, 0x100000, 0x100000 + 5, 0x110000 + 9]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (7 * i) % 253);
    const part = createHash('sha256').update(bytes.subarray(0x100000, 0x110000)).digest('hex');
    expect(await oldHashOf(bytesSource(bytes))).toBe(part.slice(0, 8));
  }
});
