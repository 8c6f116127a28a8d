// The boxes of an AVIF file, where EXIF data stands as an item that describes the picture (ISO/IEC 14496-12, 8.11;
// ISO/IEC 23008-12, 6.5.3 and annex A.2). Follows what libavif reads, Pillow's reader.
import { concat, decodeLatin1, startsWith, viewOf } from './bytes.ts';
import { larger, type PictureFile, type Size } from './picture-file.ts';

/** Bytes of EXIF data that stands in several pieces; in one piece it is not copied. */
const MAX_PIECES_BYTES = 2 ** 25;
const FULL_BOX_BYTES = 4;

interface Box {
  readonly type: string;
  /** After the header. */
  readonly data: Uint8Array;
}

export function isAvif(bytes: Uint8Array): boolean {
  if (!startsWith(bytes, 'ftyp', 4)) return false;
  const [first] = boxes(bytes.subarray(0, 4096));
  if (!first) return false;
  // The major brand, its version, then compatible ones.
  for (let at = 0; at + 4 <= first.data.length; at += 4) {
    if (at !== 4 && (startsWith(first.data, 'avif', at) || startsWith(first.data, 'avis', at))) return true;
  }
  return false;
}

export function readAvif(bytes: Uint8Array): PictureFile {
  let size: Size | null = null;
  let exif: Uint8Array | null = null;
  for (const { type, data } of boxes(bytes)) {
    // A sequence has its EXIF data with its track.
    const metas = type === 'meta' ? [data] : type === 'moov' ? trackMetas(data) : [];
    for (const meta of metas) {
      const parts = childrenOf(meta.subarray(FULL_BOX_BYTES));
      for (const each of sizes(parts)) size = larger(size, each);
      exif ??= findExif(parts, bytes, type === 'meta');
    }
  }
  return { size, exif, comment: null };
}

/** Boxes up to the end, or to one that is cut off. */
function* boxes(bytes: Uint8Array): Generator<Box> {
  const view = viewOf(bytes);
  let start = 0;
  while (start + 8 <= bytes.length) {
    let header = 8;
    let length = view.getUint32(start);
    if (length === 1) {
      header = 16;
      if (start + header > bytes.length) return;
      length = view.getUint32(start + 8) * 2 ** 32 + view.getUint32(start + 12);
    } else if (length === 0) length = bytes.length - start;
    if (length < header || start + length > bytes.length) return;
    const type = decodeLatin1(bytes.subarray(start + 4, start + 8));
    yield { type, data: bytes.subarray(start + header, start + length) };
    start += length;
  }
}

/** Of boxes with the same name the first. */
function childrenOf(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const children = new Map<string, Uint8Array>();
  for (const { type, data } of boxes(bytes)) if (!children.has(type)) children.set(type, data);
  return children;
}

function trackMetas(movie: Uint8Array): Uint8Array[] {
  return [...boxes(movie)]
    .filter(({ type }) => type === 'trak')
    .flatMap(({ data }) => childrenOf(data).get('meta') ?? []);
}

/** Sizes that pictures of the file have: the whole, its tiles, its alpha. */
function* sizes(parts: ReadonlyMap<string, Uint8Array>): Generator<Size> {
  const properties = childrenOf(parts.get('iprp') ?? new Uint8Array()).get('ipco');
  for (const { type, data } of boxes(properties ?? new Uint8Array())) {
    if (type !== 'ispe' || data.length < FULL_BOX_BYTES + 8) continue;
    const view = viewOf(data);
    yield { width: view.getUint32(FULL_BOX_BYTES), height: view.getUint32(FULL_BOX_BYTES + 4) };
  }
}

/** The TIFF data of the item that describes the picture (of a track: of any). */
function findExif(
  parts: ReadonlyMap<string, Uint8Array>,
  file: Uint8Array,
  described: boolean,
): Uint8Array | null {
  const picture = described ? new Fields(parts.get('pitm')).primaryItem() : null;
  const items = exifItems(parts.get('iinf'));
  const describing = picture === null ? null : itemsDescribing(parts.get('iref'), picture);
  const id = items.find((item) => !describing || describing.has(item));
  if (id === undefined) return null;
  const content = itemBytes(parts.get('iloc'), id, file, parts.get('idat') ?? new Uint8Array());
  if (!content || content.length < 4) return null;
  // How far the TIFF data is from here: behind "Exif\0\0", perhaps.
  const offset = viewOf(content).getUint32(0);
  return content.length > 4 + offset ? content.subarray(4 + offset) : null;
}

