// The Extras tab: a picture is sent there, enlarged without any model and by an upscaler's file, and what comes out is in the Gallery
// with its text.
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { encodePng } from '../src/image/png.ts';
import { listReference, readReference } from '../tests/reference-dir.ts';
import { upscalerCases } from '../tests/upscalers.ts';
import { makeCheckpoint } from './small-checkpoint.ts';
import { violations } from './axe.ts';
import { DarkroomPage } from './darkroom-page.ts';

const SIDE = 64;
const TEXT = 'a lighthouse\nSteps: 2, Sampler: Euler, CFG scale: 5, Seed: 7, Size: 64x64';

/** One that takes the tiles of ESRGAN. */
const golden = (await upscalerCases()).find(({ name }) => /esrgan/i.test(name));

async function gradient(width: number, height: number, parameters: string): Promise<Uint8Array> {
  const data = new Uint8Array(3 * width * height).map((_, i) => (i * 5) % 251);
  return encodePng({ width, height, channels: 3, data }, parameters ? { parameters } : {});
}

/** Writes the reference's upscaler there: its path. */
function upscalerIn(path: string): string {
  const { name, folder, file } = golden!;
  mkdirSync(path, { recursive: true });
  const upscaler = `${path}/${name}${/\.(pth|safetensors)/.exec(file)![0]}`;
  writeFileSync(upscaler, readReference(...folder, file));
  return upscaler;
}

test('a picture is enlarged, and kept with what was done to it', async ({ page }, info) => {
  test.skip(golden === undefined, 'the reference data has no ESRGAN');
  const path = info.outputPath('files');
  const upscaler = upscalerIn(path);
  const picture = `${path}/lighthouse.png`;
  writeFileSync(picture, await gradient(SIDE, SIDE, TEXT));
  const wide = `${path}/wide.png`;
  writeFileSync(wide, await gradient(2 * SIDE, SIDE, ''));
  const noPicture = `${path}/broken.png`;
  writeFileSync(noPicture, 'no picture');

  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  const panel = page.getByRole('region', { name: 'Extras', exact: true });
  const start = panel.getByRole('button', { name: 'Generate', exact: true });
  const text = panel.getByRole('region', { name: 'Parameters text' });
  const sizeOfResult = () =>
    panel
      .getByRole('img', { name: 'Result' })
      .evaluate(({ naturalWidth, naturalHeight }: HTMLImageElement) => [naturalWidth, naturalHeight]);

  await test.step('it is sent there from PNG Info, and Lanczos needs no model', async () => {
    await darkroom.dropPicture(picture);
    await page.getByRole('button', { name: 'Send to Extras' }).click();
    await expect(panel.getByRole('img', { name: /lighthouse/ })).toBeVisible();
    await darkroom.choose('Upscaler 1', 'Lanczos');
    await darkroom.set({ Resize: 2 });
    // The keys that make pictures elsewhere work on this one here.
    await page.keyboard.press('Control+Enter');
    await expect(panel.getByText('1 picture is in the Gallery.')).toBeVisible();
    await expect(page).toHaveURL(/extras/);
    expect(await sizeOfResult()).toEqual([2 * SIDE, 2 * SIDE]);
    await expect(text).toHaveText(`${TEXT}, Postprocess upscale by: 2, Postprocess upscaler: Lanczos`);
  });

  await test.step('a slider shows what it was', async () => {
    const slider = panel.getByRole('slider', { name: /as it was before/ });
    await slider.fill('50');
    await expect(panel.locator('.line')).toBeVisible();
  });

  await test.step('an upscaler in a file is offered once it is imported', async () => {
    await darkroom.drop([upscaler]);
    await expect(darkroom.importOf(upscaler.slice(path.length + 1))).toContainText('Imported');
    await page.evaluate(() => window.darkroom.paintOn('cpu'));
    await darkroom.choose('Upscaler 1', golden!.name);
    await start.click();
    await expect(panel.getByText('1 picture is in the Gallery.')).toBeVisible({ timeout: 120_000 });
    expect(await sizeOfResult()).toEqual([2 * SIDE, 2 * SIDE]);
    await expect(text).toContainText(`Postprocess upscaler: ${golden!.name}`);
  });

  await test.step('it is accessible', async () => expect(await violations(page)).toEqual([]));

  await test.step('interrupted between tiles, it ends there', async () => {
    await darkroom.tab('Settings');
    await page.getByLabel('Tile size for ESRGAN upscalers.', { exact: true }).fill('16');
    await page.getByLabel('Tile overlap for ESRGAN upscalers.', { exact: true }).fill('15');
    await darkroom.tab('Extras');
    await start.click();
    await expect(panel.getByText(`Upscaling with ${golden!.name}`)).toBeVisible({ timeout: 120_000 });
    await page.keyboard.press('Escape');
    await expect(panel.getByText('Interrupted. 0 pictures are in the Gallery.')).toBeVisible();
    await expect(start).toBeEnabled();
  });

  await test.step('many pictures, mirrored; what is none is named', async () => {
    await panel.getByLabel('Batch Process').check();
    await panel.locator('input[type=file]').first().setInputFiles([picture, noPicture, wide]);
    await darkroom.choose('Upscaler 1', 'Nearest');
    await panel.getByText('Create flipped copies').first().click();
    await panel.getByRole('checkbox', { name: 'Create flipped copies' }).check();
    await start.click();
    await expect(panel.getByText('4 pictures are in the Gallery.')).toBeVisible();
    await expect(panel.getByRole('alert')).toContainText('broken.png: ');
    await panel
      .getByRole('button', { name: `wide.png, ${4 * SIDE} × ${2 * SIDE}` })
      .first()
      .click();
    await expect.poll(sizeOfResult).toEqual([4 * SIDE, 2 * SIDE]);
    await expect(text).toHaveText('Postprocess upscale by: 2, Postprocess upscaler: Nearest');
  });

  await test.step('all are in the Gallery', async () => {
    await darkroom.tab('Gallery');
    await expect(page.getByRole('gridcell', { name: /^Picture, seed/ })).toHaveCount(6);
    await expect(darkroom.failures).toHaveCount(0);
  });
});

