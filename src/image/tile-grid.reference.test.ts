// Pictures cut into tiles and put together again, to the byte.
import { describe, expect, it } from 'vitest';
import { pictureTensors, referencePicture } from '../../tests/reference-pictures.ts';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { cutIntoTiles, joinTiles, tileGrid } from './tile-grid.ts';

interface Case {
  readonly input: string;
  readonly tile_w: number;
  readonly tile_h: number;
  readonly overlap: number;
}

interface Index {
  readonly split: readonly (Case & {
    readonly rows: readonly (readonly [y: number, h: number, xs: readonly number[]])[];
  })[];
  readonly combine: readonly (Case & { readonly tiles: readonly string[]; readonly out: string })[];
}

const there = listReference('pictures').includes('grid.json');
const { split, combine } = there
  ? readReferenceJson<Index>('pictures', 'grid.json')
  : { split: [], combine: [] };
const picture = (name: string) => referencePicture(pictureTensors('grid'), name);

describe.skipIf(!there)('tiles', () => {
  it.each(split)('$input in $tile_w x $tile_h, overlap $overlap', async (one) => {
    const grid = tileGrid(await picture(one.input), one.tile_w, one.tile_h, one.overlap);
    const rows = grid.tops.map((top) => [top, one.tile_h, grid.lefts]);
    expect(rows).toEqual(one.rows);
  });

  it.each(combine)('$input of $tile_w x $tile_h, overlap $overlap', async (one) => {
    const image = await picture(one.input);
    const grid = tileGrid(image, one.tile_w, one.tile_h, one.overlap);
    const tiles = await Promise.all(one.tiles.map(picture));
    expect(cutIntoTiles(image, grid)).toHaveLength(tiles.length);
    expect(joinTiles(tiles, grid)).toEqual(await picture(one.out));
  });
});
