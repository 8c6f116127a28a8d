import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAvif, readAvif } from './avif.ts';
import { concat, viewOf } from './bytes.ts';
import { writeUserComment } from './exif.ts';
import { readImageMetadata } from './metadata.ts';
import { AVIF, AVIF_SEQUENCE, AVIF_WITHOUT_EXIF, mutants, PICTURE_TEXT } from './testing.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
/** A number of so many bytes, big-endian. */
const uint = (bytes: number, value: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)) & 255);
const box = (type: string, ...parts: readonly Uint8Array[]): Uint8Array => {
  const data = concat(parts);
  return concat([uint(4, 8 + data.length), ascii(type), data]);
};
/** The same with its length in 64 bits. */
const longBox = (type: string, ...parts: readonly Uint8Array[]): Uint8Array => {
  const data = concat(parts);
  return concat([uint(4, 1), ascii(type), uint(8, 16 + data.length), data]);
};
const fullBox = (type: string, version: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  box(type, uint(4, version * 2 ** 24), ...parts);

const FTYP = box('ftyp', ascii('avif'), uint(4, 0), ascii('mif1'));
/** As an item: how far the TIFF data is, then the data. */
const EXIF_ITEM = concat([uint(4, 0), writeUserComment(PICTURE_TEXT)]);
const TEXT_BYTES = EXIF_ITEM.length;

interface Shape {
  readonly describes?: number;
  readonly iloc: Uint8Array;
  readonly idat?: Uint8Array;
  readonly ids?: 2 | 4;
}

/** A file whose item 1 is the picture and item 2 its EXIF data. */
function file({ describes = 1, iloc, idat, ids = 2 }: Shape): Uint8Array {
  const entry = (id: number, type: string): Uint8Array =>
    fullBox('infe', ids === 2 ? 2 : 3, uint(ids, id), uint(2, 0), ascii(type), uint(1, 0));
  const meta = fullBox(
    'meta',
    0,
    fullBox('pitm', ids === 2 ? 0 : 1, uint(ids, 1)),
    iloc,
    fullBox('iinf', ids === 2 ? 0 : 1, uint(ids, 2), entry(1, 'av01'), entry(2, 'Exif')),
    fullBox('iref', ids === 2 ? 0 : 1, box('cdsc', uint(ids, 2), uint(2, 1), uint(ids, describes))),
    ...(idat ? [box('idat', idat)] : []),
  );
  return concat([FTYP, meta]);
}

const text = async (bytes: Uint8Array): Promise<string | null> => (await readImageMetadata(bytes)).parameters;

test('reads the EXIF comment that Pillow writes, of a picture and of a sequence', async () => {
  expect(await readImageMetadata(AVIF)).toMatchObject({ format: 'avif', parameters: PICTURE_TEXT });
  expect(await text(AVIF_SEQUENCE)).toBe(PICTURE_TEXT);
  expect(await text(AVIF_WITHOUT_EXIF)).toBeNull();
});

test('a sequence may have its EXIF data with its track alone', async () => {
  const renamed = AVIF_SEQUENCE.slice();
  const first = [...AVIF_SEQUENCE.keys()].find((i) => viewOf(AVIF_SEQUENCE).getUint32(i) === 0x6d657461)!;
  renamed.set(ascii('free'), first);
  expect(await text(renamed)).toBe(PICTURE_TEXT);
});

test('an item inside of "idat", ids of 32 bits, pieces, lengths of 64 bits', async () => {
  const inIdat = (version: number, ids: 2 | 4, extents: readonly (readonly [number, number])[]): Uint8Array =>
    fullBox(
      'iloc',
      version,
      uint(1, 0x44),
      uint(1, 0x44),
      uint(version < 2 ? 2 : 4, 2),
      // The picture, whose extents have to be passed over.
      concat([uint(ids, 1), uint(2, 0), uint(2, 0), uint(4, 0), uint(2, 2), new Uint8Array(2 * 12)]),
      concat([uint(ids, 2), uint(2, 1), uint(2, 0), uint(4, 1), uint(2, extents.length)]),
      ...extents.map(([offset, length]) => concat([uint(4, 9), uint(4, offset), uint(4, length)])),
    );
  const idat = concat([uint(1, 99), EXIF_ITEM]);
  const whole = [[0, TEXT_BYTES]] as const;
  const halves = [
    [0, 30],
    [30, TEXT_BYTES - 30],
  ] as const;
  expect(await text(file({ iloc: inIdat(1, 2, whole), idat }))).toBe(PICTURE_TEXT);
  expect(await text(file({ iloc: inIdat(1, 2, halves), idat }))).toBe(PICTURE_TEXT);
  expect(await text(file({ iloc: inIdat(2, 4, halves), idat, ids: 4 }))).toBe(PICTURE_TEXT);
  // To the end of the box.
  expect(await text(file({ iloc: inIdat(1, 2, [[0, 0]]), idat }))).toBe(PICTURE_TEXT);
  // Of something else than the picture.
  expect(await text(file({ iloc: inIdat(1, 2, whole), idat, describes: 3 }))).toBeNull();
  // Beyond the end.
  expect(await text(file({ iloc: inIdat(1, 2, [[0, TEXT_BYTES + 1]]), idat }))).toBeNull();

  const long = concat([FTYP, longBox('free', new Uint8Array(5)), file({ iloc: inIdat(1, 2, whole), idat })]);
  expect(await text(long)).toBe(PICTURE_TEXT);
});

test('other files of the same container are none', () => {
  expect(isAvif(box('ftyp', ascii('heic'), uint(4, 0), ascii('mif1')))).toBe(false);
  expect(isAvif(box('ftyp', ascii('mif1'), uint(4, 0), ascii('avif')))).toBe(true);
  // A version that looks like a brand.
  expect(isAvif(box('ftyp', ascii('mp42'), ascii('avif')))).toBe(false);
});

test('no damage makes it throw, or hang', () => {
  for (const good of [AVIF, AVIF_SEQUENCE]) {
    fc.assert(
      fc.property(mutants(good), (bad) => {
        expect(readAvif(bad).exif?.length ?? 0).toBeLessThanOrEqual(bad.length);
      }),
      { numRuns: 3000, seed: 13 },
    );
  }
});

test('tables that claim more than there is are left at once', () => {
  // Four billion items without a byte, pieces that repeat the file 65535 times.
  const claims = fullBox('iloc', 2, uint(1, 0), uint(1, 0), uint(4, 0xffffffff));
  expect(readAvif(file({ iloc: claims, ids: 4 })).exif).toBeNull();
  const repeats = fullBox(
    'iloc',
    1,
    uint(1, 0),
    uint(1, 0),
    uint(2, 1),
    concat([uint(2, 2), uint(2, 0), uint(2, 0), uint(2, 0xffff)]),
  );
  const large = concat([file({ iloc: repeats }), box('mdat', new Uint8Array(2 ** 20))]);
  expect(readAvif(large).exif).toBeNull();
});
