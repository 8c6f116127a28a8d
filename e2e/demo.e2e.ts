// The demo model: one click from a first visit to a picture, and pictures that show what their prompts say.
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';

const demo = new URL('../public/demo/demo.json', import.meta.url);
/** The example's size, which the next training may change. */
const { width, height } = (
  JSON.parse(readFileSync(demo, 'utf8')) as {
    readonly example: { readonly width: number; readonly height: number };
  }
).example;

/** Mean red, green and blue, 0..255, of whole pictures and of their lowest quarters. */
interface Look {
  readonly whole: Colour;
  readonly bottom: Colour;
}
interface Colour {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

const brightness = ({ red, green, blue }: Colour) => red + green + blue;
const redness = ({ red, green, blue }: Colour) => red / (red + green + blue);
const blueness = ({ red, green, blue }: Colour) => blue / (red + green + blue);

test('one click paints the example; opposite scenes differ as their words say', async ({ page }) => {
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  // Much quicker than software rendering, for this much to compute.
  await darkroom.useProcessor();

  await test.step('first visit: one click', async () => {
    await page.getByRole('button', { name: 'Try it with the demo model' }).click();
    await expect(darkroom.picture).toBeVisible({ timeout: 600_000 });
    await darkroom.finished();
    await expect(darkroom.failures).toHaveCount(0);
    await expect(darkroom.parameters).toContainText('(sunrise at sea)');
    await expect(darkroom.parameters).toContainText(`Size: ${width}x${height}`);
  });

  await test.step('the page offers more prompts', async () => {
    const prompts = page.getByRole('region', { name: 'Prompts for the demo model' });
    await expect(prompts.getByRole('button').first()).toBeEnabled();
  });

  // Fewer steps than a person would take: scene and light are settled early. Four pictures of each, since not every one
  // follows its prompt.
  await darkroom.choose('Sampling method', 'DPM++ 2M');
  await darkroom.set({ 'Sampling steps': 8, 'Batch size': 4, Seed: 3 });
  const looks: Record<string, Look> = {};
  for (const prompt of ['sea, noon', 'sea, sunset', 'sea, night', 'desert, noon']) {
    await test.step(prompt, async () => {
      await darkroom.prompt.fill(prompt);
      await darkroom.generateButton.click();
      await expect(darkroom.parameters).toContainText(`${prompt}\n`, { timeout: 300_000 });
      await darkroom.finished();
      looks[prompt] = await page.evaluate(lookOf, prompt);
    });
  }

  await test.step('once deleted, it is offered again', async () => {
    await darkroom.tab('Models');
    const add = page.getByRole('button', { name: 'Add the demo model' });
    await expect(add).toBeHidden();
    await page.getByRole('button', { name: 'Delete darkroom-demo' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete model' }).click();
    await expect(add).toBeVisible();
  });

  const look = (prompt: string): Look => looks[prompt]!;

  expect(brightness(look('sea, night').whole)).toBeLessThan(0.8 * brightness(look('sea, noon').whole));
  expect(redness(look('sea, sunset').whole)).toBeGreaterThan(redness(look('sea, noon').whole) + 0.05);
  expect(blueness(look('sea, noon').bottom)).toBeGreaterThan(blueness(look('desert, noon').bottom) + 0.05);
});

/** Of the library's pictures of a prompt, together. Runs on the page. */
async function lookOf(prompt: string): Promise<Look> {
  const images = await window.darkroom.listImages();
  const pictures = images.filter(({ parameters }) => parameters.startsWith(`${prompt}\n`));
  const sums = { whole: [0, 0, 0, 0], bottom: [0, 0, 0, 0] };
  for (const { png } of pictures) {
    const bitmap = await createImageBitmap(png);
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d');
    if (!context) throw new Error('No canvas.');
    context.drawImage(bitmap, 0, 0);
    const add = (sum: number[], top: number) =>
      context.getImageData(0, top, width, height - top).data.forEach((value, index) => {
        sum[index % 4]! += index % 4 === 3 ? 1 : value;
      });
    add(sums.whole, 0);
    add(sums.bottom, Math.floor(height * 0.75));
  }
  const mean = ([red, green, blue, count]: number[]) => ({
    red: red! / count!,
    green: green! / count!,
    blue: blue! / count!,
  });
  return { whole: mean(sums.whole), bottom: mean(sums.bottom) };
}
