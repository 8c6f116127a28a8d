// Scripts of img2img: chosen beside the source, carried out pass by pass, told in the pictures' text and read back from it.
import { expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

test('Loopback, SD upscale and Ultimate SD upscale', async ({ page }, info) => {
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  await darkroom.choose('Sampling method', 'Euler');
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 4, Seed: 3 });
  await darkroom.prompt.fill('a lighthouse');
  await darkroom.draw();
  const stage = page.getByRole('region', { name: 'Result' });
  await stage.getByRole('button', { name: 'Send to img2img' }).click();
  await expect(stage.getByRole('img', { name: /^Source picture/ })).toBeVisible();

  await test.step('Loopback keeps the picture of each loop', async () => {
    const before = await darkroom.recent.count();
    await darkroom.choose('Script', 'Loopback');
    await darkroom.set({ Loops: 2, 'Final denoising strength': 0.3 });
    await darkroom.draw();
    await expect(darkroom.recent).toHaveCount(before + 2);
    await expect(darkroom.parameters).toContainText('Final denoising strength: 0.3');
    await expect(darkroom.parameters).toContainText('Loopback loops: 2');
  });

  await test.step('Ultimate SD upscale inpaints the tiles of a larger canvas; what another choice needs is hidden', async () => {
    await darkroom.choose('Script', 'Ultimate SD upscale');
    await expect(page.getByLabel('Custom width')).toHaveCount(0);
    await darkroom.choose('Target size type', 'Scale from image size');
    await darkroom.set({ Scale: 2, 'Tile width': 64, 'Redraw padding': 0 });
    await darkroom.draw();
    await expect(darkroom.parameters).toContainText('Ultimate SD upscale tile_height: 64');
    const width = await darkroom.picture.evaluate((image: HTMLImageElement) => image.naturalWidth);
    expect(width).toBe(128);
  });

  await test.step('SD upscale makes one larger picture of its tiles', async () => {
    await darkroom.choose('Script', 'SD upscale');
    await darkroom.set({ 'Tile overlap': 16 });
    await darkroom.choose('Upscaler', 'Lanczos');
    await darkroom.draw();
    await expect(darkroom.parameters).toContainText('SD upscale upscaler: Lanczos');
    const sides = await darkroom.picture.evaluate((image: HTMLImageElement) => [
      image.naturalWidth,
      image.naturalHeight,
    ]);
    expect(sides).toEqual([128, 128]);
  });

  await test.step('the script is there after a reload; txt2img does without it', async () => {
    await page.reload();
    await expect(await darkroom.control('Script')).toHaveValue('SD upscale');
    await expect(await darkroom.control('Tile overlap')).toHaveValue('16');
    await page.evaluate(() => window.darkroom.paintOn('cpu'));
    await darkroom.tab('txt2img');
    await darkroom.draw();
    await expect(darkroom.parameters).not.toContainText('SD upscale');
  });
});
