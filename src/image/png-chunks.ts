// The container of PNG: signature and chunks (https://www.w3.org/TR/png-3/#5DataRep).
import { concat, decodeLatin1, viewOf, type Bytes } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { ImageError } from './errors.ts';

export const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

export interface PngChunk {
  /** Four letters: "IHDR". */
  readonly type: string;
  /** A view into the file. */
  readonly data: Uint8Array;
  /** Where the chunk begins in the file (its length field), and ends (after its CRC). */
  readonly start: number;
  readonly end: number;
  /** Whether the CRC fits; computed when asked for. */
  intact(): boolean;
}

export function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * The chunks up to and with IEND.
 *
 * @throws ImageError where the file is cut off.
 */
export function* readChunks(bytes: Uint8Array): Generator<PngChunk> {
  if (!isPng(bytes)) throw new ImageError('This is not a PNG file.');
  const view = viewOf(bytes);
  let start: number = PNG_SIGNATURE.length;
  for (;;) {
    if (start + 12 > bytes.length) throw new ImageError('The PNG file is cut off.');
    const length = view.getUint32(start);
    const end = start + 12 + length;
    if (end > bytes.length) throw new ImageError('The PNG file is cut off.');
    const body = bytes.subarray(start + 4, end - 4);
    const crcAt = end - 4;
    const type = decodeLatin1(body.subarray(0, 4));
    yield { type, data: body.subarray(4), start, end, intact: () => view.getUint32(crcAt) === crc32(body) };
    if (type === 'IEND') return;
    start = end;
  }
}

/** One chunk's bytes. */
export function pngChunk(type: string, data: Uint8Array): Bytes {
  const chunk = new Uint8Array(12 + data.length);
  const view = viewOf(chunk);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i += 1) chunk[4 + i] = type.charCodeAt(i);
  chunk.set(data, 8);
  view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
  return chunk;
}

export function pngFile(chunks: readonly Uint8Array[]): Bytes {
  return concat([PNG_SIGNATURE, ...chunks]);
}
