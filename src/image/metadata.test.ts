import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImageError } from './errors.ts';
import { decodeUserComment, findUserComment, writeUserComment } from './exif.ts';
import { imageFormat, readImageMetadata, writeParameters, type ImageFormat } from './metadata.ts';
import { pngChunk, pngFile, readChunks } from './png-chunks.ts';
import { decodePng, encodePng } from './png.ts';
import { AVIF, AVIF_SEQUENCE, fromBase64, GIF, mutants } from './testing.ts';
import { MAX_TEXT_BYTES } from './text-limits.ts';

/** Pictures of 3 x 2 pixels, written by libvips 8.17 (libjpeg-turbo, libwebp). */
const JPEG = fromBase64(
  '/9j/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAACAAMDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAb/xAAcEAACAgIDAAAAAAAAAAAAAAAAAQIDBBETQWL/xAAVAQEBAAAAAAAAAAAAAAAAAAACBf/EABsRAAIBBQAAAAAAAAAAAAAAAAABAgQyM3Gx/9oADAMBAAIRAxEAPwCKz7JvITc5b4q+/EQAWKfDDS4CVzP/2Q==',
);
const WEBP = {
  lossy:
    'UklGRkoAAABXRUJQVlA4ID4AAADQAQCdASoDAAIAAsBMJagCdAEUowvnAAD+9frX2Z//QsbZqRO/JlO35//Jv/rb9eZTPz/+TfjC9JUsS3IAAA==',
  lossless:
    'UklGRkYAAABXRUJQVlA4TDoAAAAvAkAAAC+goG0U6F4QiX8d2CCTtim96t/QpE1B2zZMP5fxB7j5D/Af4kHaNrcDAgHKWPHANhH9j/EC',
  'lossy with alpha':
    'UklGRkYAAABXRUJQVlA4WAoAAAAQAAAAAgAAAQAAQUxQSAcAAAAATU1NTU1NAFZQOCAYAAAAMAEAnQEqAwACAALATCWkAANwAP7uPAAA',
  'lossless with alpha': 'UklGRh4AAABXRUJQVlA4TBEAAAAvAkAAEAfQpja1qU2BiOh/AAA=',
  'with EXIF data':
    'UklGRioBAABXRUJQVlA4WAoAAAAIAAAAAgAAAQAAVlA4ID4AAADQAQCdASoDAAIAAsBMJagCdAEUowvnAAD+9frX2Z//QsbZqRO/JlO35//Jv/rb9eZTPz/+TfjC9JUsS3IAAEVYSUbGAAAARXhpZgAASUkqAAgAAAAHABIBAwABAAAAAQAAABoBBQABAAAAYgAAABsBBQABAAAAagAAACgBAwABAAAAAgAAABMCAwABAAAAAQAAAJiCAgADAAAAbWUAAGmHBAABAAAAcgAAAAAAAAA4YwAA6AMAADhjAADoAwAABgAAkAcABAAAADAyMTABkQcABAAAAAECAwAAoAcABAAAADAxMDABoAMAAQAAAP//AAACoAQAAQAAAAMAAAADoAQAAQAAAAIAAAAAAAAA',
} as const;
const PNG = await encodePng({ width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) });
const FILES: readonly (readonly [string, Uint8Array])[] = [
  ['PNG', PNG],
  ['JPEG', JPEG],
  ...Object.entries(WEBP).map(([name, file]) => [`WebP, ${name}`, fromBase64(file)] as const),
];
const TEXT = 'a cat, 猫 🐈\nNegative prompt: é\nSteps: 20, Sampler: Euler a, CFG scale: 7';

describe.each(FILES)('%s', (name, file) => {
  test('has no parameters at first', async () => {
    expect(await readImageMetadata(file)).toMatchObject({
      format: name
        .slice(0, 4)
        .toLowerCase()
        .replace(/[^a-z]/g, ''),
      parameters: null,
    });
  });

  test('keeps any text, and the last one written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1 }), async (text) => {
        const parameters = `${text}\nSteps: 20`;
        const written = writeParameters(writeParameters(file, TEXT), parameters);
        expect((await readImageMetadata(written)).parameters).toBe(parameters);
        // Written over, not added to.
        expect(writeParameters(written, TEXT)).toEqual(writeParameters(file, TEXT));
      }),
      { numRuns: 50 },
    );
  });

  test('is read from a Blob too', async () => {
    const blob = new Blob([writeParameters(file, TEXT)]);
    expect((await readImageMetadata(blob)).parameters).toBe(TEXT);
  });
});

