// The gallery over thousands of pictures in the browser's real storage.
import { readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, expect, test, type BrowserContext, type Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { readImageMetadata } from '../src/image/metadata.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makePictures, parametersOf, storePictures } from './stored-pictures.ts';

const COUNT = 3000;

test('thousands of pictures: find, select, take along, delete, compare, make again', async ({ page }) => {
  const pictures = await makePictures(COUNT, 8);
  // The newest but two is no PNG.
  const broken = { ...pictures[COUNT - 3]!, png: Buffer.from('no picture at all').toString('base64') };
  await storePictures(
    page,
    pictures.map((picture) => (picture.id === broken.id ? broken : picture)),
    ['nothing-sound'],
  );
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.tab('Gallery');
  const status = page.getByRole('search').getByRole('status');
  const selected = page.getByRole('toolbar', { name: 'Selected pictures' });
  const search = page.getByRole('searchbox', { name: 'Search pictures' });
  const tile = (seed: number) =>
    page.getByRole('gridcell', { name: new RegExp(`^Picture, seed ${seed}\\b`) });

  await test.step('only what is in sight exists, with thumbnails that are kept', async () => {
    await expect(status).toHaveText(/^3.001 pictures$/);
    await expect(tile(COUNT - 1).locator('img')).toBeVisible();
    expect(await page.getByRole('gridcell').count()).toBeLessThan(150);
    await expect.poll(() => keysOf(page, 'thumbnails')).toContain(`picture-${COUNT - 1}`);
  });

  await test.step('the keyboard reaches the last one, which is damaged and says so', async () => {
    await tile(COUNT - 1).focus();
    await page.keyboard.press('End');
    const damaged = page.getByRole('gridcell', { name: 'Damaged picture' });
    await expect(damaged).toBeFocused();
    expect(await page.getByRole('gridcell').count()).toBeLessThan(150);
    await page.keyboard.press('Enter');
    await expect(page.getByText('This record is damaged.')).toBeVisible();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Delete');
    await expect(status).toHaveText(/^3.000 pictures$/);
    expect(await keysOf(page, 'entries')).not.toContain('nothing-sound');
    // What took the place of the deleted one has the focus.
    await expect(tile(0)).toBeFocused();
    await page.keyboard.press('Home');
    await expect(tile(COUNT - 1)).toBeFocused();
  });

  await test.step('a picture that is no PNG says so, and its parameters are still there', async () => {
    const unreadable = page.getByRole('gridcell', { name: new RegExp(`seed ${broken.seed}, damaged`) });
    await expect(unreadable).toContainText('Damaged');
    await unreadable.click();
    await expect(page.getByText('This picture is damaged.')).toBeVisible();
    await expect(page.getByRole('dialog')).toContainText(`take ${broken.seed}`);
    await page.keyboard.press('Escape');
  });

  await test.step('search', async () => {
    for (const [text, count] of [
      ['lighthouse', 750],
      ['"red fox" sampler:ddim', 250],
      ['negative:blurry', 600],
      ['orchard -negative:blurry model:dreamy', 600],
      [`seed:${COUNT - 2}`, 1],
    ] as const) {
      await search.fill(text);
      await expect(status).toHaveText(new RegExp(`^${count} of`));
    }
    await search.fill('no such words');
    await expect(page.getByText('No picture matches.')).toBeVisible();
    await page.getByRole('button', { name: 'Show all pictures' }).click();
    await page.getByLabel('Model', { exact: true }).selectOption('sharp');
    await page.getByLabel('Sampler', { exact: true }).selectOption('DDIM Karras');
    await expect(status).toHaveText(/^500 of/);
    await page.getByLabel('Order', { exact: true }).selectOption('Oldest first');
    await expect(page.getByRole('gridcell').first()).toHaveAccessibleName(/^Picture, seed 5,/);
    await page.getByLabel('Order', { exact: true }).selectOption('Newest first');
    await page.getByLabel('Model', { exact: true }).selectOption('All models');
    await page.getByLabel('Sampler', { exact: true }).selectOption('All samplers');
  });

  await test.step('favourites', async () => {
    await tile(COUNT - 2).focus();
    await page.keyboard.press('f');
    await expect(tile(COUNT - 2)).toHaveAccessibleName(/, favourite/);
    await page.getByRole('button', { name: 'Favourites' }).click();
    await expect(status).toHaveText(/^1 of/);
    await page.reload();
    await darkroom.tab('Gallery');
    await expect(tile(COUNT - 2)).toHaveAccessibleName(/, favourite/);
  });

  await test.step('select by mouse and keyboard', async () => {
    await tile(COUNT - 1).click({ modifiers: ['ControlOrMeta'] });
    await tile(COUNT - 5).click({ modifiers: ['Shift'] });
    await expect(selected).toContainText('5 selected');
    await tile(COUNT - 4).click({ modifiers: ['ControlOrMeta'] });
    await expect(selected).toContainText('4 selected');
    await page.keyboard.press('ControlOrMeta+a');
    await expect(selected).toContainText(/3.000 selected/);
    await page.keyboard.press('Escape');
    await expect(selected).toHaveCount(0);
    await tile(COUNT - 1).focus();
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await expect(selected).toContainText('3 selected');
  });

  await test.step('the zip has the pictures with their parameters', async () => {
    const download = page.waitForEvent('download');
    await selected.getByRole('button', { name: 'Download zip' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/^darkroom-.*\.zip$/);
    const packed = unzipSync(new Uint8Array(await readFile(await file.path())));
    expect(Object.keys(packed)).toEqual([
      `00000-${COUNT - 3}.png`,
      `00001-${COUNT - 2}.png`,
      `00002-${COUNT - 1}.png`,
    ]);
    for (const seed of [COUNT - 2, COUNT - 1]) {
      const bytes = Object.entries(packed).find(([name]) => name.endsWith(`-${seed}.png`))![1];
      expect((await readImageMetadata(bytes)).parameters).toBe(parametersOf(seed));
    }
    await page.keyboard.press('Escape');
  });

  await test.step('as WebP and JPEG under names of a pattern, with the parameters', async () => {
    await darkroom.tab('Settings');
    await page.getByLabel('File format for images').selectOption('webp');
    const pattern = page.getByLabel('Images filename pattern');
    await pattern.fill('[seed]-[prompt_words]-[width]x[height]');
    await pattern.blur();
    await darkroom.tab('Gallery');
    await tile(COUNT - 1).click({ modifiers: ['ControlOrMeta'] });
    await tile(COUNT - 3).click({ modifiers: ['Shift'] });
    const download = page.waitForEvent('download');
    await selected.getByRole('button', { name: 'Download zip' }).click();
    const packed = unzipSync(new Uint8Array(await readFile(await (await download).path())));
    const words = parametersOf(COUNT - 1)
      .split('\n')[0]!
      .replaceAll(/\W+/g, ' ')
      .trim();
    const [broken, , newest] = Object.keys(packed);
    expect(newest).toBe(`00002-${COUNT - 1}-${words}-64x96.webp`);
    expect(broken, 'what cannot be read stays as it is').toMatch(/\.png$/);
    expect(await readImageMetadata(packed[newest!]!)).toMatchObject({
      parameters: parametersOf(COUNT - 1),
      size: { width: 64, height: 96 },
    });
    await page.keyboard.press('Escape');

    await darkroom.tab('Settings');
    await page.getByLabel('File format for images').selectOption('jpg');
    await darkroom.tab('Gallery');
    await tile(COUNT - 1).focus();
    await page.keyboard.press('Enter');
    const saved = page.waitForEvent('download');
    await page.getByRole('dialog').getByRole('button', { name: 'Download' }).click();
    const file = await saved;
    expect(file.suggestedFilename()).toMatch(new RegExp(`^00000-${COUNT - 1}-.*\\.jpg$`));
    const { parameters } = await readImageMetadata(new Uint8Array(await readFile(await file.path())));
    expect(parameters).toBe(parametersOf(COUNT - 1));
    await page.keyboard.press('Escape');
  });

  await test.step('delete, undo, and what stays deleted after a reload', async () => {
    await tile(COUNT - 1).click({ modifiers: ['ControlOrMeta'] });
    await tile(COUNT - 2).click({ modifiers: ['Shift'] });
    await selected.getByRole('button', { name: 'Delete' }).click();
    await expect(status).toHaveText(/^2.998 pictures$/);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(status).toHaveText(/^3.000 pictures$/);
    await expect(tile(COUNT - 1)).toBeVisible();
    await tile(COUNT - 4).focus();
    await page.keyboard.press('Delete');
    await expect(status).toHaveText(/^2.999 pictures$/);
    await page.reload();
    await darkroom.tab('Gallery');
    await expect(status).toHaveText(/^2.999 pictures$/);
    await expect(tile(COUNT - 2)).toHaveAccessibleName(/, favourite/);
  });

  await test.step('compare two', async () => {
    await tile(COUNT - 1).click({ modifiers: ['ControlOrMeta'] });
    await tile(COUNT - 2).click();
    await selected.getByRole('button', { name: 'Compare' }).click();
    const dialog = page.getByRole('dialog', { name: 'Compare pictures' });
    await expect(dialog.getByRole('img')).toHaveCount(2);
    await expect(dialog.getByRole('row', { name: /^Seed/ })).toHaveText(
      new RegExp(`${COUNT - 1}.*${COUNT - 2}`),
    );
    await expect(dialog.getByRole('row', { name: /^Steps/ })).toHaveCount(0);
    await dialog.getByText('Slider', { exact: true }).click();
    await dialog.getByRole('slider').fill('25');
    const clip = await dialog
      .getByRole('img', { name: 'Picture 2' })
      .evaluate((image) => getComputedStyle(image.parentElement!).clipPath);
    expect(clip).toBe('inset(0px 0px 0px 25%)');
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await page.getByRole('button', { name: 'Clear selection' }).click();
  });

  await test.step('the lightbox goes on with A1111’s keys, and fills txt2img', async () => {
    await tile(COUNT - 1).click();
    const photo = page.getByRole('dialog').getByRole('img', { name: /^Picture with seed/ });
    await expect(photo).toHaveAccessibleName(`Picture with seed ${COUNT - 1}`);
    await page.keyboard.press('ArrowRight');
    await expect(photo).toHaveAccessibleName(`Picture with seed ${COUNT - 2}`);
    const download = page.waitForEvent('download');
    await page.keyboard.press('s');
    const bytes = new Uint8Array(await readFile(await (await download).path()));
    expect((await readImageMetadata(bytes)).parameters).toBe(parametersOf(COUNT - 2));
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('button', { name: 'Use these settings' }).click();
    await expect(darkroom.prompt).toHaveValue(`a portrait, oil on canvas, take ${COUNT - 1}`);
    await expect(page.getByLabel('Seed', { exact: true })).toHaveValue(String(COUNT - 1));
  });
  await expect(darkroom.failures).toHaveCount(0);
});

test('pictures whose files the browser has lost say so, and can be deleted', async ({ baseURL }, info) => {
  const profile = info.outputPath('profile');
  const { launchOptions } = info.project.use;
  const open = (): Promise<BrowserContext> =>
    chromium.launchPersistentContext(profile, { ...launchOptions, baseURL: String(baseURL) });

  let context = await open();
  await storePictures(await context.newPage(), await makePictures(2, 2));
  await context.close();
  const databases = join(profile, 'Default', 'IndexedDB');
  const files = readdirSync(databases).filter((name) => name.endsWith('.indexeddb.blob'));
  expect(files).toHaveLength(1);
  for (const name of files) rmSync(join(databases, name), { recursive: true });

  context = await open();
  const page = await context.newPage();
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.tab('Gallery');
  const tile = page.getByRole('gridcell', { name: 'Picture, seed 1, damaged' });
  await expect(tile).toContainText('Missing');
  await tile.click({ modifiers: ['ControlOrMeta'] });
  await page.getByRole('button', { name: 'Download zip' }).click();
  await expect(page.getByText('1 picture could not be packed')).toBeVisible();
  await page.getByRole('button', { name: 'Clear selection' }).click();
  await tile.click();
  const lightbox = page.getByRole('dialog');
  await expect(lightbox).toContainText('This picture is gone.');
  await expect(lightbox).toContainText('a red fox in snow, take 1');
  await page.keyboard.press('s');
  await expect(lightbox.getByText('The picture is gone', { exact: true })).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(lightbox).toContainText('1 of 1');
  await page.keyboard.press('Delete');
  await expect(page.getByText('No pictures yet')).toBeVisible();
  await context.close();
});

/** Keys of a store of the pictures' database. */
async function keysOf(page: Page, name: string): Promise<string[]> {
  return page.evaluate(
    (name) =>
      new Promise<string[]>((resolve, reject) => {
        const opening = indexedDB.open('darkroom-images');
        opening.onerror = () => reject(new Error('The pictures cannot be opened.'));
        opening.onsuccess = () => {
          const reading = opening.result.transaction(name).objectStore(name).getAllKeys();
          reading.onerror = () => reject(new Error('The pictures cannot be read.'));
          reading.onsuccess = () => {
            opening.result.close();
            resolve(reading.result.map(String));
          };
        };
      }),
    name,
  );
}
