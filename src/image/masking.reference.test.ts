// Masks and blurs as A1111, OpenCV and Pillow make them (tests/reference/pictures/masking.json).
import { describe, expect, it } from 'vitest';
import { readTensors } from '../../tests/goldens.ts';
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { bytesSource } from '../checkpoint/source.ts';
import { gaussianBlur } from './gaussian-blur.ts';
import { maskOf, type Mask } from './mask.ts';
import { blurMask } from './mask-blur.ts';
import { expandRegion, maskedRegion, type Region } from './masked-region.ts';
import { filled } from './overlay.ts';
import type { PixelImage } from './pixels.ts';
import type { Raster } from './resize.ts';

type Corners = readonly [left: number, top: number, right: number, bottom: number];

interface Masking {
  readonly crop_region: readonly {
    readonly mask: string;
    readonly pad: number;
    readonly v2: Corners | null;
  }[];
  readonly expand_crop_region: readonly {
    readonly crop_region: Corners;
    readonly processing_width: number;
    readonly processing_height: number;
    readonly image_width: number;
    readonly image_height: number;
    readonly result: Corners;
  }[];
  readonly fill: readonly { readonly image: string; readonly mask: string; readonly out: string }[];
  readonly binary_mask: readonly { readonly image: string; readonly round: boolean; readonly out: string }[];
  readonly cv2_blur: readonly {
    readonly image: string;
    readonly sigma: number;
    readonly horizontal: string;
    readonly vertical: string;
    readonly both: string;
  }[];
  readonly pil_blur: readonly { readonly image: string; readonly radius: number; readonly out: string }[];
}

const FOLDER = 'pictures';
const there = ['masking.json', 'masking.safetensors.gz'].every((file) =>
  listReference(FOLDER).includes(file),
);
const cases = there ? readReferenceJson<Masking>(FOLDER, 'masking.json') : null;
const tensors = there ? readTensors(bytesSource(readReference(FOLDER, 'masking.safetensors.gz'))) : null;

async function read(name: string): Promise<Raster> {
  const { dims, data } = (await tensors!).get(name)!;
  const [height, width, channels = 1] = dims as [number, number, (3 | 4)?];
  return { width, height, channels, data: Uint8Array.from(data) };
}

const regionOf = ([left, top, right, bottom]: Corners): Region => ({ left, top, right, bottom });

describe.skipIf(!cases)('masks', () => {
  it.each(cases?.binary_mask ?? [])('$image, rounded: $round', async ({ image, round, out }) => {
    expect(maskOf(await read(image), round)).toEqual(await read(out));
  });

  it.each(cases?.crop_region ?? [])('region of $mask padded by $pad', async ({ mask, pad, v2 }) => {
    expect(maskedRegion((await read(mask)) as Mask, pad)).toEqual(v2 && regionOf(v2));
  });

  it('regions in the proportions of the target', () => {
    for (const one of cases!.expand_crop_region) {
      const target = { width: one.processing_width, height: one.processing_height };
      const picture = { width: one.image_width, height: one.image_height };
      expect(expandRegion(regionOf(one.crop_region), target, picture)).toEqual(regionOf(one.result));
    }
  });

  it.each(cases?.fill ?? [])('$image filled under $mask', async ({ image, mask, out }) => {
    const made = await filled((await read(image)) as PixelImage, maskOf(await read(mask)));
    expect(made).toEqual(await read(out));
  });
});

describe.skipIf(!cases)('blurs', () => {
  it.each(cases?.cv2_blur ?? [])('$image as OpenCV, $sigma', async (one) => {
    const image = await read(one.image);
    expect(await blurMask(image, one.sigma, 0)).toEqual(await read(one.horizontal));
    expect(await blurMask(image, 0, one.sigma)).toEqual(await read(one.vertical));
    expect(await blurMask(image, one.sigma, one.sigma)).toEqual(await read(one.both));
  });

  it.each(cases?.pil_blur ?? [])('$image as Pillow, $radius', async ({ image, radius, out }) => {
    expect(gaussianBlur(await read(image), radius)).toEqual(await read(out));
  });
});
