// Writes small pickles, zips and torch files for the tests: right ones, and ones that are wrong in one chosen place.
import { deflateRawSync } from 'node:zlib';
import { crc32 } from './crc32.ts';

/** A pickle's bytes: opcodes as one-character texts (or longer ones, latin-1), numbers as bytes, or bytes. */
export type Part = string | number | Uint8Array | readonly Part[];

export function join(...parts: readonly Part[]): Uint8Array {
  const pieces = parts.map((part) => {
    if (typeof part === 'string') return Buffer.from(part, 'latin1');
    if (typeof part === 'number') return Uint8Array.of(part);
    return part instanceof Uint8Array ? part : join(...part);
  });
  return new Uint8Array(Buffer.concat(pieces));
}

function littleEndian(value: number | bigint, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  let rest = BigInt.asUintN(bytes * 8, BigInt(value));
  for (let i = 0; i < bytes; i++, rest >>= 8n) out[i] = Number(rest & 255n);
  return out;
}

/** Pickle fragments (protocol 2). */
export const P = {
  int: (value: number): Part => ['J', littleEndian(value, 4)],
  text: (value: string): Part => {
    const bytes = new TextEncoder().encode(value);
    return ['X', littleEndian(bytes.length, 4), bytes];
  },
  global: (module: string, name: string): Part => `c${module}\n${name}\n`,
  tuple: (...items: readonly Part[]): Part => ['(', ...items, 't'],
  list: (...items: readonly Part[]): Part => [']', '(', ...items, 'e'],
  dict: (...pairs: readonly (readonly [Part, Part])[]): Part => ['}', '(', ...pairs.flat(), 'u'],
  call: (callee: Part, ...args: readonly Part[]): Part => [callee, P.tuple(...args), 'R'],
  ints: (values: readonly number[]): Part => P.tuple(...values.map(P.int)),
  none: 'N',
  true: 0x88,
  false: 0x89,
  pickle: (value: Part): Uint8Array => join(0x80, 2, value, '.'),
};

export const ORDERED_DICT = P.call(P.global('collections', 'OrderedDict'));

/** ('storage', torch.KIND, key, 'cpu', count[, view]) as a persistent id. */
export function storage(kind: string, key: string, count: number, view: Part = []): Part {
  return [
    P.tuple(P.text('storage'), P.global('torch', kind), P.text(key), P.text('cpu'), P.int(count), view),
    'Q',
  ];
}

export function tensor(
  from: Part,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
  ...more: Part[]
): Part {
  const rebuild = P.global('torch._utils', '_rebuild_tensor_v2');
  return P.call(rebuild, from, P.int(offset), P.ints(shape), P.ints(strides), P.false, ORDERED_DICT, ...more);
}

/** A contiguous float32 tensor that fills storage `key`. */
export function floats(key: string, shape: readonly number[]): Part {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const count = shape.reduce((a, b) => a * b, 1);
  return tensor(storage('FloatStorage', key, count), 0, shape, strides);
}

/** 0, 1, 2, ... as little-endian float32. */
export function countUp(count: number): Uint8Array {
  return new Uint8Array(Float32Array.from({ length: count }, (_, i) => i).buffer);
}

export interface ZipItem {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflate?: boolean;
  /** Fields of the directory to write instead of the true ones. */
  readonly lie?: Partial<{
    size: number;
    compressedSize: number;
    offset: number;
    crc: number;
    method: number;
    flags: number;
  }>;
  readonly zip64?: boolean;
}

export interface ZipOptions {
  readonly comment?: Uint8Array;
  /** Write the ZIP64 end record and all ones in the short one. */
  readonly zip64?: boolean;
  /** Entry count to claim. */
  readonly count?: number;
  /** Bytes that the file has between its first entry and the next, and the result has not. */
  readonly gap?: number;
}

