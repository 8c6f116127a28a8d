// From a checkpoint to a picture, in the built app: import, generate, interrupt, find everything again, delete.
import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { readImageMetadata } from '../src/image/metadata.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint, type CheckpointFiles } from './small-checkpoint.ts';

/** Small enough for software rendering. */
const SMALL = { Width: 64, Height: 64, 'CFG Scale': 7 };

let files: CheckpointFiles;

test.beforeEach(async () => {
  files = await makeCheckpoint(test.info().outputPath('model'));
});

test('a checkpoint picked from disk makes a picture, and both are there after a reload', async ({ page }) => {
  const darkroom = new DarkroomPage(page);
  await darkroom.open();

  await test.step('the first visit says what to do', async () => {
    await expect(page.getByText('Drop a checkpoint.')).toBeVisible();
    await expect(page.getByText('Write a prompt.')).toBeVisible();
    await expect(page.getByText('Press Generate.')).toBeVisible();
    await expect(darkroom.checkpoint).toBeDisabled();
  });

  await test.step('import', async () => {
    await darkroom.pick([files.checkpoint, files.sidecar]);
    await expect(darkroom.importOf(`${files.name}.safetensors`)).toContainText('Imported', {
      timeout: 300_000,
    });
    await expect(darkroom.checkpoint).toContainText(files.name);
  });

  await test.step('generate', async () => {
    await darkroom.prompt.fill('a lighthouse at dusk');
    await darkroom.choose('Sampling method', 'Euler');
    await darkroom.set({ ...SMALL, 'Sampling steps': 1, Seed: 7 });
    await darkroom.generateButton.click();
    await darkroom.finished();
    await expect(darkroom.failures).toHaveCount(0);
    await expect(darkroom.picture).toBeVisible();
    await expect(darkroom.parameters).toContainText('a lighthouse at dusk');
    await expect(darkroom.parameters).toContainText('Steps: 1, Sampler: Euler');
    await expect(darkroom.parameters).toContainText('Seed: 7, Size: 64x64');
  });

  await test.step('the picture has the size asked for and is not blank', async () => {
    const look = await darkroom.picture.evaluate(async (element: HTMLImageElement) => {
      await element.decode();
      const canvas = new OffscreenCanvas(element.naturalWidth, element.naturalHeight);
      const context = canvas.getContext('2d');
      context?.drawImage(element, 0, 0);
      const pixels = context?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return { width: canvas.width, height: canvas.height, colours: new Set(pixels).size };
    });
    expect(look).toMatchObject({ width: 64, height: 64 });
    expect(look.colours).toBeGreaterThan(16);
  });

  await test.step('download: the file carries its parameters', async () => {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    const bytes = new Uint8Array(await readFile(await (await download).path()));
    expect((await readImageMetadata(bytes)).parameters).toBe(await darkroom.parameters.textContent());
  });

  // Image i of a batch has seed + i. On the page that has loaded the model: shaders take longer to compile than pictures to draw.
  await test.step('the same seed makes the same picture, another seed another', async () => {
    await darkroom.set({ 'Batch size': 2, Seed: 6 });
    await darkroom.generateButton.click();
    await expect(darkroom.interruptButton).toBeVisible();
    await darkroom.finished();
    await expect(darkroom.failures).toHaveCount(0);
    const images = await page.evaluate(async () =>
      Promise.all(
        (await window.darkroom.listImages()).map(async ({ seed, png }) => {
          const bytes = await crypto.subtle.digest('SHA-256', await png.arrayBuffer());
          return { seed, picture: [...new Uint8Array(bytes)].join() };
        }),
      ),
    );
    expect(images.map(({ seed }) => seed).sort()).toEqual([6, 7, 7]);
    const [first, second] = images.filter(({ seed }) => seed === 7);
    expect(first?.picture).toBe(second?.picture);
    expect(new Set(images.map(({ picture }) => picture)).size).toBe(2);
  });

  await test.step('reload', async () => {
    await page.reload();
    await expect(darkroom.checkpoint).toContainText(files.name);
    await expect(darkroom.prompt).toHaveValue('a lighthouse at dusk');
    await expect(page.getByLabel('Width', { exact: true })).toHaveValue('64');
    await expect(darkroom.recent).toHaveCount(3);
    await darkroom.recent.first().click();
    await expect(darkroom.picture).toBeVisible();
    await expect(darkroom.parameters).toContainText('a lighthouse at dusk');
  });

  await test.step('the same file again is recognised', async () => {
    await darkroom.pick([files.checkpoint]);
    await expect(darkroom.importOf(`${files.name}.safetensors`)).toContainText('Already in your library');
    await darkroom.tab('Models');
    await expect(darkroom.model(files.name)).toHaveCount(1);
  });

  await test.step('rename', async () => {
    await page.getByRole('button', { name: `Rename ${files.name}` }).click();
    await page.getByLabel(`New name of ${files.name}`).fill('Lighthouses');
    await page.keyboard.press('Enter');
    await expect(darkroom.model('Lighthouses')).toBeVisible();
    await expect(darkroom.checkpoint).toContainText('Lighthouses');
  });

  await test.step('delete the model; the picture stays', async () => {
    await page.getByRole('button', { name: 'Delete Lighthouses' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete model' }).click();
    await expect(page.getByText('No models yet.')).toBeVisible();
    await page.reload();
    await expect(darkroom.checkpoint).toBeDisabled();
    // A reload keeps the place.
    await darkroom.tab('txt2img');
    await expect(darkroom.recent).toHaveCount(3);
    const left = await page.evaluate(async () => (await window.darkroom.listModels()).length);
    expect(left).toBe(0);
  });
});

test('a dropped checkpoint can be interrupted, and what is there is kept', async ({ page }) => {
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.useProcessor();
  await darkroom.drop([files.checkpoint, files.sidecar]);
  await expect(darkroom.importOf(`${files.name}.safetensors`)).toContainText('Imported', {
    timeout: 300_000,
  });

  await darkroom.prompt.fill('a lighthouse');
  await darkroom.choose('Sampling method', 'Euler a');
  await darkroom.set({ ...SMALL, 'Sampling steps': 150, Seed: 1 });

  // By keyboard: the prompt has the focus after all that.
  await darkroom.prompt.press('Control+Enter');
  await expect(darkroom.interruptButton).toBeVisible();
  await expect(page.getByText(/^Step [1-9]\d*\/150/)).toBeVisible({ timeout: 500_000 });
  await expect(page.getByRole('img', { name: 'Preview' })).toBeVisible();
  await page.keyboard.press('Escape');
  await darkroom.finished();

  await expect(darkroom.failures).toHaveCount(0);
  await expect(darkroom.picture).toBeVisible();
  const images = await page.evaluate(() => window.darkroom.listImages());
  expect(images).toHaveLength(1);
});
