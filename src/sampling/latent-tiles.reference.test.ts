// Grids of tiles and their weights, as the original has them (tests/reference/extensions, regions.json).
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../checkpoint/source.ts';
import { readTensors } from '../../tests/goldens.ts';
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { relativeError } from '../../tests/tiny-model.ts';
import { featherMask, gaussianWeights, inBatches, latentTiles } from './latent-tiles.ts';

interface GridCase {
  readonly latent: readonly [width: number, height: number];
  readonly tile: readonly [width: number, height: number];
  readonly overlap: number;
  readonly tiles_x_y_w_h: readonly (readonly number[])[];
  readonly count_histogram: Readonly<Record<string, number>>;
  /** Of the sums' tensors, where they are kept. */
  readonly prefix?: string;
}

interface Regions {
  readonly tile_grid: { readonly cases: readonly GridCase[] };
  readonly gaussian_weights: readonly { readonly tile: readonly [number, number]; readonly out: string }[];
  readonly feather_mask: readonly {
    readonly w: number;
    readonly h: number;
    readonly ratio: number;
    readonly out: string;
  }[];
}

const there = listReference('extensions').includes('regions.json');
const regions = there ? readReferenceJson<Regions>('extensions', 'regions.json') : null;
const tensors = there
  ? readTensors(bytesSource(readReference('extensions', 'regions.safetensors.gz')))
  : Promise.resolve(new Map<string, never>());

async function tensor(name: string): Promise<Float32Array> {
  const found = (await tensors).get(name);
  if (!found) throw new Error(`There is no ${name}`);
  return Float32Array.from(found.data);
}

describe.skipIf(regions === null)('tiles of a latent', () => {
  it.each(regions?.tile_grid.cases ?? [])('$latent in $tile, overlap $overlap', async (one) => {
    const [width, height] = one.latent;
    const [tileWidth, tileHeight] = one.tile;
    const tiles = latentTiles(width, height, { tileWidth, tileHeight, overlap: one.overlap });
    const boxes = tiles.map(({ left, top, right, bottom }) => [left, top, right - left, bottom - top]);
    expect(boxes).toEqual(one.tiles_x_y_w_h);
    const [first] = tiles;
    const across = first!.right - first!.left;
    const weights = gaussianWeights(across, first!.bottom - first!.top);
    const count = new Float32Array(width * height);
    const sum = new Float32Array(width * height);
    for (const { top, left, bottom, right } of tiles)
      for (let y = top; y < bottom; y += 1)
        for (let x = left; x < right; x += 1) {
          count[y * width + x]! += 1;
          sum[y * width + x]! += weights[(y - top) * across + x - left]!;
        }
    const histogram: Record<string, number> = {};
    for (const value of count) histogram[value] = (histogram[value] ?? 0) + 1;
    expect(histogram).toEqual(one.count_histogram);
    if (one.prefix === undefined) return;
    expect(count).toEqual(await tensor(`${one.prefix}.count`));
    expect(relativeError(sum, await tensor(`${one.prefix}.gauss_sum`))).toBeLessThan(1e-5);
  });

  it.each(regions?.gaussian_weights ?? [])('weights of $tile', async ({ tile: [width, height], out }) => {
    expect(relativeError(gaussianWeights(width, height), await tensor(out))).toBeLessThan(1e-5);
  });

  it.each(regions?.feather_mask ?? [])('feather of $w x $h, $ratio', async ({ w, h, ratio, out }) => {
    expect(relativeError(featherMask(w, h, ratio), await tensor(out))).toBeLessThan(1e-5);
  });
});

it('batches are about equal', () => {
  expect(inBatches([1, 2, 3, 4, 5], 4).map(({ length }) => length)).toEqual([3, 2]);
  expect(inBatches([1, 2, 3, 4], 8)).toEqual([[1, 2, 3, 4]]);
});

it('a tile as large as the overlap, or larger than the latent, is one', () => {
  expect(latentTiles(48, 48, { tileWidth: 96, tileHeight: 96, overlap: 48 })).toHaveLength(1);
});
