// The canvas under more than a mouse: a pen's pressure, handles, pictures with transparency, a run that is under way, and messages.
import { expect, test, type Page } from '@playwright/test';
import { CanvasPage, SIZE } from './canvas-page.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

test('a pen paints as wide as it is pressed', async ({ page }) => {
  const canvas = await CanvasPage.open(page);
  await canvas.choose('Inpaint');
  await expect(canvas.surface).toBeVisible();
  const session = await page.context().newCDPSession(page);
  const pen = async (type: 'mousePressed' | 'mouseMoved' | 'mouseReleased', x: number, force: number) => {
    const at = await canvas.at(x, 150);
    const button = { button: 'left', buttons: 1, pointerType: 'pen', clickCount: 1 } as const;
    await session.send('Input.dispatchMouseEvent', { type, ...at, ...button, force });
  };
  await pen('mousePressed', 100, 1);
  await pen('mouseMoved', 140, 1);
  for (const [i, x] of [160, 180, 200, 220, 240, 260].entries())
    await pen('mouseMoved', x, 1 - 0.15 * (i + 1));
  await pen('mouseMoved', 300, 0.1);
  await pen('mouseReleased', 300, 0);
  const mask = await canvas.mask();
  const heightAt = (x: number) => {
    let count = 0;
    for (let y = 0; y < SIZE.height; y++) if (mask.at(x, y) > 127) count += 1;
    return count;
  };
  // The brush has 48 pixels, of which a fifth stays however lightly it is pressed.
  expect(heightAt(120)).toBeGreaterThanOrEqual(47);
  expect(heightAt(200)).toBeLessThan(heightAt(160));
  expect(heightAt(290)).toBeLessThan(20);
  expect(heightAt(290)).toBeGreaterThan(8);
});

test('the frame is drawn larger by its handles', async ({ page }) => {
  const canvas = await CanvasPage.open(page);
  await canvas.choose('Outpaint');
  const stage = canvas.room.locator('.surface');
  await expect(stage).toBeVisible();
  const field = (name: string) => canvas.room.getByLabel(name, { exact: true });
  const drag = async (side: string, dx: number, dy: number) => {
    const box = await canvas.room.locator(`.handle.${side}`).boundingBox();
    const [x, y] = [box!.x + box!.width / 2, box!.y + box!.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + dx, y + dy, { steps: 5 });
    await page.mouse.up();
  };
  const scale = async () => Number((await canvas.fit.textContent())!.replace(/\D/g, '')) / 100;
  for (const [side, name, dx, dy] of [
    ['left', 'Left', -60, 10],
    ['right', 'Right', 60, -10],
    ['top', 'Above', 10, -60],
    ['bottom', 'Below', -10, 60],
  ] as const) {
    const shown = await scale();
    await drag(side, dx, dy);
    const margin = Number(await field(name).inputValue());
    expect(margin % 8).toBe(0);
    // To the next multiple of 8, and by as much as the percent is rounded.
    expect(Math.abs(margin - 60 / shown), name).toBeLessThan(4 + 0.02 * margin + 1);
  }
  // Pushed back in there is no frame, and never less than the picture.
  for (const [side, dx, dy] of [
    ['left', 400, 0],
    ['top', 0, 400],
  ] as const)
    await drag(side, dx, dy);
  for (const name of ['Left', 'Above']) await expect(field(name)).toHaveValue('0');
  expect(Number(await field('Right').inputValue())).toBeGreaterThan(0);
});

test('what is transparent in a picture becomes the mask', async ({ page }) => {
  const canvas = await CanvasPage.open(page);
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Another picture' }).click();
  await (
    await chooser
  ).setFiles([{ name: 'hole.png', mimeType: 'image/png', buffer: await pictureWithHole(page) }]);
  await canvas.choose('Inpaint');
  await expect(canvas.surface).toBeVisible();
  await canvas.menu('Mask what is transparent');
  await expect(canvas.button('Undo')).toBeEnabled();
  const mask = await canvas.mask();
  expect([mask.at(50, 50), mask.at(99, 149), mask.at(100, 50), mask.at(300, 200)]).toEqual([255, 255, 0, 0]);
  expect(mask.part).toBeCloseTo((100 * 150) / (SIZE.width * SIZE.height), 5);
});