test.each([
  ...FILES,
  ['AVIF', AVIF] as const,
  ['AVIF sequence', AVIF_SEQUENCE] as const,
  ['GIF', GIF] as const,
])('%s: damage anywhere gives an ImageError, or a text and a size', async (name, file) => {
  const writes = !/AVIF|GIF/.test(name);
  const good = writes ? writeParameters(file, TEXT) : file;
  await fc.assert(
    fc.asyncProperty(mutants(good), async (bad) => {
      const uses = [readImageMetadata, ...(writes ? [async () => writeParameters(bad, 'b')] : [])];
      for (const use of uses) {
        const error: unknown = await use(bad).then(
          () => null,
          (e: unknown) => e,
        );
        if (error !== null) expect(error).toBeInstanceOf(ImageError);
      }
    }),
    { numRuns: 500, seed: 13 },
  );
});

test('the first bytes tell the format, whatever follows', () => {
  const formats: readonly (readonly [Uint8Array, ImageFormat])[] = [
    [PNG, 'png'],
    [JPEG, 'jpeg'],
    [fromBase64(WEBP.lossy), 'webp'],
    [AVIF, 'avif'],
    [AVIF_SEQUENCE, 'avif'],
    [GIF, 'gif'],
  ];
  for (const [file, format] of formats) {
    expect(imageFormat(file)).toBe(format);
    expect(imageFormat(file.subarray(0, 48))).toBe(format);
  }
});

test('every format tells its size', async () => {
  for (const file of [JPEG, ...Object.values(WEBP).map(fromBase64), AVIF, AVIF_SEQUENCE, GIF]) {
    expect((await readImageMetadata(file)).size).toEqual({ width: 3, height: 2 });
  }
  expect((await readImageMetadata(PNG)).size).toEqual({ width: 1, height: 1 });
});

describe('PNG', () => {
  test('keeps its pixels and other texts', async () => {
    const picture = { width: 1, height: 1, channels: 3 as const, data: Uint8Array.of(1, 2, 3) };
    const png = writeParameters(await encodePng(picture, { workflow: '{}', parameters: 'old' }), TEXT);
    const { parameters, texts } = await readImageMetadata(png);
    expect([parameters, texts.get('workflow'), texts.size]).toEqual([TEXT, '{}', 2]);
    expect(await decodePng(png)).toEqual(picture);
    expect([...readChunks(png)].every((chunk) => chunk.intact())).toBe(true);
  });

  test('an EXIF comment wins, and is written over', async () => {
    const exif = pngChunk('eXIf', writeUserComment('from EXIF'));
    const end = PNG.length - 12;
    const png = Uint8Array.from([...PNG.subarray(0, end), ...exif, ...PNG.subarray(end)]);
    expect((await readImageMetadata(png)).parameters).toBe('from EXIF');
    expect((await readImageMetadata(writeParameters(png, TEXT))).parameters).toBe(TEXT);
  });
});

describe('JPEG', () => {
  const segment = (marker: number, data: readonly number[]): number[] => [
    0xff,
    marker,
    (data.length + 2) >> 8,
    (data.length + 2) & 0xff,
    ...data,
  ];
  const withSegments = (...segments: readonly (readonly number[])[]): Uint8Array =>
    Uint8Array.from([...JPEG.subarray(0, 2), ...segments.flat(), ...JPEG.subarray(2)]);
  const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)];
  const exif = (tiff: Uint8Array): number[] => [...utf8('Exif\0\0'), ...tiff];

  test('the last comment counts, without what is no UTF-8', async () => {
    const file = withSegments(
      segment(0xfe, utf8('first')),
      segment(0xfe, [...utf8('a 猫\ufffd'), 0xff, 0x62]),
    );
    expect((await readImageMetadata(file)).parameters).toBe('a 猫\ufffdb');
  });

  test('EXIF data puts comments aside, whether it says something or not', async () => {
    const comment = segment(0xfe, utf8('comment'));
    const said = withSegments(comment, segment(0xe1, exif(writeUserComment(TEXT))));
    expect((await readImageMetadata(said)).parameters).toBe(TEXT);
    const silent = withSegments(comment, segment(0xe1, exif(new Uint8Array(20))));
    expect((await readImageMetadata(silent)).parameters).toBeNull();
  });

  test('EXIF data may go on in a second segment', async () => {
    const tiff = writeUserComment(TEXT);
    const file = withSegments(
      segment(0xe1, exif(tiff.subarray(0, 50))),
      segment(0xe1, exif(tiff.subarray(50))),
    );
    expect((await readImageMetadata(file)).parameters).toBe(TEXT);
  });

  test('EXIF comes right after a JFIF header, pixels stay', async () => {
    const jfif = [0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];
    const file = Uint8Array.from([...JPEG.subarray(0, 2), ...jfif, ...JPEG.subarray(2)]);
    const written = writeParameters(file, TEXT);
    expect([...written.subarray(0, 20)]).toEqual([...file.subarray(0, 20)]);
    expect([...written.subarray(20, 22)]).toEqual([0xff, 0xe1]);
    expect(written.subarray(-(file.length - 20))).toEqual(file.subarray(20));
  });

  test('a text that is longer than a segment is refused', () => {
    expect(() => writeParameters(JPEG, 'a'.repeat(40_000))).toThrow(/too long for a JPEG/);
  });
});

