// The chunks of a WebP file, where EXIF data stands (RFC 9649).
import { concat, decodeLatin1, startsWith, viewOf, type Bytes } from './bytes.ts';
import { ImageError } from './errors.ts';
import { larger, type PictureFile, type Size } from './picture-file.ts';

const HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const HAS_EXIF = 0x08;
const HAS_ALPHA = 0x10;

interface Chunk {
  /** "VP8X", "VP8 ", "EXIF". */
  readonly type: string;
  readonly data: Uint8Array;
}

export function isWebp(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER_BYTES && startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8);
}

/** Chunks up to the end, or to one that is cut off. */
function* chunks(bytes: Uint8Array): Generator<Chunk> {
  const view = viewOf(bytes);
  let start = HEADER_BYTES;
  while (start + CHUNK_HEADER_BYTES <= bytes.length) {
    const length = view.getUint32(start + 4, true);
    const end = start + CHUNK_HEADER_BYTES + length;
    if (end > bytes.length) return;
    const type = decodeLatin1(bytes.subarray(start, start + 4));
    yield { type, data: bytes.subarray(start + CHUNK_HEADER_BYTES, end) };
    // Chunks begin at even offsets.
    start = end + (length & 1);
  }
}

export function readWebp(bytes: Uint8Array): PictureFile {
  let size: Size | null = null;
  let exif: Uint8Array | null = null;
  let xmp: Uint8Array | undefined;
  for (const chunk of chunks(bytes)) {
    if (chunk.type === 'EXIF') exif ??= chunk.data.length > 0 ? chunk.data : null;
    else if (chunk.type === 'XMP ') xmp ??= chunk.data;
    const each = sizeOf(chunk);
    if (each) size = larger(size, { width: each.width, height: each.height });
  }
  return { size, exif, comment: null, ...(xmp && { xmp }) };
}

/** Of the chunks that hold a picture, or say how large all of them are; null for others and for damaged ones. */
function sizeOf({ type, data }: Chunk): (Size & { readonly alpha: boolean }) | null {
  const view = viewOf(data);
  if (type === 'VP8X' && data.length >= 10) {
    const uint24 = (at: number): number => view.getUint16(at, true) + (data[at + 2]! << 16);
    return { width: uint24(4) + 1, height: uint24(7) + 1, alpha: (data[0]! & HAS_ALPHA) !== 0 };
  }
  if (type === 'VP8L' && data.length >= 5 && data[0] === 0x2f) {
    const bits = view.getUint32(1, true);
    return {
      width: (bits & 0x3fff) + 1,
      height: ((bits >>> 14) & 0x3fff) + 1,
      alpha: ((bits >>> 28) & 1) === 1,
    };
  }
  // Frame tag (3 bytes), start code (3), then the sizes in 14 bits each.
  if (type === 'VP8 ' && data.length >= 10 && startsWith(data, '\x9d\x01\x2a', 3)) {
    const [width, height] = [view.getUint16(6, true) & 0x3fff, view.getUint16(8, true) & 0x3fff];
    return width > 0 && height > 0 ? { width, height, alpha: false } : null;
  }
  return null;
}

/**
 * The file with this EXIF data instead of its own; a simple file becomes an extended one.
 *
 * @throws ImageError when there is no picture in it.
 */
export function replaceWebpExif(bytes: Uint8Array, tiff: Uint8Array): Bytes {
  const kept = [...chunks(bytes)].filter(({ type }) => type !== 'EXIF');
  const [first] = kept;
  let extended: Uint8Array;
  if (first?.type === 'VP8X' && first.data.length >= 10) {
    kept.shift();
    extended = first.data.slice();
  } else if (first?.type === 'VP8 ' || first?.type === 'VP8L') {
    extended = extendedHeader(first);
  } else {
    throw new ImageError('The WebP file holds no picture.');
  }
  extended[0] = extended[0]! | HAS_EXIF;
  // EXIF comes after the pixels, and before XMP.
  const xmp = kept.filter(({ type }) => type === 'XMP ');
  const rest = kept.filter(({ type }) => type !== 'XMP ');
  const body = concat(
    [{ type: 'VP8X', data: extended }, ...rest, { type: 'EXIF', data: tiff }, ...xmp].flatMap(chunkBytes),
  );
  const header = new Uint8Array(HEADER_BYTES);
  header.set(bytes.subarray(0, HEADER_BYTES));
  viewOf(header).setUint32(4, 4 + body.length, true);
  return concat([header, body]);
}

/** VP8X for a picture that had none: its size, and whether it has alpha. */
function extendedHeader(picture: Chunk): Uint8Array {
  const size = sizeOf(picture);
  if (!size) throw new ImageError('The WebP file is damaged.');
  const header = new Uint8Array(10);
  header[0] = size.alpha ? HAS_ALPHA : 0;
  const uint24 = (at: number, value: number): void => {
    for (let i = 0; i < 3; i += 1) header[at + i] = (value >> (8 * i)) & 0xff;
  };
  uint24(4, size.width - 1);
  uint24(7, size.height - 1);
  return header;
}

function chunkBytes({ type, data }: Chunk): Uint8Array[] {
  const head = new Uint8Array(CHUNK_HEADER_BYTES);
  for (let i = 0; i < 4; i += 1) head[i] = type.charCodeAt(i);
  viewOf(head).setUint32(4, data.length, true);
  return [head, data, new Uint8Array(data.length & 1)];
}
