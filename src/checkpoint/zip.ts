// A zip file's directory and the places of its entries (PKWARE APPNOTE 6.3.10, with ZIP64), read out of a ByteSource.
// The directory comes from strangers: every length and offset is checked against the file before it is used, and what
// contradicts itself is refused instead of guessed at.
import { quote } from './tensor.ts';
import { CheckpointError, type ByteSource } from './types.ts';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_RECORD = 0x06054b50;
const END_LOCATOR_64 = 0x07064b50;
const END_RECORD_64 = 0x06064b50;

const LOCAL_LENGTH = 30;
const CENTRAL_LENGTH = 46;
const END_LENGTH = 22;
const END_LOCATOR_64_LENGTH = 20;
const END_RECORD_64_LENGTH = 56;
const MAX_COMMENT = 65535;
const MAX_DIRECTORY = 64 * 2 ** 20;

const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED_FLAG = 1;

export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  /** Bytes in the file and after unpacking; equal unless deflated. */
  readonly compressedSize: number;
  readonly size: number;
  /** CRC-32 of the unpacked bytes. */
  readonly crc: number;
  /** Why the entry cannot be read, or null. */
  readonly unreadable: string | null;
  /** Offset of the local header. */
  readonly headerOffset: number;
  /** Bytes of the name in the file. */
  readonly nameLength: number;
}

export interface ZipDirectory {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** Where the entry must end at the latest: at the next entry's header, or where the directory begins. */
  limit(entry: ZipEntry): number;
}

/** Does the file begin like a zip? */
export function looksLikeZip(head: Uint8Array): boolean {
  return head.length >= 4 && view(head).getUint32(0, true) === LOCAL_HEADER;
}

/** Reads the central directory. Throws CheckpointError. */
export async function readZipDirectory(source: ByteSource): Promise<ZipDirectory> {
  const end = await findEnd(source);
  const directory = await source.read(end.offset, end.size);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < end.count; i++) {
    const { entry, length } = readCentralHeader(directory, at);
    at += length;
    if (entry.headerOffset + LOCAL_LENGTH + entry.compressedSize > end.offset) {
      throw corrupt(`places the entry ${quote(entry.name)} past its own end`);
    }
    checkName(entry.name);
    if (entries.has(entry.name)) throw corrupt(`has the entry ${quote(entry.name)} twice`);
    entries.set(entry.name, entry);
  }
  if (at !== end.size) throw corrupt('is longer than its entries');
  const headers = [...new Set([...entries.values()].map((entry) => entry.headerOffset))].sort(
    (a, b) => a - b,
  );
  const next = new Map(headers.map((offset, i) => [offset, headers[i + 1] ?? end.offset]));
  return { entries, limit: (entry) => next.get(entry.headerOffset) ?? end.offset };
}

/** Offset of an entry's (compressed) bytes, from its local header. Throws CheckpointError. */
export async function locateEntry(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
): Promise<number> {
  if (entry.unreadable !== null) {
    throw new CheckpointError(
      'unsupported',
      `The entry ${quote(entry.name)} of the zip ${entry.unreadable}.`,
    );
  }
  const wrong = corrupt(`points at no header for the entry ${quote(entry.name)}`);
  const limit = directory.limit(entry);
  const headerLength = LOCAL_LENGTH + entry.nameLength;
  if (entry.headerOffset + headerLength > limit) throw wrong;
  const bytes = await source.read(entry.headerOffset, headerLength);
  const header = view(bytes);
  const flags = header.getUint16(6, true);
  const method = header.getUint16(8, true);
  const sameName =
    header.getUint16(26, true) === entry.nameLength &&
    decodeName(bytes.subarray(LOCAL_LENGTH)) === entry.name;
  if (header.getUint32(0, true) !== LOCAL_HEADER || !sameName) throw wrong;
  if ((flags & ENCRYPTED_FLAG) !== 0 || method !== (entry.deflated ? DEFLATED : STORED)) throw wrong;
  const data = entry.headerOffset + headerLength + header.getUint16(28, true);
  if (data + entry.compressedSize > limit) {
    throw corrupt(`lets the entry ${quote(entry.name)} run into what follows it`);
  }
  return data;
}

interface End {
  readonly count: number;
  readonly offset: number;
  readonly size: number;
}

async function findEnd(source: ByteSource): Promise<End> {
  const tailStart = Math.max(0, source.size - END_LENGTH - MAX_COMMENT - END_LOCATOR_64_LENGTH);
  const tail = await source.read(tailStart, source.size - tailStart);
  const data = view(tail);
  for (let at = tail.length - END_LENGTH; at >= 0; at--) {
    // A signature inside a comment is told from the real one by the comment's length.
    if (data.getUint32(at, true) !== END_RECORD) continue;
    if (at + END_LENGTH + data.getUint16(at + 20, true) !== tail.length) continue;
    return checkEnd(source, tailStart + at, new DataView(tail.buffer, tail.byteOffset, at + END_LENGTH));
  }
  throw new CheckpointError(
    'truncated',
    'The file is a zip whose end is missing. The download was probably cut off: download it again.',
  );
}