test('WebP: a simple file is extended with its size and alpha', () => {
  const header = (kind: keyof typeof WEBP): number[] => [
    ...writeParameters(fromBase64(WEBP[kind]), TEXT).subarray(12, 30),
  ];
  const vp8x = (flags: number): number[] => [
    0x56,
    0x50,
    0x38,
    0x58,
    10,
    0,
    0,
    0,
    flags,
    0,
    0,
    0,
    2,
    0,
    0,
    1,
    0,
    0,
  ];
  expect(header('lossy')).toEqual(vp8x(0x08));
  expect(header('lossless')).toEqual(vp8x(0x08));
  expect(header('lossless with alpha')).toEqual(vp8x(0x18));
  expect(header('lossy with alpha')).toEqual(vp8x(0x18));
});

test('a comment that is too large is named, and costs nothing else', async () => {
  const exif = pngChunk('eXIf', writeUserComment('a'.repeat(MAX_TEXT_BYTES)));
  const parameters = pngChunk('tEXt', new TextEncoder().encode(`parameters\0${'a cat'}`));
  const png = pngFile([parameters, exif, pngChunk('IEND', new Uint8Array(0))]);
  expect(await readImageMetadata(png)).toMatchObject({ parameters: 'a cat', damaged: ['EXIF user comment'] });
});

describe('comments that others write', () => {
  /** TIFF with a user comment of these bytes, in either byte order. */
  const tiff = (comment: readonly number[], littleEndian: boolean): Uint8Array => {
    const bytes = new Uint8Array(44 + comment.length);
    const view = new DataView(bytes.buffer);
    bytes.set(littleEndian ? [0x49, 0x49, 0x2a, 0] : [0x4d, 0x4d, 0, 0x2a]);
    view.setUint32(4, 8, littleEndian);
    [
      [8, 0x8769, 4, 1, 26],
      [26, 0x9286, 7, comment.length, 44],
    ].forEach(([at = 0, tag = 0, type = 0, count = 0, value = 0]) => {
      view.setUint16(at, 1, littleEndian);
      view.setUint16(at + 2, tag, littleEndian);
      view.setUint16(at + 4, type, littleEndian);
      view.setUint32(at + 6, count, littleEndian);
      view.setUint32(at + 10, value, littleEndian);
    });
    bytes.set(comment, 44);
    return bytes;
  };
  const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
  const utf16 = (text: string, swap: boolean): number[] =>
    [...text].flatMap((c) => {
      const code = c.charCodeAt(0);
      return swap ? [code & 0xff, code >> 8] : [code >> 8, code & 0xff];
    });

  test.each([
    ['Unicode, big-endian', [...ascii('UNICODE\0'), ...utf16('a 猫: 1', false)], 'a 猫: 1'],
    ['Unicode, little-endian', [...ascii('UNICODE\0'), ...utf16('a 猫: 1', true)], 'a 猫: 1'],
    ['ASCII', ascii('ASCII\0\0\0a cat\0\0'), 'a cat'],
    ['JIS', [...ascii('JIS\0\0\0\0\0'), 0x94, 0x4c], '猫'],
    ['no encoding', ascii('\0\0\0\0\0\0\0\0a cat'), 'a cat'],
    ['no prefix at all', ascii('just a cat'), 'just a cat'],
  ])('%s', (_, comment, text) => {
    const read = (exif: Uint8Array): string | null => {
      const found = findUserComment(exif);
      return found && decodeUserComment(found);
    };
    expect(read(tiff(comment, false))).toBe(text);
    expect(read(tiff(comment, true))).toBe(text);
    expect(read(Uint8Array.from([...ascii('Exif\0\0'), ...tiff(comment, true)]))).toBe(text);
  });

  test('a comment that lies about its length is not read', () => {
    const bytes = tiff(ascii('ASCII\0\0\0a cat'), false);
    new DataView(bytes.buffer).setUint32(32, 0xffffffff);
    expect(findUserComment(bytes)).toBeNull();
  });
});

test('other files are refused', async () => {
  for (const file of [new Uint8Array(0), new Uint8Array(50), Uint8Array.of(0xff, 0xd8)]) {
    await expect(readImageMetadata(file)).rejects.toThrow('not a PNG, JPEG, WebP, AVIF or GIF');
  }
});
