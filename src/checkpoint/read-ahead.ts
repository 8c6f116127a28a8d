// Many small reads that go front to back, as a few large ones: a checkpoint has a thousand tensors, most of them small.
import type { ByteSource } from './types.ts';

/** Bytes read at a time, and bytes that a read may leave out and still count as going on. */
const WINDOW = 4 << 20;
const GAP = 64 << 10;

/**
 * Reads of `source` that go on where the last one ended come out of a window; others, and large ones, are read as they are.
 * Reads may not overlap in time. The bytes must not be written to.
 */
export function readAhead(source: ByteSource, windowSize = WINDOW): ByteSource {
  let window: Uint8Array = new Uint8Array(0);
  let start = 0;
  let expected = 0;
  return {
    size: source.size,
    async read(offset, length) {
      const inside = offset >= start && offset + length <= start + window.length;
      if (inside) {
        expected = offset + length;
        return window.subarray(offset - start, offset - start + length);
      }
      const goesOn = offset >= expected && offset <= expected + GAP;
      expected = offset + length;
      if (!goesOn || length >= windowSize || offset + length > source.size)
        return source.read(offset, length);
      window = await source.read(offset, Math.min(windowSize, source.size - offset));
      start = offset;
      return window.subarray(0, length);
    },
  };
}
