// The segments of a JPEG file before its pixels, where EXIF data and comments stand (ITU T.81, annex B; Exif 2.32, 4.5.4).
import { concat, startsWith, viewOf, type Bytes } from './bytes.ts';
import { ImageError } from './errors.ts';
import { larger, type PictureFile, type Size } from './picture-file.ts';

const EXIF = 'Exif\0\0';
/** XMP specification, part 3, 1.1.3. */
const XMP = 'http://ns.adobe.com/xap/1.0/\0';
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP0 = 0xe0;
const APP1 = 0xe1;
const COM = 0xfe;
/** A segment's length field has 16 bits and counts itself. */
const MAX_SEGMENT_BYTES = 0xffff - 2;

interface Segment {
  readonly marker: number;
  /** After marker and length. */
  readonly data: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === SOI && bytes[2] === 0xff;
}

/** Segments up to the pixels (or the end, or what cannot be read). */
function* segments(bytes: Uint8Array): Generator<Segment> {
  const view = viewOf(bytes);
  let start = 2;
  while (start + 4 <= bytes.length && bytes[start] === 0xff) {
    const marker = bytes[start + 1]!;
    // Any number of 0xff may stand before a marker.
    if (marker === 0xff) {
      start += 1;
      continue;
    }
    if (marker === SOS || marker === EOI) return;
    const end = start + 2 + view.getUint16(start + 2);
    if (end < start + 4 || end > bytes.length) return;
    yield { marker, data: bytes.subarray(start + 4, end), start, end };
    start = end;
  }
}

/** EXIF data of several segments is one; of several comments the last counts. As Pillow's JpegImagePlugin reads it. */
export function readJpeg(bytes: Uint8Array): PictureFile {
  let size: Size | null = null;
  const exif: Uint8Array[] = [];
  let comment: Uint8Array | null = null;
  let xmp: Uint8Array | undefined;
  for (const { marker, data } of segments(bytes)) {
    if (marker === APP1 && startsWith(data, EXIF)) exif.push(data.subarray(EXIF.length));
    else if (marker === APP1 && startsWith(data, XMP)) xmp ??= data.subarray(XMP.length);
    else if (marker === COM) comment = data;
    else if (isFrame(marker) && data.length >= 5) {
      const view = viewOf(data);
      size = larger(size, { width: view.getUint16(3), height: view.getUint16(1) });
    }
  }
  const joined = exif.length === 0 ? null : exif.length === 1 ? exif[0]! : concat(exif);
  return { size, exif: joined, comment, ...(xmp && { xmp }) };
}

/** Whether a segment begins a frame and has its size: SOF0 to SOF15, between which DHT, JPG and DAC stand. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/**
 * The file with this EXIF data instead of its own.
 *
 * @throws ImageError when the data is longer than a segment.
 */
export function replaceJpegExif(bytes: Uint8Array, tiff: Uint8Array): Bytes {
  const length = EXIF.length + tiff.length;
  if (length > MAX_SEGMENT_BYTES) {
    throw new ImageError(
      `The parameters are too long for a JPEG: ${length} bytes, where ${MAX_SEGMENT_BYTES} fit. Save as PNG or WebP.`,
    );
  }
  const segment = new Uint8Array(4 + length);
  segment.set([0xff, APP1]);
  viewOf(segment).setUint16(2, 2 + length);
  for (let i = 0; i < EXIF.length; i += 1) segment[4 + i] = EXIF.charCodeAt(i);
  segment.set(tiff, 4 + EXIF.length);

  const kept: Uint8Array[] = [];
  let position = 2;
  // EXIF comes first; only a JFIF header, which wants to be first too, goes before it.
  let insertAt = 0;
  for (const { marker, data, start, end } of segments(bytes)) {
    kept.push(bytes.subarray(position, start));
    if (marker !== APP1 || !startsWith(data, EXIF)) kept.push(bytes.subarray(start, end));
    if (marker === APP0 && start === 2) insertAt = kept.length;
    position = end;
  }
  kept.push(bytes.subarray(position));
  return concat([bytes.subarray(0, 2), ...kept.slice(0, insertAt), segment, ...kept.slice(insertAt)]);
}