function exifItems(itemInfo: Uint8Array | undefined): number[] {
  const fields = new Fields(itemInfo);
  const { version } = fields;
  fields.number(version === 0 ? 2 : 4);
  const ids: number[] = [];
  for (const { type, data } of boxes(fields.rest())) {
    if (type !== 'infe') continue;
    const entry = new Fields(data);
    if (entry.version !== 2 && entry.version !== 3) continue;
    const id = entry.number(entry.version === 2 ? 2 : 4);
    // Protected in some way, unless 0.
    const protection = entry.number(2);
    if (protection === 0 && startsWith(entry.rest(), 'Exif')) ids.push(id);
  }
  return ids;
}

function itemsDescribing(references: Uint8Array | undefined, picture: number): Set<number> {
  const all = new Fields(references);
  const width = all.version === 0 ? 2 : 4;
  const ids = new Set<number>();
  for (const { type, data } of boxes(all.rest())) {
    if (type !== 'cdsc') continue;
    const fields = new Fields(data, 0);
    const from = fields.number(width);
    for (let left = fields.number(2); left > 0 && !fields.cutOff; left -= 1) {
      if (fields.number(width) === picture) ids.add(from);
    }
  }
  return ids;
}

/** An item's bytes from the file or from the box "idat"; null where it has none that can be read. */
function itemBytes(
  locations: Uint8Array | undefined,
  wanted: number,
  file: Uint8Array,
  idat: Uint8Array,
): Uint8Array | null {
  const fields = new Fields(locations);
  const { version } = fields;
  if (version > 2) return null;
  const [widths, moreWidths] = [fields.number(1), fields.number(1)];
  const [offsetBytes, lengthBytes, baseBytes] = [widths >> 4, widths & 15, moreWidths >> 4];
  const indexBytes = version === 0 ? 0 : moreWidths & 15;
  const idBytes = version < 2 ? 2 : 4;
  for (let left = fields.number(idBytes); left > 0 && !fields.cutOff; left -= 1) {
    const id = fields.number(idBytes);
    const method = version === 0 ? 0 : fields.number(2) & 15;
    const elsewhere = fields.number(2);
    const base = fields.number(baseBytes);
    const count = fields.number(2);
    if (id !== wanted) {
      fields.skip(count * (indexBytes + offsetBytes + lengthBytes));
      continue;
    }
    const source = method === 0 ? file : method === 1 ? idat : null;
    if (!source || elsewhere !== 0) return null;
    const pieces: Uint8Array[] = [];
    let total = 0;
    for (let i = 0; i < count; i += 1) {
      fields.skip(indexBytes);
      const start = base + fields.number(offsetBytes);
      const length = fields.number(lengthBytes) || source.length - start;
      if (fields.cutOff || length < 1 || start + length > source.length) return null;
      total += length;
      if (count > 1 && total > MAX_PIECES_BYTES) return null;
      pieces.push(source.subarray(start, start + length));
    }
    return pieces.length === 1 ? pieces[0]! : concat(pieces);
  }
  return null;
}

/** Reads numbers one after the other; beyond the end they are 0. */
class Fields {
  /** Of a full box: its first byte. */
  readonly version: number;
  cutOff = false;
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array = new Uint8Array(), at = FULL_BOX_BYTES) {
    this.#bytes = bytes;
    this.#at = at;
    this.version = bytes[0] ?? 0;
  }

  /** Big-endian, of so many bytes. Above 2^53 it is not exact, and beyond any file. */
  number(bytes: number): number {
    let value = 0;
    if (this.#at + bytes > this.#bytes.length) this.cutOff = true;
    for (let i = 0; i < bytes; i += 1) value = value * 256 + (this.#bytes[this.#at + i] ?? 0);
    this.#at += bytes;
    return value;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  /** Of a box "pitm"; null where there is none. */
  primaryItem(): number | null {
    const id = this.number(this.version === 0 ? 2 : 4);
    return this.cutOff ? null : id;
  }
}