/** `tail`: the bytes up to and with the end record, which is at `position` in the file. */
async function checkEnd(source: ByteSource, position: number, tail: DataView): Promise<End> {
  const at = tail.byteLength - END_LENGTH;
  const end = {
    disk: tail.getUint16(at + 4, true),
    directoryDisk: tail.getUint16(at + 6, true),
    countHere: tail.getUint16(at + 8, true),
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  let limit = position;

  const locator = at - END_LOCATOR_64_LENGTH;
  if (locator >= 0 && tail.getUint32(locator, true) === END_LOCATOR_64) {
    const where = safe(tail.getBigUint64(locator + 8, true));
    if (where + END_RECORD_64_LENGTH > position - END_LOCATOR_64_LENGTH)
      throw corrupt('has no ZIP64 end record');
    const record = view(await source.read(where, END_RECORD_64_LENGTH));
    if (record.getUint32(0, true) !== END_RECORD_64) throw corrupt('has no ZIP64 end record');
    // A field that the short record can hold must say the same as the long one.
    const merge = (short: number, sentinel: number, long: number): number => {
      if (short !== sentinel && short !== long)
        throw corrupt('has two end records that contradict each other');
      return long;
    };
    end.disk = merge(end.disk, 0xffff, record.getUint32(16, true));
    end.directoryDisk = merge(end.directoryDisk, 0xffff, record.getUint32(20, true));
    end.countHere = merge(end.countHere, 0xffff, safe(record.getBigUint64(24, true)));
    end.count = merge(end.count, 0xffff, safe(record.getBigUint64(32, true)));
    end.size = merge(end.size, 0xffffffff, safe(record.getBigUint64(40, true)));
    end.offset = merge(end.offset, 0xffffffff, safe(record.getBigUint64(48, true)));
    limit = where;
  }

  if (end.disk !== 0 || end.directoryDisk !== 0 || end.countHere !== end.count) {
    throw new CheckpointError(
      'unsupported',
      'The file is one part of a zip split in several. Join them first.',
    );
  }
  if (end.offset + end.size > limit) throw corrupt('reaches past its own end');
  if (end.size > MAX_DIRECTORY) throw corrupt('is absurdly long');
  if (end.count * CENTRAL_LENGTH > end.size)
    throw corrupt(`claims ${end.count} entries, more than it has room for`);
  return end;
}

function readCentralHeader(directory: Uint8Array, at: number): { entry: ZipEntry; length: number } {
  const room = directory.length - at;
  if (room < CENTRAL_LENGTH) throw corrupt('ends too early');
  const header = new DataView(directory.buffer, directory.byteOffset + at, room);
  if (header.getUint32(0, true) !== CENTRAL_HEADER) throw corrupt('is damaged');
  const flags = header.getUint16(8, true);
  const method = header.getUint16(10, true);
  const nameLength = header.getUint16(28, true);
  const extraLength = header.getUint16(30, true);
  const length = CENTRAL_LENGTH + nameLength + extraLength + header.getUint16(32, true);
  if (length > room) throw corrupt('ends too early');

  const name = decodeName(directory.subarray(at + CENTRAL_LENGTH, at + CENTRAL_LENGTH + nameLength));
  const extraStart = directory.byteOffset + at + CENTRAL_LENGTH + nameLength;
  const long = long64(new DataView(directory.buffer, extraStart, extraLength), name);
  // In this order: the ZIP64 field holds only the values that do not fit.
  const size = long(header.getUint32(24, true), 4);
  const compressedSize = long(header.getUint32(20, true), 4);
  const headerOffset = long(header.getUint32(42, true), 4);
  const disk = long(header.getUint16(34, true), 2);
  if (disk !== 0) throw corrupt(`places the entry ${quote(name)} in another file`);

  const encrypted = (flags & ENCRYPTED_FLAG) !== 0;
  if (method === STORED && !encrypted && size !== compressedSize) {
    throw corrupt(`gives the entry ${quote(name)} two lengths`);
  }
  const unreadable = encrypted
    ? 'is encrypted'
    : method !== STORED && method !== DEFLATED
      ? `is packed in an unknown way (method ${method})`
      : null;
  const crc = header.getUint32(16, true);
  const deflated = method === DEFLATED;
  return {
    entry: { name, deflated, compressedSize, size, crc, unreadable, headerOffset, nameLength },
    length,
  };
}

/** Replaces values that are all ones by those of the ZIP64 extra field, in the order of the calls. */
function long64(extra: DataView, entryName: string): (short: number, bytes: 2 | 4) => number {
  let at = 0;
  let end = 0;
  for (let field = 0; field + 4 <= extra.byteLength;) {
    const id = extra.getUint16(field, true);
    const next = field + 4 + extra.getUint16(field + 2, true);
    if (next > extra.byteLength) break;
    if (id === 1) {
      at = field + 4;
      end = next;
      break;
    }
    field = next;
  }
  return (short, bytes) => {
    if (short !== 2 ** (8 * bytes) - 1) return short;
    const length = bytes === 4 ? 8 : 4;
    if (at + length > end) throw corrupt(`lacks the ZIP64 length of the entry ${quote(entryName)}`);
    const value = bytes === 4 ? safe(extra.getBigUint64(at, true)) : extra.getUint32(at, true);
    at += length;
    return value;
  };
}

/** Entry names are paths; none of ours is ever written to a disk, but one that tries is not from torch. */
function checkName(name: string): void {
  const climbs = name.split('/').some((part) => part === '..' || part === '.');
  if (climbs || name.startsWith('/') || /[\\\0]/.test(name) || /^[a-z]:/i.test(name)) {
    throw corrupt(`has an entry with the unsafe path ${quote(name)}`);
  }
}

function decodeName(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Some old code page: no name we look for has such characters but in the folder, where only equality matters.
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  }
}

function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt('has an impossible length');
  return Number(value);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function corrupt(what: string): CheckpointError {
  return new CheckpointError(
    'corrupt',
    `The zip directory of the file ${what}. The file is damaged: download it again.`,
  );
}
