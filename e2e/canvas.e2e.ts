// Painting on img2img's source with real events: mouse, touch and keys; what is painted is what the mask has, over a reload, too.
import { expect, test, type Page } from '@playwright/test';
import { violations } from './axe.ts';
import { CanvasPage, SIZE, type Point } from './canvas-page.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

test('a mask is painted with mouse and keys, undone, inverted, zoomed into, and kept', async ({ page }) => {
  const canvas = await CanvasPage.open(page);
  await canvas.choose('Inpaint');
  await expect(canvas.surface).toBeVisible();

  await test.step('a stroke is where the mouse was', async () => {
    await canvas.stroke([100, 150], [300, 150]);
    const mask = await canvas.mask();
    expect(mask.png).toMatchObject(SIZE);
    for (const x of [100, 200, 300]) expect(mask.at(x, 150)).toBe(255);
    // The brush has 48 pixels.
    expect(mask.at(200, 150 + 22)).toBe(255);
    expect([mask.at(200, 150 + 27), mask.at(70, 150), mask.at(330, 150)]).toEqual([0, 0, 0]);
  });

  await test.step('undone, and done again, by keys', async () => {
    await canvas.stroke([200, 40], [200, 60]);
    await page.keyboard.press('Control+Z');
    expect((await canvas.mask()).at(200, 50)).toBe(0);
    await canvas.surface.focus();
    await page.keyboard.press('Control+Shift+Z');
    expect((await canvas.mask()).at(200, 50)).toBe(255);
    await canvas.button('Undo').click();
    await canvas.button('Undo').click();
    await expect(canvas.button('Undo')).toBeDisabled();
    await canvas.button('Redo').click();
    const { part } = await canvas.mask();
    await canvas.menu('Invert the mask');
    expect((await canvas.mask()).part).toBeCloseTo(1 - part, 5);
    await page.keyboard.press('Control+Z');
  });

  await test.step('the eraser takes away; [ and ] and Ctrl with the wheel change its size', async () => {
    await page.keyboard.press('e');
    await expect(canvas.button('Eraser')).toHaveAttribute('aria-pressed', 'true');
    const size = canvas.room.getByRole('slider', { name: 'Size', exact: true });
    await page.keyboard.press(']');
    await expect(size).toHaveValue('55');
    await page.keyboard.press('[');
    await expect(size).toHaveValue('48');
    const middle = await canvas.at(200, 150);
    await page.mouse.move(middle.x, middle.y);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, 100);
    await page.keyboard.up('Control');
    await expect(size).toHaveValue('42');
    await canvas.stroke([200, 150], [201, 150]);
    const mask = await canvas.mask();
    expect([mask.at(200, 150), mask.at(110, 150)]).toEqual([0, 255]);
    await page.keyboard.press('b');
  });

  await test.step('enlarged and moved, it paints at the right place', async () => {
    const place = await canvas.at(350, 250);
    await page.mouse.move(place.x, place.y);
    for (let i = 0; i < 5; i++) await page.mouse.wheel(0, -200);
    await expect(canvas.fit).not.toHaveText(/^(1|2)\d\d %$/);
    // The pixel under the pointer has stayed; the picture is moved along with it.
    await page.mouse.down({ button: 'middle' });
    await page.mouse.move(place.x - 60, place.y - 40);
    await page.mouse.up({ button: 'middle' });
    await page.mouse.down();
    await page.mouse.up();
    const mask = await canvas.mask();
    expect(mask.at(350, 250)).toBe(255);
    expect([mask.at(350 - 30, 250), mask.at(350, 250 - 30)]).toEqual([0, 0]);
    await canvas.fit.click();
  });

  await test.step('by keys alone: a dot, and a line', async () => {
    await canvas.menu('Clear');
    await canvas.surface.focus();
    await page.keyboard.press('Shift+ArrowUp');
    await page.keyboard.press('Space');
    const dot = await canvas.mask();
    expect([dot.at(200, 150 - 42), dot.at(200, 150)]).toEqual([255, 0]);
    await canvas.surface.focus();
    await page.keyboard.press('Enter');
    for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    const line = await canvas.mask();
    expect(line.at(200 + 80, 150 - 42)).toBe(255);
    const tools = canvas.room.getByRole('toolbar', { name: 'Tools' });
    await tools.getByRole('button', { name: 'Brush' }).focus();
    await page.keyboard.press('ArrowRight');
    await expect(canvas.button('Eraser')).toBeFocused();
  });

  await test.step('a mask from a file, and nothing from a picture without transparency', async () => {
    const chooser = page.waitForEvent('filechooser');
    await canvas.menu('Open a mask');
    await (
      await chooser
    ).setFiles([{ name: 'mask.png', mimeType: 'image/png', buffer: await halfMask(page) }]);
    await expect.poll(async () => (await canvas.mask()).part).toBe(0.5);
    await canvas.menu('Mask what is transparent');
    await expect(page.getByText('Nothing is transparent in this picture')).toBeVisible();
  });

  await test.step('after a reload it is there; axe finds nothing', async () => {
    await expect.poll(() => keptMask(page)).toBe(true);
    await page.reload();
    await page
      .getByRole('button', { name: /^Picture with seed/ })
      .first()
      .click();
    const stage = page.getByRole('region', { name: 'Result' });
    await stage.getByRole('button', { name: 'Show the source' }).click();
    await expect(canvas.surface).toBeVisible();
    expect((await canvas.mask()).part).toBe(0.5);
    expect(await violations(page)).toEqual([]);
  });

  await test.step('colours are painted and picked; the frame is drawn by the mouse', async () => {
    await canvas.choose('Sketch');
    const color = canvas.room.getByLabel('Colour', { exact: true });
    await color.fill('#00ff00');
    await canvas.stroke([50, 50], [100, 50]);
    await color.fill('#123456');
    await page.keyboard.press('i');
    const green = await canvas.at(70, 50);
    await page.mouse.click(green.x, green.y);
    await expect(color).toHaveValue('#00ff00');
    expect(await violations(page)).toEqual([]);
    await canvas.choose('Outpaint');
    await canvas.room.getByLabel('Left').fill('64');
    await canvas.room.getByLabel('Left').blur();
    await canvas.room.getByLabel('Below').fill('32');
    await canvas.room.getByLabel('Below').blur();
    expect(await violations(page)).toEqual([]);
  });
});

