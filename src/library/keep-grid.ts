// The pictures of a run as one, kept in the library beside them: A1111's grid. For a worker.
import type { GridOrder } from '../generation/request/grids.ts';
import type { Seed } from '../generation/request/seeds.ts';
import { gridShape } from '../image/grid-shape.ts';
import { imageGrid } from '../image/image-grid.ts';
import { decodePng, encodePng } from '../image/png.ts';
import type { PixelImage } from '../image/pixels.ts';
import { isSound } from './image-record.ts';
import { findImages, readPng, saveImage } from './images.ts';
import type { SavedTo } from './saved-to.ts';

export interface KeptGrid {
  readonly id: string;
  readonly png: Blob;
  /** Of its first picture. */
  readonly seed: Seed;
  readonly createdAt: number;
  readonly parameters: string;
}

/** Rejects with ImageError where it would be too large, and with StorageFullError. Null where there are too few pictures. */
export async function keepGrid(order: GridOrder, to: SavedTo): Promise<KeptGrid | null> {
  const found = new Map((await findImages(order.ids)).filter(isSound).map((image) => [image.id, image]));
  const records = order.ids.flatMap((id) => found.get(id) ?? []);
  if (records.length < (to.gridOnlyIfMultiple ? 2 : 1)) return null;
  const pictures: Blob[] = [];
  for (const { id } of records) {
    const png = await readPng(id);
    if (png) pictures.push(png);
  }
  const [first] = records;
  // A1111 tells of the first picture of the last batch.
  const last = Math.floor((records.length - 1) / order.batchSize) * order.batchSize;
  const { parameters } = records[last]!;
  const { width, height, png } = await joined(pictures, order, to, parameters);
  const [id, createdAt] = [crypto.randomUUID(), Date.now()];
  const { seed, modelHash } = first!;
  await saveImage({ id, createdAt, width, height, seed, modelHash, parameters, png });
  return { id, png, seed, createdAt, parameters };
}

/** As a PNG, of PNGs. */
export async function gridOf(
  pictures: readonly Blob[],
  batchSize: number,
  parameters: string,
  to: SavedTo,
): Promise<Blob> {
  return (await joined(pictures, { batchSize, rows: null }, to, parameters)).png;
}

async function joined(
  pictures: readonly Blob[],
  { batchSize, rows }: Pick<GridOrder, 'batchSize' | 'rows'>,
  { gridRows, gridPreventEmpty: preventEmpty, gridBackground }: SavedTo,
  parameters: string,
): Promise<{ readonly width: number; readonly height: number; readonly png: Blob }> {
  const images: PixelImage[] = [];
  for (const picture of pictures) images.push(await decodePng(new Uint8Array(await picture.arrayBuffer())));
  const shape = gridShape(images.length, { rows: rows ?? gridRows, batchSize, preventEmpty });
  const grid = imageGrid(images, shape, gridBackground);
  const bytes = await encodePng(grid, parameters === '' ? {} : { parameters });
  const { width, height } = grid;
  return { width, height, png: new Blob([bytes], { type: 'image/png' }) };
}
