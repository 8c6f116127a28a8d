// Grids of pictures: their shapes, and their bytes.
import { describe, expect, it } from 'vitest';
import { pictureTensors, referencePicture } from '../../tests/reference-pictures.ts';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { gridShape } from './grid-shape.ts';
import { imageGrid } from './image-grid.ts';
import type { PixelImage } from './pixels.ts';

interface Index {
  readonly image_grid_size: readonly {
    readonly count: number;
    readonly batch_size: number;
    readonly rows_argument: number | null;
    readonly n_rows: number;
    readonly grid_prevent_empty_spots: boolean;
    readonly cols: number;
    readonly rows: number;
  }[];
  readonly image_grid: readonly {
    readonly cells: readonly string[];
    readonly rows_argument: number;
    readonly background: string;
    readonly out: string;
  }[];
}

const there = listReference('pictures').includes('grid.json');
const { image_grid_size: sizes, image_grid: grids } = there
  ? readReferenceJson<Index>('pictures', 'grid.json')
  : { image_grid_size: [], image_grid: [] };
const picture = async (name: string) => (await referencePicture(pictureTensors('grid'), name)) as PixelImage;

describe.skipIf(!there)('grids', () => {
  it.each(sizes)(
    '$count pictures, batch $batch_size, rows $rows_argument/$n_rows, $grid_prevent_empty_spots',
    (one) => {
      const options = {
        rows: one.rows_argument ?? one.n_rows,
        batchSize: one.batch_size,
        preventEmpty: one.grid_prevent_empty_spots,
      };
      expect(gridShape(one.count, options)).toEqual({ columns: one.cols, rows: one.rows });
    },
  );

  it.each(grids)('$out', async ({ cells, rows_argument: rows, background, out }) => {
    const pictures = await Promise.all(cells.map(picture));
    const shape = gridShape(cells.length, { rows, batchSize: 1, preventEmpty: false });
    const made = imageGrid(pictures, shape, background);
    const expected = await picture(out);
    expect([made.width, made.height]).toEqual([expected.width, expected.height]);
    expect(Buffer.from(made.data).equals(Buffer.from(expected.data))).toBe(true);
  });
});
