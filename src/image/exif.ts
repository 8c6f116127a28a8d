// EXIF fields: UserComment, which carries a parameters text in JPEG, WebP and AVIF (Exif 2.32, 4.6.5), Orientation, which
// tells how a picture is to be turned (4.6.4), and the texts in which other programs put theirs; TIFF 6.0.
// Own code: the libraries that also write are for JPEG alone and long unmaintained.
import { decodeUtf8, startsWith, viewOf, type Bytes } from './bytes.ts';

const ORIENTATION = 0x0112;
/** Texts of the first directory in which ComfyUI and SwarmUI put JSON; cameras put their names there. */
const TEXT_TAGS = { ImageDescription: 0x010e, Make: 0x010f, Model: 0x0110 } as const;
const ASCII = 2;
const SHORT = 3;
const EXIF_IFD = 0x8769;
const USER_COMMENT = 0x9286;
const LONG = 4;
const UNDEFINED = 7;
const ENTRY_BYTES = 12;
/** The comment's encoding stands before it in 8 bytes. */
const PREFIX_BYTES = 8;
const UNICODE = 'UNICODE\0';

/**
 * The user comment with its encoding before it, a view; null where there is none or the EXIF data is malformed.
 *
 * @param exif TIFF data, with or without the "Exif\0\0" that JPEG puts before it.
 */
export function findUserComment(exif: Uint8Array): Uint8Array | null {
  const opened = openTiff(exif);
  if (!opened) return null;
  const { tiff, view, littleEndian } = opened;
  const pointer = findEntry(view, view.getUint32(4, littleEndian), EXIF_IFD, littleEndian);
  if (pointer === null) return null;
  const entry = findEntry(view, view.getUint32(pointer + 8, littleEndian), USER_COMMENT, littleEndian);
  // One byte an element (type UNDEFINED, or ASCII from careless writers).
  return entry === null ? null : bytesOf(tiff, view, entry, littleEndian);
}

/** Other texts of the picture by EXIF's names for them, as views of their bytes. (A camera's name is one as well.) */
export function findTexts(exif: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const opened = openTiff(exif);
  if (!opened) return found;
  const { tiff, view, littleEndian } = opened;
  const directory = view.getUint32(4, littleEndian);
  for (const [name, tag] of Object.entries(TEXT_TAGS)) {
    const entry = findEntry(view, directory, tag, littleEndian);
    if (entry === null || view.getUint16(entry + 2, littleEndian) !== ASCII) continue;
    const bytes = bytesOf(tiff, view, entry, littleEndian);
    if (bytes) found.set(name, bytes);
  }
  return found;
}

/** The value of an entry of one byte an element; null where it is empty or not in the file. */
function bytesOf(tiff: Uint8Array, view: DataView, entry: number, littleEndian: boolean): Uint8Array | null {
  const length = view.getUint32(entry + 4, littleEndian);
  const offset = length <= 4 ? entry + 8 : view.getUint32(entry + 8, littleEndian);
  return length < 1 || offset + length > tiff.length ? null : tiff.subarray(offset, offset + length);
}

/** How the stored pixels are to be turned to be seen upright, 1 (as they are) to 8; 1 where nothing sensible is told. */
export function findOrientation(exif: Uint8Array): number {
  const opened = openTiff(exif);
  if (!opened) return 1;
  const { view, littleEndian } = opened;
  const entry = findEntry(view, view.getUint32(4, littleEndian), ORIENTATION, littleEndian);
  if (entry === null || view.getUint16(entry + 2, littleEndian) !== SHORT) return 1;
  const orientation = view.getUint16(entry + 8, littleEndian);
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

function openTiff(exif: Uint8Array) {
  const tiff = startsWith(exif, 'Exif\0\0') ? exif.subarray(6) : exif;
  const littleEndian = startsWith(tiff, 'II*\0');
  if ((!littleEndian && !startsWith(tiff, 'MM\0*')) || tiff.length < 8) return null;
  return { tiff, view: viewOf(tiff), littleEndian };
}

/** Where the entry with this tag stands in a directory; null where it does not, or the directory is cut off. */
function findEntry(view: DataView, directory: number, tag: number, littleEndian: boolean): number | null {
  if (directory + 2 > view.byteLength) return null;
  const count = view.getUint16(directory, littleEndian);
  for (let i = 0; i < count; i += 1) {
    const entry = directory + 2 + i * ENTRY_BYTES;
    if (entry + ENTRY_BYTES > view.byteLength) return null;
    if (view.getUint16(entry, littleEndian) === tag) return entry;
  }
  return null;
}

/** As piexif.helper.UserComment.load does, and like A1111 UTF-8 where no encoding is named. */
export function decodeUserComment(comment: Uint8Array): string {
  const text = comment.subarray(PREFIX_BYTES);
  const decode = (encoding: string, bytes: Uint8Array): string =>
    new TextDecoder(encoding).decode(bytes).replace(/\0+$/, '');
  if (startsWith(comment, UNICODE)) return decode(isLittleEndianText(text) ? 'utf-16le' : 'utf-16be', text);
  if (startsWith(comment, 'JIS\0\0\0\0\0')) return decode('shift_jis', text);
  if (startsWith(comment, 'ASCII\0\0\0') || startsWith(comment, '\0'.repeat(PREFIX_BYTES)))
    return decode('utf-8', text);
  return decodeUtf8(comment).replace(/\0+$/, '');
}

/**
 * The standard does not say in which order "UNICODE" has its bytes: piexif writes big-endian whatever the TIFF's order, others
 * follow that order. Text tells: most characters of a parameters text are ASCII, their upper byte is 0.
 */
function isLittleEndianText(bytes: Uint8Array): boolean {
  let upperFirst = 0;
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    upperFirst += Number(bytes[i] === 0) - Number(bytes[i + 1] === 0);
  }
  return upperFirst < 0;
}

/** TIFF data with nothing but a user comment: big-endian, UTF-16, as piexif writes it for A1111. */
export function writeUserComment(text: string): Bytes {
  const directory = 8;
  const exifDirectory = directory + 2 + ENTRY_BYTES + 4;
  const comment = exifDirectory + 2 + ENTRY_BYTES + 4;
  const length = PREFIX_BYTES + 2 * text.length;
  const tiff = new Uint8Array(comment + length);
  const view = viewOf(tiff);
  const entry = (at: number, tag: number, type: number, count: number, value: number): void => {
    view.setUint16(at, 1);
    view.setUint16(at + 2, tag);
    view.setUint16(at + 4, type);
    view.setUint32(at + 6, count);
    view.setUint32(at + 10, value);
  };
  tiff.set([0x4d, 0x4d, 0, 0x2a]);
  view.setUint32(4, directory);
  entry(directory, EXIF_IFD, LONG, 1, exifDirectory);
  entry(exifDirectory, USER_COMMENT, UNDEFINED, length, comment);
  for (let i = 0; i < PREFIX_BYTES; i += 1) tiff[comment + i] = UNICODE.charCodeAt(i);
  for (let i = 0; i < text.length; i += 1) {
    view.setUint16(comment + PREFIX_BYTES + 2 * i, text.charCodeAt(i));
  }
  return tiff;
}
