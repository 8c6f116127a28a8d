import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImageError } from './errors.ts';
import type { PixelImage } from './pixels.ts';
import { pngChunk, pngFile, readChunks } from './png-chunks.ts';
import { readPngTexts } from './png-text.ts';
import { decodePng, encodePng } from './png.ts';
import { MAX_TEXT_BYTES, MAX_TEXTS } from './text-limits.ts';

const pictures = fc
  .record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    channels: fc.constantFrom(3 as const, 4 as const),
  })
  .chain((shape) => {
    const size = shape.width * shape.height * shape.channels;
    return fc
      .uint8Array({ minLength: size, maxLength: size })
      .map((data) => ({ ...shape, data: new Uint8Array(data) }));
  });

/** A PNG from raw rows (filter bytes included). */
function handMade(
  [width, height, depth, colorType, interlace]: readonly [number, number, number, number, number],
  raw: readonly number[],
  extra: readonly Uint8Array[] = [],
): Uint8Array {
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set([depth, colorType, 0, 0, interlace], 8);
  return pngFile([
    pngChunk('IHDR', header),
    ...extra,
    pngChunk('IDAT', new Uint8Array(deflateSync(Uint8Array.from(raw)))),
    pngChunk('IEND', new Uint8Array(0)),
  ]);
}

async function pixelsOf(png: Uint8Array): Promise<{ channels: number; data: number[] }> {
  const { channels, data } = await decodePng(png);
  return { channels, data: [...data] };
}

describe('round trip', () => {
  test('any picture comes back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(pictures, async (picture: PixelImage) => {
        const back = await decodePng(await encodePng(picture));
        expect(back).toEqual({ ...picture, data: new Uint8Array(picture.data) });
      }),
      { numRuns: 100 },
    );
  });

  test('any text comes back as it was', async () => {
    const picture: PixelImage = { width: 1, height: 1, channels: 3, data: new Uint8Array(3) };
    const text = fc.string({ unit: 'grapheme', maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(text, async (parameters) => {
        const { texts, damaged } = await readPngTexts(await encodePng(picture, { parameters }));
        expect(texts).toEqual(new Map([['parameters', parameters]]));
        expect(damaged).toEqual([]);
      }),
    );
  });

  test('a smooth picture is packed well below its raw size', async () => {
    const [width, height] = [128, 128];
    const data = new Uint8Array(width * height * 3).map(
      (_, i) => 127 + 90 * Math.sin(i / 900) + 30 * Math.sin(Math.floor(i / 3) / 7),
    );
    expect((await encodePng({ width, height, channels: 3, data })).length).toBeLessThan(data.length / 3);
  });

  test('texts are chunks of their own before the pixels: tEXt where Latin-1 suffices, else iTXt', async () => {
    const picture: PixelImage = { width: 1, height: 1, channels: 4, data: new Uint8Array(4) };
    const png = await encodePng(picture, { parameters: 'café \x80', extra: '猫' });
    expect([...readChunks(png)].map((chunk) => chunk.type)).toEqual(['IHDR', 'tEXt', 'iTXt', 'IDAT', 'IEND']);
  });

  test('a picture whose bytes do not fit its size is refused', async () => {
    const data = new Uint8Array(5);
    await expect(encodePng({ width: 1, height: 2, channels: 3, data })).rejects.toThrow(/needs 6 bytes/);
    await expect(encodePng({ width: 0, height: 2, channels: 3, data })).rejects.toThrow(ImageError);
  });
});