test('on a phone painting takes the whole screen: one finger paints, two move, Back closes', async ({
  browser,
  baseURL,
}) => {
  const viewport = { width: 390, height: 844 };
  const page = await browser.newPage({ viewport, hasTouch: true, baseURL: String(baseURL) });
  const canvas = await CanvasPage.open(page);
  const touch = await page.context().newCDPSession(page);
  const fingers = async (type: 'touchStart' | 'touchMove' | 'touchEnd', ...touchPoints: Point[]) =>
    void (await touch.send('Input.dispatchTouchEvent', { type, touchPoints }));
  await canvas.choose('Inpaint');
  await page.getByRole('button', { name: 'Paint', exact: true }).click();
  await expect(page).toHaveURL(/\?paint$/);
  await expect(canvas.surface).toBeVisible();
  expect(await violations(page)).toEqual([]);

  const [a, b] = [await canvas.at(100, 100), await canvas.at(300, 100)];
  await fingers('touchStart', a);
  for (const part of [0.25, 0.5, 0.75, 1])
    await fingers('touchMove', { x: a.x + (b.x - a.x) * part, y: a.y });
  await fingers('touchEnd');
  const painted = await canvas.mask();
  for (const x of [100, 200, 300]) expect(painted.at(x, 100)).toBe(255);
  expect(painted.at(200, 200)).toBe(0);

  // Two of them enlarge the picture, and paint nothing.
  const c = await canvas.at(200, 200);
  await fingers('touchStart', c);
  await fingers('touchStart', c, { x: c.x + 40, y: c.y });
  await fingers('touchMove', { x: c.x - 40, y: c.y }, { x: c.x + 80, y: c.y });
  await fingers('touchEnd', c);
  await fingers('touchEnd');
  await expect(canvas.fit).not.toHaveText('92 %');
  expect((await canvas.mask()).part).toBeCloseTo(painted.part, 9);

  await page.goBack();
  await expect(canvas.surface).toBeHidden();
  await page.getByRole('button', { name: 'Paint', exact: true }).click();
  await canvas.button('Done').click();
  await expect(canvas.surface).toBeHidden();
  await page.close();
});

