// Records of another shape than this version writes, put into the browser's storage past the app: the page opens, says so,
// and what is sound stays usable.
import { expect, test } from '@playwright/test';
import { chaosFiles, readTrial } from '../tests/trials-dir.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';
import { makePictures, storePictures } from './stored-pictures.ts';

interface Planted {
  readonly database: string;
  readonly store?: string;
  readonly key: string;
  /** Fields over those of a sound record, or a value in its place. */
  readonly set: unknown;
}

const cases = chaosFiles('records').flatMap(
  ({ file }) => JSON.parse(Buffer.from(readTrial(`chaos/${file}`)).toString()) as Planted[],
);

test('the page opens whatever is planted in its records', async ({ page }, info) => {
  test.skip(cases.length === 0, 'the trials have no such records');
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await storePictures(page, await makePictures(2, 2));
  const files = await makeCheckpoint(info.outputPath('model'));
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.pick([files.checkpoint, files.sidecar]);
  await expect(darkroom.importOf(`${files.name}.safetensors`)).toContainText('Imported', {
    timeout: 300_000,
  });

  for (const planted of cases) {
    const name = JSON.stringify(planted);
    await page.goto('/icons/darkroom.svg');
    await page.evaluate(plant, planted);
    await darkroom.open();
    await expect(darkroom.checkpoint, name).toContainText(files.name);
    if (planted.database === 'darkroom-models') {
      await darkroom.tab('Models');
      await expect(
        page.getByText(/cannot be read any more|newer version|lost its weights/),
        name,
      ).toHaveCount(1);
      await expect(darkroom.model(files.name), name).toBeVisible();
    } else if (planted.database === 'darkroom-images') {
      await darkroom.tab('Gallery');
      await expect(page.getByText(/damaged/i).first(), name).toBeVisible();
    } else if (planted.database === 'darkroom-queue') {
      await expect(page.getByText('The queue was damaged'), name).toBeVisible();
    }
    expect(errors, name).toEqual([]);
    await page.goto('/icons/darkroom.svg');
    await page.evaluate(remove, planted);
  }
  // The next import takes nothing along, and what was sound is whole.
  await darkroom.open();
  expect(await page.evaluate(async () => (await window.darkroom.listModels()).length)).toBe(1);
});

/** Runs on the page. */
async function plant({ database, store = 'entries', key, set }: Planted): Promise<void> {
  const opening = indexedDB.open(database);
  await new Promise((resolve, reject) => {
    opening.onupgradeneeded = () => opening.result.createObjectStore('entries');
    opening.onsuccess = resolve;
    opening.onerror = reject;
  });
  const transaction = opening.result.transaction(store, 'readwrite');
  const entries = transaction.objectStore(store);
  const all = entries.getAll();
  await new Promise((resolve, reject) => {
    transaction.onerror = reject;
    transaction.oncomplete = resolve;
    all.onsuccess = () => {
      const fields = typeof set === 'object' && set !== null && !Array.isArray(set);
      const sound: unknown = all.result[0] ?? {};
      entries.put(fields ? Object.assign({}, sound, set) : set, key);
    };
  });
  opening.result.close();
}

/** Runs on the page. */
async function remove({ database, store = 'entries', key }: Planted): Promise<void> {
  const opening = indexedDB.open(database);
  await new Promise((resolve, reject) => {
    opening.onsuccess = resolve;
    opening.onerror = reject;
  });
  const transaction = opening.result.transaction(store, 'readwrite');
  transaction.objectStore(store).delete(key);
  await new Promise((resolve, reject) => {
    transaction.onerror = reject;
    transaction.oncomplete = resolve;
  });
  opening.result.close();
}
