// What importing leaves behind when it goes wrong: nothing, and a plain word.
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { fillDisk } from './full-disk.ts';
import { makeCheckpoint, type CheckpointFiles } from './small-checkpoint.ts';

let files: CheckpointFiles;
let darkroom: DarkroomPage;

test.beforeEach(async ({ page }) => {
  files = await makeCheckpoint(test.info().outputPath('model'));
  darkroom = new DarkroomPage(page);
  await darkroom.open();
});

test('NaN in the weights is refused with the name of the tensor, unless the person insists', async ({
  page,
}) => {
  const tensor = 'model.diffusion_model.out.2.bias';
  spoil(files.checkpoint, tensor);
  await darkroom.pick([files.checkpoint, files.sidecar]);
  const card = darkroom.importOf(fileName());
  await expect(card).toContainText(tensor);
  expect(await stored(page)).toEqual({ models: 0, chunks: 0 });

  await card.getByRole('button', { name: 'Import anyway' }).click();
  await expect(darkroom.importOf(fileName())).toContainText('Imported', { timeout: 300_000 });
  expect((await stored(page)).models).toBe(1);
});

test('a cancelled import leaves nothing', async ({ page }) => {
  // Hashing this much takes long enough to press the button on any machine; on disk it is a hole.
  addUnusedTensor(files.checkpoint, 3e9);
  await darkroom.pick([files.checkpoint, files.sidecar]);
  await page.getByRole('button', { name: /^Cancel import/ }).click();
  await expect(darkroom.importOf(fileName())).toHaveCount(0);
  await expect.poll(() => stored(page)).toEqual({ models: 0, chunks: 0 });
  await expect(darkroom.checkpoint).toBeDisabled();
});

test('without enough storage the import says how much it needs, and leaves nothing', async ({
  page,
  context,
}) => {
  const session = await context.newCDPSession(page);
  const { origin } = new URL(page.url());
  await fillDisk(session, page);
  await darkroom.pick([files.checkpoint, files.sidecar]);
  // What the browser tells of its room before may be true or not.
  await expect(darkroom.importOf(fileName())).toContainText(/Not enough storage|would not store more/);
  expect(await stored(page)).toEqual({ models: 0, chunks: 0 });

  await session.send('Storage.overrideQuotaForOrigin', { origin });
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(darkroom.importOf(fileName())).toContainText('Imported', { timeout: 300_000 });
});

test('what was damaged is named, kept or made whole, and takes nothing else along', async ({ page }) => {
  await test.step('what a crashed import left is swept by the next visit', async () => {
    await darkroom.pick([files.checkpoint, files.sidecar]);
    await expect(darkroom.importOf(fileName())).toContainText('Imported', { timeout: 300_000 });
    const intent = { model: null, since: 0 };
    await page.evaluate(write, ['darkroom-imports', 'a-dead-import', intent] as const);
    await page.evaluate(write, ['darkroom-weights', 'a-dead-import/00000', 'half a model'] as const);
    expect(await stored(page)).toEqual({ models: 1, chunks: 2 });
    await page.reload();
    await expect.poll(() => stored(page)).toEqual({ models: 1, chunks: 1 });
  });

  await test.step('chunks that nothing tells of are deleted when the person says so, and not before', async () => {
    await page.evaluate(write, ['darkroom-weights', 'who-knows/00000', 'half a model'] as const);
    await page.reload();
    await darkroom.tab('Models');
    await expect(page.getByText('belong to no model')).toBeVisible();
    await darkroom.drop([files.checkpoint]);
    await expect(darkroom.importOf(fileName())).toContainText('Already in your library');
    expect(await stored(page)).toEqual({ models: 1, chunks: 2 });
    await page.getByRole('button', { name: 'Delete what belongs to no model' }).click();
    await expect(page.getByText('belong to no model')).toHaveCount(0);
    expect(await stored(page)).toEqual({ models: 1, chunks: 1 });
  });

  await test.step('a model of a later version is named and keeps its weights, whatever is imported or swept', async () => {
    const record = { version: 99, name: 'from the future', weights: 'elsewhere' };
    await page.evaluate(write, ['darkroom-models', 'f'.repeat(64), record] as const);
    await page.evaluate(write, ['darkroom-imports', 'future', { model: 'f'.repeat(64), since: 0 }] as const);
    await page.evaluate(write, ['darkroom-weights', 'future/00000', 'weights'] as const);
    await page.reload();
    await darkroom.tab('Models');
    await expect(page.getByText('from the future was imported by a newer version')).toBeVisible();
    await darkroom.drop([files.checkpoint]);
    await expect(darkroom.importOf(fileName()).last()).toContainText('Already in your library');
    expect(await stored(page)).toEqual({ models: 2, chunks: 2 });
    await page.getByRole('button', { name: 'Delete from the future' }).click();
    await expect.poll(async () => (await stored(page)).models).toBe(1);
  });

  await test.step('a model that lost its weights is named, and made whole by its file', async () => {
    await page.evaluate(write, ['darkroom-weights', null, null] as const);
    await page.reload();
    await darkroom.tab('Models');
    await expect(page.getByText(`${files.name} has lost its weights`)).toBeVisible();
    await expect(darkroom.checkpoint).toBeDisabled();
    await darkroom.drop([files.checkpoint]);
    await expect(darkroom.importOf(fileName())).toContainText('Imported', { timeout: 300_000 });
    await expect(darkroom.checkpoint).toContainText(files.name);
    await expect(page.getByText('has lost its weights')).toHaveCount(0);
    expect(await stored(page)).toEqual({ models: 1, chunks: 1 });
  });

  await test.step('damaged records are named and can be deleted; the others stay usable', async () => {
    await page.evaluate(write, ['darkroom-models', 'broken', 'not a record'] as const);
    await page.evaluate(write, ['darkroom-queue', 'broken', { id: 'broken', requests: 'none' }] as const);
    await page.reload();
    await expect(page.getByText('The queue was damaged')).toBeVisible();
    await expect(darkroom.checkpoint).toContainText(files.name);
    await darkroom.tab('Models');
    await page.getByRole('button', { name: 'Delete the damaged record' }).click();
    await expect(page.getByText('cannot be read any more')).toHaveCount(0);
    expect(await stored(page)).toEqual({ models: 1, chunks: 1 });
  });

  await test.step('a library that the browser has deleted is missed', async () => {
    for (const database of ['darkroom-models', 'darkroom-weights'])
      await page.evaluate(write, [database, null, null] as const);
    await page.reload();
    await expect(page.getByText('Your models are gone')).toBeVisible();
    await page.reload();
    await expect(darkroom.checkpoint).toBeDisabled();
    await expect(page.getByText('Your models are gone')).toHaveCount(0);
  });
});