describe('the formats of PNG', () => {
  test('1-bit grey', async () => {
    const png = handMade([10, 2, 1, 0, 0], [0, 0b10101010, 0b01000000, 0, 0b00000000, 0b11000000]);
    const grey = [1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
    expect(await pixelsOf(png)).toEqual({
      channels: 3,
      data: grey.flatMap((v) => [v * 255, v * 255, v * 255]),
    });
  });

  test('4-bit palette with alpha', async () => {
    const png = handMade(
      [3, 1, 4, 3, 0],
      [0, 0x20, 0x10],
      [pngChunk('PLTE', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)), pngChunk('tRNS', Uint8Array.of(0, 128))],
    );
    expect(await pixelsOf(png)).toEqual({ channels: 4, data: [7, 8, 9, 255, 1, 2, 3, 0, 4, 5, 6, 128] });
  });

  test('16-bit RGB with a transparent colour, told apart by both bytes', async () => {
    const png = handMade(
      [2, 1, 16, 2, 0],
      [0, 9, 1, 9, 2, 9, 3, 9, 1, 9, 2, 9, 4],
      [pngChunk('tRNS', Uint8Array.of(9, 1, 9, 2, 9, 3))],
    );
    expect(await pixelsOf(png)).toEqual({ channels: 4, data: [9, 9, 9, 0, 9, 9, 9, 255] });
  });

  test('grey with alpha', async () => {
    const png = handMade([2, 1, 8, 4, 0], [0, 5, 6, 7, 8]);
    expect(await pixelsOf(png)).toEqual({ channels: 4, data: [5, 5, 5, 6, 7, 7, 7, 8] });
  });

  test('Adam7, 2-bit grey, of a size that leaves passes out', async () => {
    // 3 x 3: passes hold (0,0); nothing; nothing; (2,0); (0,2) (2,2); (1,0) (1,2); row 1.
    const png = handMade(
      [3, 3, 2, 0, 1],
      [0, 0b00_000000, 0, 0b10_000000, 0, 0b01_11_0000, 0, 0b01_000000, 0, 0b10_000000, 0, 0b11_00_01_00],
    );
    const grey = [0, 1, 2, 3, 0, 1, 1, 2, 3];
    expect(await pixelsOf(png)).toEqual({ channels: 3, data: grey.flatMap((v) => [v * 85, v * 85, v * 85]) });
  });
});

describe('hostile files', () => {
  test('damage anywhere gives an ImageError or the picture', async () => {
    const picture: PixelImage = {
      width: 9,
      height: 7,
      channels: 4,
      data: new Uint8Array(9 * 7 * 4).map((_, i) => i),
    };
    const good = await encodePng(picture, { parameters: 'a cat\nSteps: 20', other: '猫' });
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: good.length }),
        fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), { maxLength: 4 }),
        async (length, edits) => {
          const bad = good.slice(0, length);
          for (const [at, value] of edits) if (at < length) bad[at] = value;
          for (const read of [decodePng, readPngTexts]) {
            const error: unknown = await read(bad).then(
              () => null,
              (e: unknown) => e,
            );
            if (error !== null) expect(error).toBeInstanceOf(ImageError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('damage under correct checksums', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.nat(5), fc.nat(5), fc.constantFrom(0, 1, 2, 4, 8, 16), fc.nat(7), fc.nat(2)),
        fc.array(fc.nat(255), { maxLength: 60 }),
        fc.uint8Array({ maxLength: 12 }),
        fc.uint8Array({ maxLength: 8 }),
        async (header, raw, palette, transparency) => {
          const extra = [pngChunk('PLTE', palette), pngChunk('tRNS', transparency)];
          const error: unknown = await decodePng(handMade(header, raw, extra)).then(
            () => null,
            (e: unknown) => e,
          );
          if (error !== null) expect(error).toBeInstanceOf(ImageError);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('more pixels than allowed are refused by the header alone', async () => {
    await expect(decodePng(handMade([60000, 60000, 8, 2, 0], []))).rejects.toThrow(/at most/);
    await expect(decodePng(handMade([20, 20, 8, 2, 0], []), 399)).rejects.toThrow(/at most 399/);
  });

  test('few bytes that claim many pixels, and pixels that go on beyond the picture, are refused', async () => {
    await expect(decodePng(handMade([8000, 8000, 8, 2, 0], [0, 1, 2]))).rejects.toThrow(/fewer pixels/);
    const bomb = handMade(
      [1, 1, 8, 0, 0],
      Array.from({ length: 100_000 }, () => 0),
    );
    await expect(decodePng(bomb)).rejects.toThrow(/unpacks to more/);
  });

  test('a file that is no PNG is refused', async () => {
    await expect(decodePng(new Uint8Array(100))).rejects.toThrow('not a PNG');
    await expect(readPngTexts(new Uint8Array(0))).rejects.toThrow('not a PNG');
  });
});

const end = pngChunk('IEND', new Uint8Array(0));
const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)];
const plain = (keyword: string, text: string): Uint8Array =>
  pngChunk('tEXt', Uint8Array.from(utf8(`${keyword}\0${text}`)));
