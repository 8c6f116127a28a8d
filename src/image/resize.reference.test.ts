// Resized pictures, to the byte: Pillow's filters, A1111's resize modes.
import { describe, expect, it } from 'vitest';
import { readTensors, type Tensors } from '../../tests/goldens.ts';
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { bytesSource } from '../checkpoint/source.ts';
import { resize, type Box, type Raster, type ResizeFilter } from './resize.ts';
import { enlargeBy, upscale, upscaleBuiltIn } from '../finishing/upscale.ts';
import type { PixelImage } from './pixels.ts';
import { enlargeToFit, RESIZE_MODES, resizeToFit, type ResizeMode } from './resize-modes.ts';
import { enlarged, UPSCALERS, type BuiltInUpscaler } from './upscale.ts';

interface Case {
  readonly input: string;
  readonly width: number;
  readonly height: number;
  readonly out: string;
}

interface Index {
  readonly resize_image: readonly (Case & { readonly mode: number; readonly upscaler: string | null })[];
  readonly upscaler_upscale: readonly (Case & { readonly upscaler: string; readonly scale: number })[];
  readonly pil_resize: readonly (Case & { readonly filter: string; readonly box: Box | null })[];
}

const FOLDER = 'pictures';
const there = listReference(FOLDER).includes('resize.json');
const {
  resize_image: modes,
  pil_resize: filters,
  upscaler_upscale: upscaled,
} = there
  ? readReferenceJson<Index>(FOLDER, 'resize.json')
  : { resize_image: [], pil_resize: [], upscaler_upscale: [] };
let tensors: Promise<Tensors> | null = null;

async function read(name: string): Promise<Raster> {
  tensors ??= readTensors(bytesSource(readReference(FOLDER, 'resize.safetensors.gz')));
  const { dims, data } = (await tensors).get(name)!;
  const [height = 0, width = 0, channels = 1] = dims;
  return { width, height, channels: channels as Raster['channels'], data: Uint8Array.from(data) };
}

const FILTERS: Readonly<Record<string, ResizeFilter>> = {
  BILINEAR: 'bilinear',
  BICUBIC: 'bicubic',
  LANCZOS: 'lanczos',
  NEAREST: 'nearest',
};
const upscalerOf = (name: string | null): BuiltInUpscaler | undefined =>
  name === null ? 'None' : UPSCALERS.find((known) => known === name);

describe.skipIf(!there)('filters', () => {
  for (const { input, filter, width, height, box, out } of filters) {
    const name = `${input} ${filter} ${width}x${height} ${box?.join() ?? ''}`;
    const known = FILTERS[filter];
    if (known === undefined) it.skip(`${name}: no such filter`, () => undefined);
    else
      it(name, async () => {
        const made = resize(await read(input), width, height, known, box ?? undefined);
        expect(made).toEqual(await read(out));
      });
  }
});

describe.skipIf(!there)('modes', () => {
  for (const { input, mode, width, height, upscaler, out } of modes) {
    const name = `${input} ${RESIZE_MODES[mode]} ${width}x${height} ${upscaler}`;
    const known = upscalerOf(upscaler);
    if (!known) it.skip(`${name}: no such upscaler`, () => undefined);
    else
      it(name, async () => {
        const made = await fitted(await read(input), RESIZE_MODES[mode]!, width, height, known);
        const expected = await read(out);
        // Crop and fill give RGB there, whatever the picture was.
        expect(made.channels === expected.channels ? made : inColour(made)).toEqual(expected);
      });
  }
});

describe.skipIf(!there)('upscalers', () => {
  it.each(upscaled)('$input $upscaler x $scale', async ({ input, upscaler, scale, out }) => {
    const pass = (image: Raster): Raster => enlarged(image, upscalerOf(upscaler)!, scale);
    expect(await upscale(await read(input), scale, pass)).toEqual(await read(out));
  });
});

/** Grey pictures go without an upscaler. */
async function fitted(
  image: Raster,
  mode: ResizeMode,
  width: number,
  height: number,
  upscaler: BuiltInUpscaler,
): Promise<Raster> {
  const { channels } = image;
  if (channels === 1) return resizeToFit(image, mode, width, height);
  return enlargeToFit(
    { ...image, channels } as PixelImage,
    mode,
    width,
    height,
    enlargeBy(upscaleBuiltIn, upscaler),
  );
}

/** What transparency there is is left out. */
function inColour({ width, height, channels, data }: Raster): Raster {
  const pixels = Array.from({ length: width * height }, (_, i) =>
    [0, 1, 2].map((c) => data[i * channels + (channels === 1 ? 0 : c)]!),
  );
  return { width, height, channels: 3, data: Uint8Array.from(pixels.flat()) };
}
