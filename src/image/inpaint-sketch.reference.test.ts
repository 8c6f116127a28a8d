// What "Inpaint sketch" makes of a picture that was painted on, as A1111 with Pillow makes it
// (tests/reference/pictures/inpaint_sketch.json).
import { describe, expect, it } from 'vitest';
import { pictureTensors, referencePicture } from '../../tests/reference-pictures.ts';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { inpaintSketch, withStrokes } from './inpaint-sketch.ts';
import type { PixelImage } from './pixels.ts';

interface Case {
  readonly original: string;
  readonly painted: string;
  readonly mask_blur: number;
  readonly mask_alpha: number;
  readonly picture: string;
  readonly mask: string;
}

const NAME = 'inpaint_sketch';
const files = listReference('pictures');
const there = [`${NAME}.json`, `${NAME}.safetensors.gz`].every((file) => files.includes(file));
const cases = there
  ? readReferenceJson<{ readonly cases: readonly Case[] }>('pictures', `${NAME}.json`).cases
  : [];

const read = (name: string) => referencePicture(pictureTensors(NAME), name);

describe.skipIf(!there)('Inpaint sketch', () => {
  it.each(cases)('$painted, blur $mask_blur, transparency $mask_alpha', async (one) => {
    const original = (await read(one.original)) as PixelImage;
    const painted = (await read(one.painted)) as PixelImage;
    const made = inpaintSketch(original, painted, one.mask_blur, one.mask_alpha);
    expect(made.mask).toEqual(await read(one.mask));
    expect(made.picture).toEqual(await read(one.picture));
  });
});

it('lays strokes on a picture as far as they are opaque', () => {
  const picture = {
    width: 3,
    height: 1,
    channels: 3,
    data: Uint8Array.of(10, 20, 30, 0, 0, 0, 7, 8, 9),
  } as const;
  const strokes = Uint8Array.of(200, 100, 0, 255, 255, 255, 255, 128, 255, 0, 0, 0);
  const made = withStrokes(picture, { width: 3, height: 1, channels: 4, data: strokes });
  expect([...made.data]).toEqual([200, 100, 0, 128, 128, 128, 7, 8, 9]);
});