test('pictures wait for Extras, and come when it is interrupted', async ({ page }, info) => {
  test.skip(golden === undefined, 'the reference data has no ESRGAN');
  const path = info.outputPath('files');
  const upscaler = upscalerIn(path);
  const picture = `${path}/lighthouse.png`;
  writeFileSync(picture, await gradient(4 * SIDE, 4 * SIDE, ''));
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(path));
  await darkroom.pick([upscaler]);
  await expect(darkroom.importOf(upscaler.slice(path.length + 1))).toContainText('Imported');
  const panel = page.getByRole('region', { name: 'Extras', exact: true });
  // Thousands of tiles.
  await darkroom.tab('Settings');
  await page.getByLabel('Tile size for ESRGAN upscalers.', { exact: true }).fill('16');
  await page.getByLabel('Tile overlap for ESRGAN upscalers.', { exact: true }).fill('15');
  await darkroom.tab('Extras');
  await darkroom.dropPicture(picture);
  await darkroom.choose('Upscaler 1', golden!.name);
  await panel.getByRole('button', { name: 'Generate', exact: true }).click();
  await expect(panel.getByText(`Upscaling with ${golden!.name}`)).toBeVisible({ timeout: 120_000 });

  await darkroom.tab('txt2img');
  await darkroom.set({ Width: SIDE, Height: SIDE, 'Sampling steps': 1 });
  await darkroom.generateButton.click();
  await expect(page.getByRole('heading', { name: 'Queue 1' })).toBeVisible();
  await darkroom.tab('Extras');
  await expect(panel.getByText(`Upscaling with ${golden!.name}`)).toBeVisible();
  await panel.getByRole('button', { name: 'Interrupt' }).click();
  await expect(panel.getByText('Interrupted. 0 pictures are in the Gallery.')).toBeVisible();

  await darkroom.tab('txt2img');
  await expect(darkroom.picture).toBeVisible({ timeout: 120_000 });
  await expect(darkroom.failures).toHaveCount(0);
});

/** Where the reference has DDColor. */
const COLORIZER = listReference('models', 'extras').includes('ddcolor')
  ? (listReference('models', 'extras', 'ddcolor').find((file) => /\.pth(\.gz)?$/.test(file)) ?? null)
  : null;

test('a network of the library finds colours for a grey picture', async ({ page }, info) => {
  test.skip(COLORIZER === null, 'the reference data has no DDColor');
  const path = info.outputPath('files');
  mkdirSync(path, { recursive: true });
  writeFileSync(`${path}/ddcolor.pth`, readReference('models', 'extras', 'ddcolor', COLORIZER!));
  const data = new Uint8Array(3 * SIDE * SIDE).map((_, i) => (Math.floor(i / 3) * 5) % 251);
  const grey = await encodePng({ width: SIDE, height: SIDE, channels: 3, data });
  writeFileSync(`${path}/grey.png`, grey);

  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.useProcessor();
  await darkroom.pick([`${path}/ddcolor.pth`]);
  await expect(darkroom.importOf('ddcolor.pth')).toContainText('Imported');
  await darkroom.tab('Extras');
  const panel = page.getByRole('region', { name: 'Extras', exact: true });
  await panel.locator('input[type=file]').first().setInputFiles(`${path}/grey.png`);
  await panel.getByText('Recolor', { exact: true }).first().click();
  await darkroom.choose('Colors', 'ddcolor');
  await panel.getByRole('button', { name: 'Generate', exact: true }).click();
  await expect(panel.getByText('1 picture is in the Gallery.')).toBeVisible();
  await expect(panel.getByRole('region', { name: 'Parameters text' })).toHaveText(
    'Recolor: Network, Recolor colors: ddcolor',
  );
  const result = panel.getByRole('img', { name: 'Result' });
  const colourful = await result.evaluate(async (image: HTMLImageElement) => {
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext('2d')!;
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, i) => i % 4 === 0 && value !== data[i + 2]);
  });
  expect(colourful).toBe(true);
  await expect(darkroom.failures).toHaveCount(0);
});