test('Generate right after a stroke redraws what it masks, and nothing else', async ({ page }, info) => {
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  await darkroom.choose('Sampling method', 'Euler');
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 2, Seed: 3 });
  const before = await darkroom.draw();
  await page.getByRole('button', { name: 'Send to img2img' }).click();
  const canvas = new CanvasPage(page);
  await canvas.choose('Inpaint');
  await expect(canvas.surface).toBeVisible();

  await test.step('where nothing is masked the page says so', async () => {
    await darkroom.generateButton.click();
    await expect(page.getByText('Nothing is marked to be redrawn')).toBeVisible();
    await expect(canvas.surface).toBeVisible();
  });

  await darkroom.set({ 'Mask blur': 0, 'Denoising strength': 1 });
  await canvas.room.getByRole('slider', { name: 'Size', exact: true }).fill('12');
  const size = { width: 64, height: 64 };
  const [a, b] = [await canvas.at(16, 10, size), await canvas.at(16, 54, size)];
  await page.mouse.move(a.x, a.y);
  await page.mouse.down();
  await page.mouse.move(b.x, b.y, { steps: 6 });
  await page.mouse.up();
  const after = await darkroom.draw();
  await expect(darkroom.parameters).toContainText('Mask SHA256: ');
  const at = (pixels: readonly number[], x: number, y: number, c: number) => pixels[(y * 64 + x) * 3 + c];
  const changed = (x: number, y: number) => [0, 1, 2].some((c) => at(before, x, y, c) !== at(after, x, y, c));
  let inside = 0;
  for (let y = 0; y < 64; y++)
    for (let x = 0; x < 64; x++) {
      if (x < 9 || x > 23) expect(changed(x, y), `${x}, ${y}`).toBe(false);
      else if (x > 11 && x < 21 && y > 10 && y < 54 && changed(x, y)) inside += 1;
    }
  expect(inside).toBeGreaterThan(200);
});

/** White on its left side. */
async function halfMask(page: Page): Promise<Buffer> {
  const bytes = await page.evaluate(async ({ width, height }) => {
    const surface = new OffscreenCanvas(width, height);
    const context = surface.getContext('2d')!;
    context.fillRect(0, 0, width, height);
    context.fillStyle = 'white';
    context.fillRect(0, 0, width / 2, height);
    return [...new Uint8Array(await (await surface.convertToBlob()).arrayBuffer())];
  }, SIZE);
  return Buffer.from(bytes);
}

/** Whether a mask has been written beside the settings, half of it painted. */
async function keptMask(page: Page): Promise<boolean> {
  const stored = await page.evaluate(() =>
    new Promise<Blob | null>((resolve, reject) => {
      const opening = indexedDB.open('darkroom-settings');
      opening.onerror = () => reject(new Error('The settings cannot be opened.'));
      opening.onsuccess = () => {
        const entries = opening.result.transaction('entries').objectStore('entries');
        const reading = entries.get('ui.img2img.painting');
        reading.onsuccess = () =>
          resolve((reading.result as { mask: Blob | null } | undefined)?.mask ?? null);
        reading.onerror = () => reject(new Error('The settings cannot be read.'));
      };
    }).then(async (mask) => {
      if (!mask) return null;
      const bitmap = await createImageBitmap(mask);
      const surface = new OffscreenCanvas(1, 1);
      const context = surface.getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      return context.getImageData(0, 0, 1, 1).data[0] === 255;
    }),
  );
  return stored === true;
}
