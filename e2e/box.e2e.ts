// The box: what comes with Darkroom is of use on a first visit, with nothing imported.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { readImageMetadata } from '../src/image/metadata.ts';
import { BOXED_UPSCALERS } from '../src/library/box.ts';
import { violations } from './axe.ts';
import { DarkroomPage } from './darkroom-page.ts';

/** Painted by the demo model, with its text. */
const PICTURE = fileURLToPath(new URL('../docs/recipes/txt2img.png', import.meta.url));
/** ... and another. */
const COLOURS = fileURLToPath(new URL('../docs/recipes/img2img.png', import.meta.url));
const SIDE = 128;
const SCALE = 4;

test('a first visitor enlarges a picture with the upscaler in the box', async ({ page }) => {
  const [{ name, file } = { name: '', file: '' }] = BOXED_UPSCALERS;
  const { parameters } = await readImageMetadata(new Blob([readFileSync(PICTURE)]));
  const fetched: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.includes('/box/')) fetched.push(pathname.split('/').at(-1)!);
  });
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await page.evaluate(() => window.darkroom.paintOn('cpu'));
  const panel = page.getByRole('region', { name: 'Extras', exact: true });

  await darkroom.tab('Extras');
  await darkroom.dropPicture(PICTURE);
  await panel.getByRole('button', { name: `Use ${name}` }).click();
  await expect(panel.getByText(/BSD 3-Clause/)).toBeVisible();
  expect(fetched).toEqual([]);
  await panel.getByRole('button', { name: 'Generate', exact: true }).click();
  await expect(panel.getByText('1 picture is in the Gallery.')).toBeVisible({ timeout: 120_000 });
  expect(fetched).toEqual([file]);

  const result = panel.getByRole('img', { name: 'Result' });
  expect(await result.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(SCALE * SIDE);
  await expect(panel.getByRole('slider', { name: /as it was before/ })).toBeVisible();
  await expect(panel.getByRole('region', { name: 'Parameters text' })).toHaveText(
    `${parameters}, Postprocess upscale by: ${SCALE}, Postprocess upscaler: ${name}`,
  );

  await test.step('... and gives it the colours of another', async () => {
    await panel.getByText('Recolor', { exact: true }).first().click();
    await panel.getByLabel('Colors from').setInputFiles(COLOURS);
    await expect(panel.getByRole('checkbox', { name: 'Recolor' })).toBeChecked();
    await darkroom.choose('Upscaler 1', 'None');
    await panel.getByRole('button', { name: 'Generate', exact: true }).click();
    await expect(panel.getByRole('region', { name: 'Parameters text' })).toHaveText(
      `${parameters}, Recolor: Luminance, Recolor gamma: 1, Recolor colors: ${basename(COLOURS)}`,
    );
    await expect
      .poll(async () => result.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBe(SIDE);
    expect(await violations(page)).toEqual([]);
  });

  await darkroom.tab('Models');
  await expect(page.getByText('Real-ESRGAN compact x4')).toBeVisible();
  await expect(darkroom.failures).toHaveCount(0);
});
