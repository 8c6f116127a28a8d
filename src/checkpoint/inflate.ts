// Ranges of a deflated zip entry. Deflate can only be read forwards, so one stream is kept open and read on: ranges
// asked for in order cost one pass over the entry, and a step back costs another pass.
import type { RangeReader } from './strided.ts';
import { CheckpointError, type ByteSource } from './types.ts';

const PIECE = 256 * 1024;

/**
 * Reads ranges of the `size` bytes that the `compressedSize` bytes at `start` unpack to. Rejects with CheckpointError
 * when they are damaged or unpack to another length.
 */
export function inflatedReader(
  source: ByteSource,
  start: number,
  compressedSize: number,
  size: number,
): RangeReader {
  let stream: InflateStream | null = null;
  let queue: Promise<unknown> = Promise.resolve();

  const readRange = async (offset: number, length: number): Promise<Uint8Array> => {
    if (offset < 0 || length < 0 || offset + length > size) {
      throw new RangeError(`Bytes ${offset} to ${offset + length} of an entry of ${size}.`);
    }
    if (stream === null || stream.position > offset) {
      await stream?.close();
      stream = new InflateStream(source, start, compressedSize);
    }
    try {
      await stream.skip(offset - stream.position);
      const out = await stream.take(length);
      if (stream.position === size) await stream.expectEnd();
      return out;
    } catch (error) {
      await stream.close();
      stream = null;
      if (error instanceof CheckpointError) throw error;
      throw damaged();
    }
  };

  return (offset, length) => {
    // One after the other: two ranges cannot advance the same stream at once.
    const result = queue.then(() => readRange(offset, length));
    queue = result.catch(() => undefined);
    return result;
  };
}

class InflateStream {
  /** Unpacked bytes handed out so far. */
  position = 0;
  private rest: Uint8Array = new Uint8Array(0);
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(source: ByteSource, start: number, compressedSize: number) {
    let done = 0;
    const compressed = new ReadableStream<BufferSource>({
      async pull(controller) {
        const length = Math.min(PIECE, compressedSize - done);
        if (length === 0) return controller.close();
        const piece = await source.read(start + done, length);
        done += length;
        // A copy: the stream may keep or transfer what it is given.
        controller.enqueue(piece.slice());
      },
    });
    this.reader = compressed.pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) left -= (await this.next(left)).length;
  }

  async take(length: number): Promise<Uint8Array> {
    const out = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const piece = await this.next(length - done);
      out.set(piece, done);
      done += piece.length;
    }
    return out;
  }

  /** Nothing may follow. */
  async expectEnd(): Promise<void> {
    if (this.rest.length > 0) throw damaged();
    for (;;) {
      const { done, value } = await this.reader.read();
      if (done) return;
      if (value.length > 0) throw damaged();
    }
  }

  async close(): Promise<void> {
    // A stream that has failed already rejects this once more.
    await this.reader.cancel().catch(() => undefined);
  }

  /** At most `limit` further bytes. */
  private async next(limit: number): Promise<Uint8Array> {
    while (this.rest.length === 0) {
      const { done, value } = await this.reader.read();
      if (done) throw damaged();
      this.rest = value;
    }
    const piece = this.rest.subarray(0, limit);
    this.rest = this.rest.subarray(piece.length);
    this.position += piece.length;
    return piece;
  }
}

function damaged(): CheckpointError {
  return new CheckpointError('corrupt', 'Compressed data in the file is damaged. Download it again.');
}