/** Stores a record; without a key, deletes all. Runs on the page. */
function write([database, key, value]: readonly [string, string | null, unknown]): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const opening = indexedDB.open(database);
    opening.onerror = () => reject(new Error(String(opening.error)));
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('entries', 'readwrite');
      const store = transaction.objectStore('entries');
      if (key === null) store.clear();
      else store.put(value, key);
      transaction.oncomplete = () => {
        opening.result.close();
        resolve();
      };
      transaction.onerror = () => reject(new Error(String(transaction.error)));
    };
  });
}

function fileName(): string {
  return `${files.name}.safetensors`;
}

/** Records and chunks in the browser's storage, whatever the page says. */
function stored(page: Page): Promise<{ models: number; chunks: number }> {
  return page.evaluate(async () => {
    const count = (database: string) =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open(database);
        let isNew = false;
        // Not there yet: nothing is stored, and nothing must come into being by looking.
        opening.onupgradeneeded = () => {
          isNew = true;
          opening.transaction?.abort();
        };
        opening.onerror = () => (isNew ? resolve(0) : reject(new Error(String(opening.error))));
        opening.onsuccess = () => {
          const counting = opening.result.transaction('entries').objectStore('entries').count();
          counting.onsuccess = () => {
            opening.result.close();
            resolve(counting.result);
          };
          counting.onerror = () => reject(new Error(String(counting.error)));
        };
      });
    return { models: await count('darkroom-models'), chunks: await count('darkroom-weights') };
  });
}

interface Header {
  [name: string]: { dtype: string; shape: number[]; data_offsets: [number, number] };
}

function readHeader(bytes: Buffer): { header: Header; data: number } {
  const length = Number(bytes.readBigUInt64LE());
  return { header: JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Header, data: 8 + length };
}

/** Makes the first value of a float16 tensor NaN. */
function spoil(file: string, tensor: string): void {
  const bytes = readFileSync(file);
  const { header, data } = readHeader(bytes);
  const entry = header[tensor];
  if (entry?.dtype !== 'F16') throw new Error(`${tensor} is no float16 tensor of ${file}.`);
  bytes.writeUInt16LE(0x7e00, data + entry.data_offsets[0]);
  writeFileSync(file, bytes);
}

/** Adds a tensor of zeros that no network reads. */
function addUnusedTensor(file: string, length: number): void {
  const bytes = readFileSync(file);
  const { header, data } = readHeader(bytes);
  const end = bytes.length - data;
  header['unused'] = { dtype: 'U8', shape: [length], data_offsets: [end, end + length] };
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  const start = Buffer.concat([size, text, bytes.subarray(data)]);
  writeFileSync(file, start);
  truncateSync(file, start.length + length);
}
