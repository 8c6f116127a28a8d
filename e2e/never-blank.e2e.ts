// No file, no record and no failing part may leave a blank page: each failure is told in its place, and what is stored
// stays within reach.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { readTrial, TRIALS_DIR } from '../tests/trials-dir.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';
import { makePictures, storePictures } from './stored-pictures.ts';

interface ChaosFile {
  readonly file: string;
  readonly as: string;
}

function chaosFiles(as: string): ChaosFile[] {
  try {
    const index = readFileSync(join(TRIALS_DIR, 'chaos', 'index.json'), 'utf8');
    return (JSON.parse(index) as { files: ChaosFile[] }).files.filter((entry) => entry.as === as);
  } catch {
    return [];
  }
}

/** On disk, unpacked. */
function unpack({ file }: ChaosFile, folder: string): string {
  const path = join(folder, basename(file).replace(/\.gz$/, ''));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, readTrial(join('chaos', file)));
  return path;
}

async function importSmall(page: Page, folder: string): Promise<DarkroomPage> {
  const files = await makeCheckpoint(folder);
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.pick([files.checkpoint, files.sidecar]);
  await expect(darkroom.importOf('small.safetensors')).toContainText('Imported', { timeout: 300_000 });
  return darkroom;
}

test('odd checkpoints leave a page that opens again, with all that was there', async ({ page }, info) => {
  const files = chaosFiles('checkpoint');
  test.skip(files.length === 0, 'the trials have no such files');
  const darkroom = await importSmall(page, info.outputPath('model'));
  for (const file of files) {
    const path = unpack(file, info.outputPath('chaos'));
    await darkroom.pick([path]);
    await expect(darkroom.importOf(basename(path))).toContainText(/Imported|Could not be|Not supported/, {
      timeout: 300_000,
    });
    await darkroom.tab('Models');
    await expect(darkroom.model('small')).toBeVisible();
    await darkroom.open();
    await darkroom.tab('Models');
    await expect(darkroom.model('small')).toBeVisible();
    await expect(page.getByText('This could not be shown')).toHaveCount(0);
  }
});

test('a part that fails says so in its place, with a way to delete what it showed', async ({
  page,
}, info) => {
  const darkroom = await importSmall(page, info.outputPath('model'));
  // A browser without the data of its languages: what a model's card asks for throws.
  await page.addInitScript(() => {
    Date.prototype.toLocaleDateString = () => {
      throw new RangeError('Incorrect locale information provided');
    };
  });
  await darkroom.open();
  await darkroom.tab('Models');
  const models = page.getByRole('region', { name: 'Checkpoints' });
  const told = models.getByRole('alert').filter({ hasText: 'This could not be shown. The model small' });
  await expect(told).toBeVisible();
  await expect(told).not.toContainText('locale');
  await told.getByRole('button', { name: 'Try again' }).click();
  await expect(told).toBeVisible();
  await expect(models.getByRole('button', { name: 'Add a model' })).toBeVisible();

  await darkroom.tab('txt2img');
  await darkroom.prompt.fill('still here');
  await darkroom.tab('Models');
  await told.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete model' }).click();
  await expect(told).toHaveCount(0);
  await expect(models.getByText('No models yet.')).toBeVisible();
});

test('where the page itself cannot be shown, models can be deleted and pictures taken along', async ({
  page,
}, info) => {
  await storePictures(page, await makePictures(3, 3));
  await importSmall(page, info.outputPath('model'));
  // The page asks for this before it shows anything.
  await page.addInitScript('window.matchMedia = undefined');
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Darkroom could not be shown' })).toBeVisible();
  await expect(page.locator('main > p').first()).not.toContainText('matchMedia');

  const pictures = page.getByRole('region', { name: 'Pictures' });
  const zip = page.waitForEvent('download');
  await pictures.getByRole('button', { name: 'Download all 3 as zip' }).click();
  expect(
    readFileSync(await (await zip).path())
      .subarray(0, 2)
      .toString(),
  ).toBe('PK');
  await pictures.getByText('One by one').click();
  const single = page.waitForEvent('download');
  await pictures.getByRole('button', { name: 'Save' }).first().click();
  expect(
    readFileSync(await (await single).path())
      .subarray(1, 4)
      .toString(),
  ).toBe('PNG');

  const models = page.getByRole('region', { name: 'Models' });
  await expect(models.getByText('small', { exact: true })).toBeVisible();
  await models.getByRole('button', { name: 'Delete' }).click();
  await expect(models.getByText('small is deleted.')).toBeVisible();

  const whole = new DarkroomPage(await page.context().newPage());
  await whole.open();
  await expect(whole.checkpoint).toBeDisabled();
});