test('messages do not lie over what is painted', async ({ page }) => {
  const canvas = await CanvasPage.open(page, false);
  const message = page.getByRole('status', { name: 'The picture may come out different' });
  await expect(message).toBeVisible();
  await canvas.choose('Inpaint');
  await expect(canvas.surface).toBeVisible();
  for (const viewport of [
    { width: 1280, height: 720 },
    { width: 1440, height: 900 },
    { width: 1920, height: 1080 },
  ]) {
    await page.setViewportSize(viewport);
    const [a, b] = [(await message.boundingBox())!, (await canvas.surface.boundingBox())!];
    expect(a.x + a.width <= b.x || a.x >= b.x + b.width, `${viewport.width}`).toBe(true);
  }

  // Nothing is beside the canvas in the whole window.
  await page.setViewportSize({ width: 1280, height: 720 });
  await canvas.button('Whole window').click();
  await expect(canvas.button('Done')).toBeVisible();
  const [over, left, right] = [
    (await message.boundingBox())!,
    await canvas.at(0, 0),
    await canvas.at(SIZE.width, SIZE.height),
  ];
  const place = { x: over.x + 20, y: over.y + over.height / 2 };
  expect(place.x).toBeLessThan(right.x);
  await page.mouse.click(place.x, place.y);
  const scale = (right.x - left.x) / SIZE.width;
  const mask = await canvas.mask();
  expect(mask.at(Math.floor((place.x - left.x) / scale), Math.floor((place.y - left.y) / scale))).toBe(255);
  await message.getByRole('button', { name: /^Dismiss/ }).click();
  await expect(message).toBeHidden();
});

test('painting goes on while a picture is made', async ({ page }, info) => {
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  await darkroom.choose('Sampling method', 'Euler');
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 2, Seed: 3 });
  await darkroom.draw();
  await page.getByRole('button', { name: 'Send to img2img' }).click();
  const canvas = new CanvasPage(page);
  await canvas.choose('Inpaint');
  await expect(canvas.surface).toBeVisible();
  const picture = { width: 64, height: 64 };
  await canvas.room.getByRole('slider', { name: 'Size', exact: true }).fill('8');
  await canvas.stroke([10, 10], [50, 10], picture);
  await darkroom.set({ 'Sampling steps': 150, 'Batch count': 4 });
  await darkroom.generateButton.click();
  await expect(darkroom.interruptButton).toBeVisible();
  await page.getByRole('button', { name: 'Show the source' }).click();
  for (const y of [20, 30, 40]) await canvas.stroke([10, y], [50, y], picture);
  const mask = await canvas.mask();
  for (const y of [10, 20, 30, 40]) expect(mask.at(30, y), `row ${y}`).toBe(255);
  expect(mask.at(30, 50)).toBe(0);
  await expect(darkroom.interruptButton, 'still under way').toBeVisible();
  await darkroom.interruptButton.click();
  await darkroom.finished();
});

/** Nothing of it is there in its top left corner. */
async function pictureWithHole(page: Page): Promise<Buffer> {
  const bytes = await page.evaluate(async ({ width, height }) => {
    const surface = new OffscreenCanvas(width, height);
    const context = surface.getContext('2d')!;
    context.fillStyle = '#4080c0';
    context.fillRect(0, 0, width, height);
    context.clearRect(0, 0, 100, 150);
    return [...new Uint8Array(await (await surface.convertToBlob()).arrayBuffer())];
  }, SIZE);
  return Buffer.from(bytes);
}