export function zipFile(items: readonly ZipItem[], options: ZipOptions = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const item of items) {
    const name = new TextEncoder().encode(item.name);
    const body = item.deflate ? new Uint8Array(deflateRawSync(item.data)) : item.data;
    const lie = {
      size: item.data.length,
      compressedSize: body.length,
      offset: at,
      crc: crc32(item.data),
      method: item.deflate ? 8 : 0,
      flags: 0,
      ...item.lie,
    };
    const u16 = (v: number): Uint8Array => littleEndian(v, 2);
    const u32 = (v: number): Uint8Array => littleEndian(v, 4);
    const local = join(
      u32(0x04034b50),
      u16(20),
      u16(0),
      u16(item.deflate ? 8 : 0),
      u32(0),
      u32(crc32(item.data)),
      u32(body.length),
      u32(item.data.length),
      u16(name.length),
      u16(0),
      name,
    );
    const long = item.zip64 === true;
    const extra = long
      ? join(
          u16(1),
          u16(24),
          littleEndian(lie.size, 8),
          littleEndian(lie.compressedSize, 8),
          littleEndian(lie.offset, 8),
        )
      : new Uint8Array(0);
    const short = (v: number): Uint8Array => u32(long ? 0xffffffff : v);
    directory.push(
      join(
        u32(0x02014b50),
        u16(20),
        u16(20),
        u16(lie.flags),
        u16(lie.method),
        u32(0),
        u32(lie.crc),
        short(lie.compressedSize),
        short(lie.size),
        u16(name.length),
        u16(extra.length),
        u16(0),
        u16(0),
        u16(0),
        u32(0),
        short(lie.offset),
        name,
        extra,
      ),
    );
    parts.push(local, body);
    at += local.length + body.length + (item === items[0] ? (options.gap ?? 0) : 0);
  }
  const central = join(...directory);
  const count = options.count ?? items.length;
  const long = options.zip64 === true;
  const tail: Part[] = [];
  if (long) {
    tail.push(
      littleEndian(0x06064b50, 4),
      littleEndian(44, 8),
      littleEndian(45, 2),
      littleEndian(45, 2),
      littleEndian(0, 8),
      littleEndian(count, 8),
      littleEndian(count, 8),
      littleEndian(central.length, 8),
      littleEndian(at, 8),
    );
    tail.push(
      littleEndian(0x07064b50, 4),
      littleEndian(0, 4),
      littleEndian(at + central.length, 8),
      littleEndian(1, 4),
    );
  }
  const comment = options.comment ?? new Uint8Array(0);
  const n = long ? 0xffff : count;
  tail.push(
    littleEndian(0x06054b50, 4),
    littleEndian(0, 4),
    littleEndian(n, 2),
    littleEndian(n, 2),
    littleEndian(long ? 0xffffffff : central.length, 4),
    littleEndian(long ? 0xffffffff : at, 4),
    littleEndian(comment.length, 2),
    comment,
  );
  return join(...parts, central, tail);
}

/** torch.save's zip: `object` is a pickle fragment. */
export function torchZip(
  object: Part,
  storages: Readonly<Record<string, Uint8Array>>,
  deflate = false,
): Uint8Array {
  return zipFile([
    { name: 'archive/data.pkl', data: P.pickle(object), deflate },
    ...Object.entries(storages).map(([key, data]) => ({ name: `archive/data/${key}`, data, deflate })),
    { name: 'archive/version', data: join('3\n') },
  ]);
}

/** torch.save's legacy file. Storages: key, element count as it is written in the file, bytes. */
export function torchLegacy(
  object: Part,
  storages: readonly (readonly [key: string, count: number, data: Uint8Array])[],
  system?: Part,
): Uint8Array {
  return join(
    P.pickle([0x8a, 10, littleEndian(0x1950a86a20f9469cfc6cn, 10)]),
    P.pickle(P.int(1001)),
    P.pickle(system ?? P.dict([P.text('little_endian'), P.true])),
    P.pickle(object),
    P.pickle(P.list(...storages.map(([key]) => P.text(key)))),
    ...storages.flatMap(([, count, data]) => [littleEndian(count, 8), data]),
  );
}
