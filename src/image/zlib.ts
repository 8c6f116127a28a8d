// zlib through the platform's own streams (browsers, workers, Node), never unpacking more than was allowed.
import { concat, type Bytes } from './bytes.ts';
import { ImageError } from './errors.ts';

/** Packs bytes as zlib at the platform's default level. */
export async function deflate(bytes: Bytes): Promise<Bytes> {
  return collect(new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate')), Infinity, '');
}

/**
 * Unpacks a zlib stream.
 *
 * @param limit Most bytes that may come out.
 * @param what Named in the error: "the pixels".
 * @throws ImageError when more would come out, or the stream is damaged or cut off.
 */
export async function inflate(bytes: Uint8Array, limit: number, what: string): Promise<Bytes> {
  try {
    const stream = new Blob([bytes as Bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return await collect(stream, limit, what);
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw new ImageError(`The compressed data of ${what} is damaged or cut off.`, { cause: error });
  }
}

async function collect(stream: ReadableStream<Uint8Array>, limit: number, what: string): Promise<Bytes> {
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(parts);
    total += value.length;
    if (total > limit) {
      // What is left of the stream may fail as it ends; nobody needs to hear of that.
      void reader.cancel().catch(() => undefined);
      throw new ImageError(
        `The compressed data of ${what} unpacks to more than the ${limit} bytes it may have.`,
      );
    }
    parts.push(value);
  }
}
