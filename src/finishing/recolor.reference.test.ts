// Recolor against the ControlNet extension, and HSV against OpenCV (tests/reference/pictures/recolor.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { pictureTensors, referencePicture } from '../../tests/reference-pictures.ts';
import { hsvToRgb, rgbToHsv } from '../image/hsv.ts';
import type { PixelImage } from '../image/pixels.ts';
import { inLight, lightOf, recolored } from './recolor.ts';

interface Case {
  readonly kind: string;
  readonly gamma: number;
  readonly input: string;
  readonly grey: string;
  readonly result?: string;
  readonly feed?: string;
  readonly out?: string;
}

interface Index {
  readonly recolor: readonly Case[];
  readonly colours: readonly { readonly conversion: string; readonly input: string; readonly out: string }[];
}

const there = listReference('pictures').includes('recolor.json');
const index = there ? readReferenceJson<Index>('pictures', 'recolor.json') : { recolor: [], colours: [] };
const tensors = () => pictureTensors('recolor');

/** Grey pictures have the same byte in all three channels. */
async function read(name: string): Promise<PixelImage> {
  const { channels, data, ...size } = await referencePicture(tensors(), name);
  if (channels !== 1) return { ...size, channels, data };
  return {
    ...size,
    channels: 3,
    data: Uint8Array.from({ length: 3 * data.length }, (_, i) => data[Math.trunc(i / 3)]!),
  };
}

/** Transparency over white, truncated (annotator/util.py HWC3). */
function onWhite({ width, height, channels, data }: PixelImage): PixelImage {
  if (channels === 3) return { width, height, channels, data };
  const { fround } = Math;
  const opaque = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const at = 4 * Math.trunc(i / 3);
    const alpha = fround(data[at + 3]! / 255);
    const sum = fround(fround(data[at + (i % 3)]! * alpha) + fround(255 * fround(1 - alpha)));
    return Math.min(255, sum);
  });
  return { width, height, channels: 3, data: opaque };
}

/** The extension takes red for blue. */
function swapped(picture: PixelImage): PixelImage {
  const data = new Uint8Array(picture.data);
  for (let i = 0; i < data.length; i += picture.channels) [data[i], data[i + 2]] = [data[i + 2]!, data[i]!];
  return { ...picture, data };
}

/** What a VAE has made goes through float32, truncated, before the extension takes its colours. */
function truncated(picture: PixelImage): PixelImage {
  const { fround } = Math;
  return { ...picture, data: Uint8Array.from(picture.data, (value) => fround(fround(value / 255) * 255)) };
}

const differences = (made: ArrayLike<number>, expected: ArrayLike<number>): number[] =>
  Array.from(expected, (value, i) => Math.abs(value - made[i]!));

const WAYS = { luminance: 'Luminance', intensity: 'Intensity' } as const;
const isKnown = (kind: string): kind is keyof typeof WAYS => kind in WAYS;

/** pictures/README.md of the reference data. */
const TOLERANCE = 1;
/** ... which few colours are beyond: dark, saturated ones on Lab's way back, and ends of rows on HSV's (src/image). */
const FEW = 1 / 1000;

describe.skipIf(!there)('recolor', () => {
  it.for(index.recolor)('$kind of $input, gamma $gamma', async ({ kind, gamma, input, grey }, context) => {
    if (!isKnown(kind)) return context.skip(`no ${kind}`);
    const picture = swapped(onWhite(await read(input)));
    const expected = await referencePicture(tensors(), grey);
    const step = expected.data.length / (picture.width * picture.height);
    const made = lightOf(picture, WAYS[kind], gamma);
    const wanted = Array.from(made, (_, i) => expected.data[step * i]!);
    expect(Math.max(...differences(made, wanted))).toBeLessThanOrEqual(TOLERANCE);
  });

  it.for(index.recolor.filter(({ out }) => out !== undefined))(
    'colours of $result in the $kind of $feed',
    async ({ kind, result, feed, out }, context) => {
      if (!isKnown(kind)) return context.skip(`no ${kind}`);
      const light = (await read(feed!)).data.filter((_, i) => i % 3 === 0);
      const made = inLight(truncated(await read(result!)), light, WAYS[kind]);
      const far = differences(made.data, (await read(out!)).data);
      expect(far.filter((by) => by > TOLERANCE).length).toBeLessThanOrEqual(FEW * far.length);
      expect(Math.max(...far)).toBeLessThanOrEqual(kind === 'intensity' ? TOLERANCE : 2 * TOLERANCE);
    },
  );

  it.for(index.colours.filter(({ conversion }) => conversion.includes('HSV')))(
    'OpenCV: $conversion',
    async ({ conversion, input, out }) => {
      const convert = conversion === 'RGB2HSV' ? rgbToHsv : hsvToRgb;
      const far = differences(convert((await read(input)).data), (await read(out)).data);
      expect(Math.max(...far)).toBeLessThanOrEqual(conversion === 'RGB2HSV' ? 0 : TOLERANCE);
      expect(far.filter((by) => by > 0).length).toBeLessThanOrEqual(FEW * far.length);
    },
  );
});

describe('the colours of another picture', () => {
  const grey: PixelImage = {
    width: 2,
    height: 2,
    channels: 4,
    data: Uint8Array.from([60, 60, 60, 255, 90, 90, 90, 7, 160, 160, 160, 0, 200, 200, 200, 255]),
  };
  const red: PixelImage = {
    width: 4,
    height: 1,
    channels: 3,
    data: Uint8Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? 150 : 120)),
  };

  // Muted, so that sRGB has them in any light.
  it('have its size, and leave light and alpha as they are', () => {
    const made = recolored(grey, red, 'Luminance', 1);
    expect([made.width, made.height, made.channels]).toEqual([2, 2, 4]);
    expect(
      differences(lightOf(made, 'Luminance', 1), lightOf(grey, 'Luminance', 1)).every((by) => by <= 2),
    ).toBe(true);
    for (let i = 0; i < 4; i += 1) {
      expect(made.data[4 * i]!).toBeGreaterThan(made.data[4 * i + 1]!);
      expect(made.data[4 * i + 3]).toBe(grey.data[4 * i + 3]);
    }
  });

  it('get darker with a larger gamma', () => {
    const sum = (gamma: number) => lightOf(grey, 'Intensity', gamma).reduce((a, b) => a + b, 0);
    expect(sum(2)).toBeLessThan(sum(1));
    expect(sum(0.5)).toBeGreaterThan(sum(1));
  });
});