const packedLatin1 = (keyword: string, packed: Uint8Array): Uint8Array =>
  pngChunk('zTXt', Uint8Array.from([...utf8(keyword), 0, 0, ...packed]));
const packedUtf8 = (keyword: string, packed: Uint8Array): Uint8Array =>
  pngChunk(
    'iTXt',
    Uint8Array.from([...utf8(keyword), 0, 1, 0, ...utf8('en'), 0, ...utf8('Note'), 0, ...packed]),
  );

describe('texts that others write', () => {
  test('compressed Latin-1 and compressed UTF-8', async () => {
    const z = packedLatin1('parameters', deflateSync(Uint8Array.of(0xe9)));
    const i = packedUtf8('note', deflateSync(Buffer.from('猫')));
    const { texts } = await readPngTexts(pngFile([z, i, end]));
    expect([...texts]).toEqual([
      ['parameters', 'é'],
      ['note', '猫'],
    ]);
  });

  test('a text after the pixels, a repeated keyword, and a file cut off behind its texts', async () => {
    const pixels = pngChunk('IDAT', new Uint8Array(3));
    const file = pngFile([pixels, plain('k', 'first'), plain('k', 'second'), end]);
    expect((await readPngTexts(file)).texts.get('k')).toBe('second');
    expect((await readPngTexts(file.subarray(0, file.length - 5))).texts.get('k')).toBe('second');
  });
});

describe('one text that is damaged or too large costs that text only', () => {
  const zeros = deflateSync(new Uint8Array(8 * 2 ** 20));
  const broken: readonly (readonly [string, Uint8Array])[] = [
    ['UTF-8 that is none', pngChunk('iTXt', Uint8Array.from([...utf8('k'), 0, 0, 0, 0, 0, 0xff]))],
    ['packed rubbish', packedLatin1('k', Uint8Array.of(0x78, 0x79, 0x7a))],
    ['a text of 5 MB', plain('k', 'a'.repeat(5_000_000))],
    ['Latin-1 that unpacks to 8 MB', packedLatin1('k', zeros)],
    ['UTF-8 that unpacks to 8 MB', packedUtf8('k', zeros)],
  ];

  test.each(broken)('%s', async (_, chunk) => {
    for (const chunks of [
      [plain('parameters', 'a cat'), chunk],
      [chunk, plain('parameters', 'a cat')],
    ]) {
      const { texts, damaged } = await readPngTexts(pngFile([...chunks, end]));
      expect(texts.get('parameters')).toBe('a cat');
      expect(texts.get('k') ?? '').toBe('');
      expect(damaged).toEqual(['k']);
    }
  });

  test('of those with the same keyword the last sound one counts', async () => {
    for (const [, chunk] of broken) {
      const { texts, damaged } = await readPngTexts(pngFile([plain('k', 'sound'), chunk, end]));
      expect([texts.get('k'), damaged]).toEqual(['sound', []]);
    }
  });

  test('what is cut off is kept as far as it goes, and named', async () => {
    const packed = deflateSync(Buffer.from('a lighthouse'));
    const { texts, damaged } = await readPngTexts(pngFile([packedLatin1('k', packed.subarray(0, -4)), end]));
    expect([texts.get('k'), damaged]).toEqual(['a lighthouse', ['k']]);
  });

  test('all that is unpacked counts, text or not; what comes first in the caller’s eyes comes first', async () => {
    // 0xff is no UTF-8.
    const bomb = packedUtf8('bomb', deflateSync(new Uint8Array(MAX_TEXT_BYTES).fill(0xff)));
    const bombs = Array.from({ length: 40 }, () => bomb);
    const file = pngFile([...bombs, plain('later', 'b'), plain('wanted', 'a'), end]);
    const { texts, damaged } = await readPngTexts(file, ['wanted']);
    expect([...texts]).toEqual([['wanted', 'a']]);
    expect(damaged).toEqual(['bomb', 'later']);
  });

  test('texts without number are not kept', async () => {
    const many = Array.from({ length: 3 * MAX_TEXTS }, (_, i) => plain(`k${i}`, ''));
    const { texts } = await readPngTexts(pngFile([...many, plain('wanted', 'a'), end]), ['wanted']);
    expect(texts.size).toBe(MAX_TEXTS + 1);
    expect(texts.get('wanted')).toBe('a');
  });
});
