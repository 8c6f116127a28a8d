// zlib through the platform's own streams (browsers, workers, Node), never unpacking more than was allowed.
import { concat, type Bytes } from './bytes.ts';
import { ImageError } from './errors.ts';

/** Packs bytes as zlib at the platform's default level. */
export async function deflate(bytes: Bytes): Promise<Bytes> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export interface Unpacked {
  /** All that came out, as much as was allowed, or what came out before the damage. */
  readonly bytes: Bytes;
  /** A stream that is cut off is damaged. */
  readonly end: 'whole' | 'damaged' | 'too large';
}

/**
 * Unpacks a zlib stream.
 *
 * @param limit Most bytes that may come out.
 * @param what Named in the error: "the pixels".
 * @throws ImageError when more would come out, or the stream is damaged or cut off.
 */
export async function inflate(packed: Uint8Array, limit: number, what: string): Promise<Bytes> {
  const { bytes, end } = await unpack(packed, limit);
  if (end === 'whole') return bytes;
  throw new ImageError(
    end === 'too large'
      ? `The compressed data of ${what} unpacks to more than the ${limit} bytes it may have.`
      : `The compressed data of ${what} is damaged or cut off.`,
  );
}

/** Unpacks a zlib stream (or one of gzip) as far as that goes; never throws for what is in it. */
export async function unpack(
  packed: Uint8Array,
  limit: number,
  format: 'deflate' | 'gzip' = 'deflate',
): Promise<Unpacked> {
  const { readable, writable } = new DecompressionStream(format);
  const writer = writable.getWriter();
  const give = async (): Promise<void> => {
    // A stream unpacks all of what it is given before anyone can stop it: small pieces keep that small.
    const piece = Math.min(2 ** 16, Math.max(2 ** 10, Math.floor(limit / 4096)));
    for (let at = 0; at < packed.length; at += piece) {
      await writer.write(packed.subarray(at, at + piece) as Bytes);
    }
    await writer.close();
  };
  // What goes wrong here goes wrong for the reader, too.
  void give().catch(() => undefined);
  const reader = readable.getReader();
  const parts: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    let step: ReadableStreamReadResult<Uint8Array>;
    try {
      step = await reader.read();
    } catch {
      return { bytes: concat(parts), end: 'damaged' };
    }
    if (step.done) return { bytes: concat(parts), end: 'whole' };
    const room = limit - total;
    total += step.value.length;
    parts.push(step.value.subarray(0, room));
    if (total > limit) {
      // What is left of the stream may fail as it ends; nobody needs to hear of that.
      void reader.cancel().catch(() => undefined);
      return { bytes: concat(parts), end: 'too large' };
    }
  }
}
