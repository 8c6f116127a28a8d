// Byte sources: a Blob (a file the person dropped) or bytes already in memory, read by checked ranges.
import { CheckpointError, type ByteSource } from './types.ts';

/** Reads ranges out of a Blob or File; nothing is kept between reads. */
export function blobSource(blob: Blob): ByteSource {
  const size = blob.size;
  return {
    size,
    async read(offset, length) {
      checkRange(size, offset, length);
      let bytes: Uint8Array;
      try {
        bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      } catch {
        // The browser hands out a handle, not a copy: the file may have moved or changed since it was picked.
        throw new CheckpointError(
          'unreadable',
          'The file could not be read. It may have been moved or changed since it was picked: pick it again.',
        );
      }
      if (bytes.length !== length) {
        throw new CheckpointError(
          'unreadable',
          'The file became shorter while it was being read. Pick it again.',
        );
      }
      return bytes;
    },
  };
}

/** Reads ranges out of bytes in memory. The results are views, not copies. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  const size = bytes.length;
  return {
    size,
    async read(offset, length) {
      checkRange(size, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

function checkRange(size: number, offset: number, length: number): void {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw new RangeError(`Not a byte range: offset ${offset}, length ${length}.`);
  }
  if (offset + length > size) {
    throw new CheckpointError(
      'truncated',
      `The file ends at byte ${size}, but bytes ${offset} to ${offset + length} are needed. It is incomplete: download or copy it again.`,
    );
  }
}
