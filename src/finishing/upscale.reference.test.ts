// Pictures through upscalers, whole and in tiles, as webui 1.10.1 makes them (tests/reference/pictures/upscale.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { pictureTensors, referencePicture } from '../../tests/reference-pictures.ts';
import { upscalerNetwork } from '../../tests/upscaler-network.ts';
import type { PixelImage } from '../image/pixels.ts';
import { enlargeToFit, RESIZE_MODES } from '../image/resize-modes.ts';
import { enlargeBy, type UpscalerNetwork } from './network-upscale.ts';
import { upscale } from './upscale.ts';

interface Case {
  readonly model: string;
  readonly input: string;
  readonly out: string;
  readonly tile_size?: number;
  readonly tile_overlap?: number;
  readonly scale?: number;
  readonly options?: Readonly<Record<string, number>>;
  readonly mode?: number;
  readonly width?: number;
  readonly height?: number;
  readonly ESRGAN_tile?: number;
  readonly ESRGAN_tile_overlap?: number;
}

type Index = Readonly<
  Record<'upscale_with_model' | 'upscale_2' | 'upscaler_upscale' | 'resize_image_with_model', readonly Case[]>
>;

const there = listReference('pictures').includes('upscale.json');
const index = there
  ? readReferenceJson<Index>('pictures', 'upscale.json')
  : { upscale_with_model: [], upscale_2: [], upscaler_upscale: [], resize_image_with_model: [] };

async function read(name: string): Promise<PixelImage> {
  const { channels, ...image } = await referencePicture(pictureTensors('upscale'), name);
  if (channels === 1) throw new Error(`${name} is grey`);
  return { ...image, channels };
}

/** At most 1 apart: a float32 result may lie on a rounding edge. */
async function expectAlike(made: PixelImage, name: string): Promise<void> {
  const expected = await read(name);
  expect([made.width, made.height]).toEqual([expected.width, expected.height]);
  const apart = Math.max(...Array.from(expected.data, (value, i) => Math.abs(value - made.data[i]!)));
  expect(apart, name).toBeLessThanOrEqual(1);
}

function run(
  cases: readonly Case[],
  make: (one: Case, network: UpscalerNetwork) => Promise<PixelImage>,
): void {
  it.for(cases)('$out', async (one, context) => {
    const network = await upscalerNetwork(one.model);
    if (!network) return context.skip(`no ${one.model}`);
    await expectAlike(await make(one, network), one.out);
  });
}

const tilesOf = ({ tile_size: tileSize = 0, tile_overlap: overlap = 0 }: Case) => ({ tileSize, overlap });

describe.skipIf(!there)('a picture through a network', () => {
  run(index.upscale_with_model, async (one, network) =>
    enlargeBy({ ...network, tiles: 'blended' }, await read(one.input), tilesOf(one)),
  );
  run(index.upscale_2, async (one, network) =>
    enlargeBy({ ...network, tiles: 'averaged' }, await read(one.input), tilesOf(one)),
  );
});

describe.skipIf(!there)('an upscaler', () => {
  run(index.upscaler_upscale, async ({ input, scale = 1, options = {} }, network) => {
    const which = network.tiles === 'averaged' ? 'SWIN' : 'ESRGAN';
    const tiles = { tileSize: options[`${which}_tile`]!, overlap: options[`${which}_tile_overlap`]! };
    return upscale(await read(input), scale, (picture) => enlargeBy(network, picture, tiles));
  });
});

describe.skipIf(!there)('a picture brought to a size', () => {
  run(index.resize_image_with_model, async ({ input, mode = 0, width, height, ...one }, network) => {
    const tiles = { tileSize: one.ESRGAN_tile!, overlap: one.ESRGAN_tile_overlap! };
    return enlargeToFit(await read(input), RESIZE_MODES[mode]!, width!, height!, (image, scale) =>
      upscale(image, scale, (picture) => enlargeBy(network, picture, tiles)),
    );
  });
});
