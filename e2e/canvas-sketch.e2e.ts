// Sketch and Inpaint sketch in the browser: what was painted is what the engine gets, and reading a picture's parameters gives the same
// picture again.
import { expect, test } from '@playwright/test';
import { CanvasPage } from './canvas-page.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

const SIDE = 64;

test('what was painted comes back with the parameters of a picture', async ({ page }, info) => {
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  await darkroom.choose('Sampling method', 'Euler');
  await darkroom.set({ Width: SIDE, Height: SIDE, 'Sampling steps': 2, Seed: 3 });
  const original = await darkroom.draw();
  await page.getByRole('button', { name: 'Send to img2img' }).click();
  const canvas = new CanvasPage(page);
  const stage = page.getByRole('region', { name: 'Result' });
  const reuse = stage.getByRole('button', { name: 'Reuse parameters' });
  const show = stage.getByRole('button', { name: 'Show the source' });
  const chosen = (mode: string) => page.getByRole('radio', { name: mode, exact: true });
  const stroke = async (y: number) => canvas.stroke([12, y], [52, y], { width: SIDE, height: SIDE });
  const text = async () => (await darkroom.parameters.textContent()) ?? '';

  await canvas.choose('Sketch');
  await expect(canvas.surface).toBeVisible();
  // So that what comes out is close to what went in.
  await darkroom.set({ 'Denoising strength': 0 });
  await canvas.room.getByRole('slider', { name: 'Size', exact: true }).fill('12');
  await canvas.room.getByLabel('Colour', { exact: true }).fill('#00ff00');
  await stroke(20);
  const sketched = await darkroom.draw();
  const sketchedText = await text();

  await test.step('the engine gets the strokes', async () => {
    expect(sketchedText).toContain('Init image SHA256');
    expect(sketchedText).not.toContain('Mask SHA256');
    expect(sketched).not.toEqual(original);
  });

  await test.step('what is painted now stays where it is the same', async () => {
    await reuse.click();
    await show.click();
    await expect(chosen('Sketch')).toBeChecked();
    await expect(canvas.button('Undo')).toBeEnabled();
  });

  await test.step('another stroke makes another picture; reading the first brings it back', async () => {
    await stroke(44);
    expect(await darkroom.draw()).not.toEqual(sketched);
    await darkroom.recent.nth(1).click();
    await expect(darkroom.parameters).toContainText(sketchedText.slice(-60));
    // The picture with the stroke is the source now.
    await reuse.click();
    await expect(chosen('img2img')).toBeChecked();
    expect(await darkroom.draw()).toEqual(sketched);
    expect(await text()).toBe(sketchedText);
  });

  await test.step('a sketch is redrawn where it was painted, fainter with mask transparency', async () => {
    await show.click();
    await canvas.choose('Inpaint sketch');
    await expect(canvas.surface).toBeVisible();
    await darkroom.set({ 'Mask blur': 3, 'Mask transparency': 20, 'Denoising strength': 1 });
    await stroke(50);
    const mask = await canvas.mask();
    // 255 * (1 - 20 / 100)
    expect(mask.at(32, 50)).toBe(204);
    expect(mask.at(32, 32)).toBe(0);
    const first = await darkroom.draw();
    const firstText = await text();
    expect(firstText).toContain('Mask SHA256');

    await darkroom.set({ 'Mask transparency': 0 });
    expect(await darkroom.draw()).not.toEqual(first);
    await darkroom.recent.nth(1).click();
    await reuse.click();
    await expect(chosen('Inpaint')).toBeChecked();
    expect(await darkroom.draw()).toEqual(first);
    expect(await text()).toBe(firstText);
  });
});
