import { expect, it } from 'vitest';
import { BOXED_FACES, BOXED_UPSCALERS } from '../../library/box.ts';
import type { ImportOrder, ImportOutcome } from '../../library/import-types.ts';
import type { StoredModel } from '../../library/types.ts';
import { Box } from './box.ts';

const [{ name, file, sha256 } = BOXED_UPSCALERS[0]!] = BOXED_UPSCALERS;

/** A page whose importer puts what it is given into the library. */
function page(read: (file: string) => Promise<Blob> = async () => new Blob([file])) {
  const orders: ImportOrder[] = [];
  const stored: StoredModel[] = [];
  let stopped = 0;
  const library = {
    models: [] as StoredModel[],
    async refreshModels() {
      library.models = [...stored];
    },
  };
  const importer = {
    async importFile(order: ImportOrder): Promise<ImportOutcome> {
      orders.push(order);
      const face = order.file.name === BOXED_FACES.file ? { kind: 'ssd-mobilenet' } : undefined;
      const kind = face ? 'face-detector' : 'upscaler';
      const detection = { kind, supported: true, face } as StoredModel['detection'];
      const fileName = order.file.name;
      const model = { fileName, name: fileName.split('.')[0]!, sha256, detection } as StoredModel;
      stored.push(model);
      return { status: 'imported', model };
    },
    stop: () => (stopped += 1),
  };
  const box = new Box({ library, importer: () => importer as never, read });
  return { box, orders, stopped: () => stopped };
}

const bring = (box: Box, ...upscalers: string[]) => box.bring({ upscalers, faces: false });

it('brings what finds faces where nothing else does', async () => {
  const { box, orders } = page();
  for (let times = 0; times < 2; times += 1) await box.bring({ upscalers: [], faces: true });
  expect(orders.map((order) => [order.file.name, order.options.sha256])).toEqual([
    [BOXED_FACES.file, BOXED_FACES.sha256],
  ]);
});

it('brings what is asked for once, and holds it to its hash', async () => {
  const { box, orders, stopped } = page();
  await Promise.all([bring(box, name, 'Lanczos', '4x-UltraSharp'), bring(box, name)]);
  await bring(box, name);
  expect(orders.map((order) => [order.file.name, order.options.sha256])).toEqual([[file, sha256]]);
  expect(stopped()).toBe(1);
});

it('says what cannot be had, and tries again the next time', async () => {
  let failing = true;
  const { box, orders } = page(async () => {
    if (failing) throw new Error('no network');
    return new Blob([]);
  });
  await expect(bring(box, name)).rejects.toThrow('no network');
  failing = false;
  await bring(box, name);
  expect(orders).toHaveLength(1);
});

it('brings nothing that is not asked for', async () => {
  const { box, orders } = page();
  await bring(box, 'None', 'Nearest');
  expect(orders).toEqual([]);
});
