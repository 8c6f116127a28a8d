// A finished picture goes on as the source of another one: sent, redrawn, looked at in turn, and there again after a reload.
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { decodePng } from '../src/image/png.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

test('a picture is sent to img2img and redrawn', async ({ page }, info) => {
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  await darkroom.choose('Sampling method', 'Euler');
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 4, Seed: 3 });
  await darkroom.prompt.fill('a lighthouse');
  const first = await darkroom.draw();
  const stage = page.getByRole('region', { name: 'Result' });
  const source = stage.getByRole('img', { name: /^Source picture/ });

  await test.step('sent from the stage, it is the source and is looked at', async () => {
    await stage.getByRole('button', { name: 'Send to img2img' }).click();
    await expect(darkroom.link('img2img')).toHaveAttribute('aria-current', 'page');
    await expect(source).toBeVisible();
    await expect(await darkroom.control('Denoising strength')).toHaveValue('0.75');
    await expect(await darkroom.control('Resize mode')).toHaveValue('Just resize');
    await expect(darkroom.prompt).toHaveValue('a lighthouse');
  });

  await test.step('it is redrawn, more or less of it, and twice alike', async () => {
    await darkroom.prompt.fill('night');
    await darkroom.set({ 'Denoising strength': 0.5 });
    const half = await darkroom.draw();
    await expect(darkroom.parameters).toContainText('Denoising strength: 0.5');
    expect(await darkroom.draw()).toEqual(half);
    await darkroom.set({ 'Denoising strength': 1 });
    expect(await darkroom.draw()).not.toEqual(half);
    expect(half).not.toEqual(first);
  });

  await test.step('Space shows the source again, and the result', async () => {
    await expect(source).toBeHidden();
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press('Space');
    await expect(source).toBeVisible();
    await page.keyboard.press('Space');
    await expect(source).toBeHidden();
    await page.keyboard.press('Space');
    await expect(source).toBeVisible();
    await darkroom.recent.first().click();
    await expect(source, 'a picture that is chosen takes its place').toBeHidden();
  });

  await test.step('it is there after a reload; txt2img does without it', async () => {
    await page.reload();
    await expect(darkroom.link('img2img')).toHaveAttribute('aria-current', 'page');
    await stage.getByRole('button', { name: 'Show the source' }).click();
    await expect(source).toBeVisible();
    await page.evaluate(() => window.darkroom.paintOn('cpu'));
    await darkroom.tab('txt2img');
    await expect(source).toBeHidden();
    await darkroom.draw();
    await expect(darkroom.parameters).not.toContainText('Denoising strength');
  });

  await test.step('every place that shows a picture sends it, or copies it', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await stage.getByRole('button', { name: 'Copy image' }).click();
    await expect(stage.getByText('Copied')).toBeVisible();
    const copied = await page.evaluate(async () => (await navigator.clipboard.read())[0]?.types);
    expect(copied).toContain('image/png');

    await stage.getByRole('button', { name: 'Open this picture' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Send to img2img' }).click();
    await expect(source).toBeVisible();
    await darkroom.tab('Gallery');
    const tiles = page.getByRole('gridcell', { name: /^Picture, seed/ });
    await tiles.first().click({ modifiers: ['ControlOrMeta'] });
    await tiles.nth(1).click();
    await page.getByRole('button', { name: 'Compare' }).click();
    const compared = page.getByRole('dialog', { name: 'Compare pictures' });
    await compared.getByRole('button', { name: 'Send to Inpaint' }).last().click();
    await expect(compared).toBeHidden();
    await expect(page.getByRole('radio', { name: 'Inpaint', exact: true })).toBeChecked();
    await page.getByRole('radio', { name: 'img2img' }).check({ force: true });
    await expect(source).toBeVisible();
  });

  await test.step('the parameters of a picture bring back what it was painted over', async () => {
    const redrawn = darkroom.recent.nth(1);
    await redrawn.click();
    await expect(darkroom.parameters).toContainText('Init image SHA256');
    await page.getByRole('button', { name: 'Remove the source' }).click();
    await redrawn.click();
    await stage.getByRole('button', { name: 'Reuse parameters' }).click();
    await expect(source).toBeVisible();
    await expect(page.getByText('which the text does not hold')).toBeHidden();
  });

  await test.step('without a source the page says what is needed', async () => {
    await darkroom.link('img2img').click();
    await page.getByRole('button', { name: 'Remove the source' }).click();
    await darkroom.generateButton.click();
    const said = page.getByRole('status', { name: 'No picture to start from' });
    const chooser = page.waitForEvent('filechooser');
    await said.getByRole('button', { name: 'Choose a picture' }).click();
    await chooser;
  });
});

