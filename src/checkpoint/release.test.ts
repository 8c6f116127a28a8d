import { expect, it } from 'vitest';
import { release } from './release.ts';

it('takes the bytes away, and takes none twice', () => {
  const bytes = new Uint8Array(100);
  const part = bytes.subarray(10, 20);
  release(part);
  expect([bytes.length, part.length]).toEqual([0, 0]);
  release(part);
  release(new Uint8Array(0));
});
