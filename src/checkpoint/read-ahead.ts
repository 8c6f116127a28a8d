// Many small reads that go front to back, as a few large ones: a checkpoint has a thousand tensors, most of them small.
import { release } from './release.ts';
import type { ByteSource } from './types.ts';

/** Bytes read at a time, and bytes that a read may leave out and still count as going on. */
const WINDOW = 4 << 20;
const GAP = 64 << 10;

export interface ReadAhead extends ByteSource {
  /** From now on what was read is gone some reads later: the memory is given back at once. For a `source` that gives copies. */
  recycle(): void;
}

/**
 * Reads of `source` that go on where the last one ended come out of a window, while the one after it is being read; others are
 * read as they are. Reads may not overlap in time. The bytes must not be written to.
 */
export function readAhead(source: ByteSource, windowSize = WINDOW): ReadAhead {
  let window: Uint8Array = new Uint8Array(0);
  /** The one before, of which the last read may have given a part. */
  let before: Uint8Array = window;
  let recycles = false;
  let start = 0;
  let ahead: Promise<Uint8Array> | null = null;
  let expected = 0;

  const end = (): number => start + window.length;
  const readWindow = (from: number): Promise<Uint8Array> =>
    source.read(from, Math.min(windowSize, source.size - from));

  /** Makes the window hold what comes after it, or begin at `from` where that is elsewhere. */
  const advance = async (from: number): Promise<void> => {
    const follows = ahead !== null && from >= end() && from < end() + windowSize;
    const next = follows ? end() : from;
    const pending = follows ? ahead! : readWindow(from);
    ahead = null;
    if (recycles) release(before);
    before = window;
    window = await pending;
    start = next;
    if (end() >= source.size) return;
    ahead = readWindow(end());
    // Whoever needs the window hears of the failure.
    ahead.catch(() => undefined);
  };

  return {
    size: source.size,
    recycle() {
      // What has been read until now may be held.
      before = window = new Uint8Array(0);
      ahead = null;
      recycles = true;
    },
    async read(offset, length) {
      const goesOn = offset >= expected && offset <= expected + GAP;
      const inside = offset >= start && offset + length <= end();
      expected = offset + length;
      if (inside) return window.subarray(offset - start, offset - start + length);
      if (!goesOn || offset + length > source.size) return source.read(offset, length);
      if (offset < start || offset >= end()) await advance(offset);
      if (offset + length <= end()) return window.subarray(offset - start, offset - start + length);
      const bytes = new Uint8Array(length);
      for (let filled = 0; filled < length;) {
        if (offset + filled >= end()) await advance(offset + filled);
        const part = window.subarray(offset + filled - start, offset - start + length);
        bytes.set(part, filled);
        filled += part.length;
      }
      return bytes;
    },
  };
}