test('the demo model turns a sunrise into a night, and paints a boat into a mask', async ({ page }) => {
  const darkroom = new DarkroomPage(page);
  await darkroom.open('cpu');
  await page.getByRole('button', { name: 'Try it with the demo model' }).click();
  await expect(darkroom.picture).toBeVisible({ timeout: 1_200_000 });
  await darkroom.finished();
  const day = await darkroom.pixels();
  const stage = page.getByRole('region', { name: 'Result' });
  await stage.getByRole('button', { name: 'Send to img2img' }).click();
  await expect(page.getByRole('img', { name: /^Source picture/ })).toBeVisible();

  await test.step('the more the stronger', async () => {
    await darkroom.prompt.fill('starry night, full moon, sea');
    const made: number[][] = [];
    for (const strength of [0.3, 0.9]) {
      await darkroom.set({ 'Denoising strength': strength });
      made.push(await darkroom.draw());
    }
    const light = (pixels: readonly number[]) => pixels.reduce((sum, value) => sum + value, 0);
    const distance = (pixels: readonly number[]) =>
      pixels.reduce((sum, value, i) => sum + Math.abs(value - day[i]!), 0);
    const [little, much] = made as [number[], number[]];
    expect(light(much)).toBeLessThan(0.7 * light(day));
    expect(distance(little)).toBeLessThan(distance(much));
  });

  await test.step('a boat with a red sail, in the mask and nowhere else', async () => {
    await stage.getByRole('button', { name: 'Show the source' }).click();
    await page
      .getByRole('radiogroup', { name: 'What to do with the source' })
      .getByText('Inpaint', { exact: true })
      .click();
    const box = (await page.getByRole('application', { name: 'Canvas' }).boundingBox())!;
    // In the lower half of the picture, which is in the middle and as high as the canvas or as broad.
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2 + Math.min(box.width, box.height) / 8];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 20, y, { steps: 3 });
    await page.mouse.up();
    const menu = page.getByRole('region', { name: 'Painting on the source' });
    const download = page.waitForEvent('download');
    await menu.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Save the mask' }).click();
    const mask = await decodePng(new Uint8Array(readFileSync(await (await download).path())));
    const marked = (pixel: number) => mask.data[pixel * mask.channels]! > 127;

    await darkroom.prompt.fill('a boat with a red sail on the sea, noon');
    await darkroom.choose('Masked content', 'latent noise');
    await darkroom.set({ 'Denoising strength': 1, 'Mask blur': 0, Seed: 4 });
    const boat = await darkroom.draw();
    const changed = { inside: 0, outside: 0 };
    let [red, pixels] = [0, 0];
    for (let pixel = 0; pixel < boat.length / 3; pixel++) {
      const [before, after] = [day, boat].map((all) => all.slice(3 * pixel, 3 * pixel + 3)) as [
        number[],
        number[],
      ];
      const differs = before.some((value, i) => value !== after[i]);
      if (differs) changed[marked(pixel) ? 'inside' : 'outside'] += 1;
      if (!marked(pixel)) continue;
      pixels += 1;
      if (after[0]! > 1.5 * Math.max(after[1]!, after[2]!)) red += 1;
    }
    expect(changed.outside).toBe(0);
    expect(changed.inside).toBeGreaterThan(0.9 * pixels);
    expect(red / pixels, 'of the sail').toBeGreaterThan(0.02);
  });
});
