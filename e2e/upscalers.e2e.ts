// An upscaler in a file of its own: imported, listed, offered wherever pictures grow, in the picture's text, chosen again by it, and
// said to be missing where it is not there.
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { readReference } from '../tests/reference-dir.ts';
import { loadUpscaler, upscalerCases } from '../tests/upscalers.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

const TEXT =
  'a lighthouse\nSteps: 2, Sampler: Euler, CFG scale: 5, Seed: 1, Size: 64x64, Denoising strength: 0.5, Hires upscale: 1.5, Hires steps: 1';

/** One that takes the tiles of ESRGAN. */
const golden = (await upscalerCases()).find(({ name }) => /esrgan/i.test(name));

test('an upscaler file enlarges between the passes, and its name in a text chooses it', async ({
  page,
}, info) => {
  test.skip(golden === undefined, 'the reference data has no ESRGAN');
  const { name, folder, file } = golden!;
  const { label } = (await loadUpscaler(golden!)).detection;
  const path = info.outputPath('models');
  mkdirSync(path, { recursive: true });
  const upscaler = `${path}/${name}${/\.(pth|safetensors)/.exec(file)![0]}`;
  writeFileSync(upscaler, readReference(...folder, file));
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(path));
  const read = async (text: string) => {
    await darkroom.prompt.fill(text);
    await page.getByRole('button', { name: 'Read parameters' }).click();
    await expect(darkroom.prompt).not.toHaveValue(/Steps:/);
  };
  const sideOf = () => darkroom.picture.evaluate((image: HTMLImageElement) => image.naturalWidth);

  await test.step('one that is not there is named, and nothing begins', async () => {
    await read(`${TEXT}, Hires upscaler: ${name}`);
    await expect(page.getByText(`Hires. fix: the upscaler ${name} is not in the library`)).toBeVisible();
    await darkroom.generateButton.click();
    await expect(darkroom.failures).toContainText(`The upscaler "${name}" is not in the library`);
  });

  await test.step('its file is imported as models are, and listed', async () => {
    await darkroom.pick([upscaler]);
    await expect(darkroom.importOf(upscaler.slice(path.length + 1))).toContainText('Imported');
    await darkroom.tab('Models');
    await expect(page.getByText(label, { exact: true })).toBeVisible();
    await darkroom.tab('txt2img');
    await expect(darkroom.checkpoint.getByRole('option')).toHaveCount(1);
  });

  let drawn: number[] = [];
  await test.step('the picture grows by it, and says so', async () => {
    await page.reload();
    await page.evaluate(() => window.darkroom.paintOn('cpu'));
    await page.getByText('Hires. fix', { exact: true }).first().click();
    await expect(await darkroom.control('Upscaler')).toHaveValue(name);
    drawn = await darkroom.draw();
    expect(await sideOf()).toBe(96);
    await expect(darkroom.parameters).toContainText(`Hires upscaler: ${name}`);
    await darkroom.choose('Upscaler', 'Lanczos');
    expect(await darkroom.draw()).not.toEqual(drawn);
  });

  await test.step('interrupted while it grows, the first pass is kept', async () => {
    // Thousands of tiles.
    await read(`${TEXT}, Hires upscaler: ${name}, ESRGAN tile: 16, ESRGAN tile overlap: 15`);
    await darkroom.generateButton.click();
    await expect(page.getByText(`Upscaling with ${name}`).first()).toBeVisible({ timeout: 120_000 });
    await darkroom.interruptButton.click();
    await darkroom.finished();
    await expect(darkroom.failures).toHaveCount(0);
    await expect.poll(sideOf).toBe(64);
    await expect(darkroom.parameters).toContainText('ESRGAN tile: 16, ESRGAN tile overlap: 15');
  });

  await test.step("its name in a text chooses it again, under A1111's settings", async () => {
    await read(`${TEXT}, Hires upscaler: ${name}`);
    await expect(await darkroom.control('Upscaler')).toHaveValue(name);
    expect(await darkroom.draw()).toEqual(drawn);
    await darkroom.tab('Settings');
    await page.getByLabel('Upscaler for img2img', { exact: true }).selectOption(name);
    await expect(page.getByLabel('Tile size for ESRGAN upscalers.', { exact: true })).toHaveValue('192');
  });
});
