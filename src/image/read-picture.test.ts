// Pictures as they are painted over: upright, and of files that Node can read.
import { describe, expect, test } from 'vitest';
import { ImageError } from './errors.ts';
import { flatten, parseColor } from './flatten.ts';
import { pngChunk, pngFile, readChunks } from './png-chunks.ts';
import { encodePng } from './png.ts';
import { readPicture } from './read-picture.ts';
import { GIF } from './testing.ts';

/** Of 3 x 2: grey levels "abc def", row by row. */
const STORED = 'abcdef';
/** Width and rows as they are seen, by orientation (Exif 2.32, 4.6.4). */
const SEEN = {
  1: [3, 'abcdef'],
  2: [3, 'cbafed'],
  3: [3, 'fedcba'],
  4: [3, 'defabc'],
  5: [2, 'adbecf'],
  6: [2, 'daebfc'],
  7: [2, 'fcebda'],
  8: [2, 'cfbead'],
  9: [3, 'abcdef'],
} as const;

/** TIFF data with nothing but an orientation. */
function exifOf(orientation: number, littleEndian: boolean): Uint8Array {
  const tiff = new Uint8Array(26);
  const view = new DataView(tiff.buffer);
  tiff.set(littleEndian ? [0x49, 0x49, 0x2a, 0] : [0x4d, 0x4d, 0, 0x2a]);
  view.setUint32(4, 8, littleEndian);
  view.setUint16(8, 1, littleEndian);
  view.setUint16(10, 0x0112, littleEndian);
  view.setUint16(12, 3, littleEndian);
  view.setUint32(14, 1, littleEndian);
  view.setUint16(18, orientation, littleEndian);
  return tiff;
}

async function turnedPng(orientation: number, littleEndian: boolean): Promise<Blob> {
  const data = Uint8Array.from(
    [...STORED].flatMap((letter) => new Array<number>(3).fill(letter.charCodeAt(0))),
  );
  const png = await encodePng({ width: 3, height: 2, channels: 3, data });
  const [header, ...rest] = [...readChunks(png)].map(({ type, data }) => pngChunk(type, data));
  return new Blob([pngFile([header!, pngChunk('eXIf', exifOf(orientation, littleEndian)), ...rest])]);
}

describe('readPicture', () => {
  test.each(Object.entries(SEEN))('orientation %s', async (orientation, [width, rows]) => {
    for (const littleEndian of [false, true]) {
      const { data, ...size } = await readPicture(await turnedPng(Number(orientation), littleEndian));
      expect(size).toEqual({ width, height: 6 / width, channels: 3 });
      expect([...data].filter((_, i) => i % 3 === 1).map((level) => String.fromCharCode(level))).toEqual([
        ...rows,
      ]);
    }
  });

  test('says what it cannot read', async () => {
    await expect(readPicture(new Blob(['<html>']))).rejects.toThrow(/not a PNG, JPEG/);
    await expect(readPicture(new Blob([GIF]))).rejects.toThrow(ImageError);
  });
});

test('transparency is laid over a colour', () => {
  const data = Uint8Array.of(255, 0, 10, 0, 255, 0, 10, 255, 255, 0, 10, 128);
  const flat = flatten({ width: 3, height: 1, channels: 4, data }, '#204060');
  // 32 * 127 / 255 + 128, 64 * 127 / 255, (96 * 127 + 10 * 128) / 255.
  expect([...flat.data]).toEqual([32, 64, 96, 255, 0, 10, 144, 32, 53]);
  expect(parseColor('#20406')).toBeNull();
  expect(() => flatten({ width: 3, height: 1, channels: 4, data }, 'red')).toThrow(ImageError);
});
