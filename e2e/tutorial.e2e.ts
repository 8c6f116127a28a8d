// A tutorial for A1111, followed word by word, on a desktop and on a phone: whatever it names is there, or answers.
import { expect, test, type Page } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';

const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** What tutorials look for in Settings, and how what answers begins. */
const SEARCHES: readonly (readonly [words: string, answer: RegExp])[] = [
  ['clip skip', /^Clip skip/],
  ['ENSD', /^Eta noise seed delta/],
  ['vae', /^SD VAE/],
  ['theme', /^Theme/],
  ['upcast', /^Upcast cross attention/],
  ['hires', /^Hires\. fix/],
  ['refiner', /^Refiner/],
  ['sampler', /Sampling method|[Ss]ampler/],
];
/** Tabs that are named and not built yet, by where they are. */
const NAMED = {
  Create: ['img2img', 'Extras'],
  Models: ['Checkpoint Merger', 'Train'],
};

for (const [device, viewport] of Object.entries(SIZES)) {
  test(`the tutorial, step by step: ${device}`, async ({ browser, baseURL }) => {
    const context = await browser.newContext({
      viewport,
      baseURL: String(baseURL),
      hasTouch: device === 'phone',
    });
    const page = await context.newPage();
    const darkroom = new DarkroomPage(page);
    await darkroom.open('cpu');

    await test.step('a checkpoint', async () => {
      await page.getByRole('button', { name: 'Try it with the demo model' }).click();
      await expect(darkroom.picture).toBeVisible({ timeout: 1_200_000 });
      await darkroom.finished();
      await expect(darkroom.checkpoint).toContainText('darkroom-demo');
    });

    await test.step("A1111's tabs are named, and say what serves today", async () => {
      await expectNamed(page);
    });

    await test.step('Settings answer to what one looks for', async () => {
      await darkroom.tab('Settings');
      const search = page.getByRole('combobox', { name: 'Search settings' });
      await expect(search).toBeInViewport();
      for (const [words, answer] of SEARCHES) {
        await search.fill(words);
        const found = page.getByRole('listbox', { name: 'Found' }).getByRole('option');
        await expect(found.filter({ hasText: answer }).first(), words).toBeVisible();
      }
      await search.fill('');
    });

    await test.step('clip skip 2 in Settings is clip skip 2 in txt2img', async () => {
      await page.evaluate(() => (location.hash = '#/settings/clip-skip'));
      const field = page.locator('section[aria-label="Settings"]').getByLabel('Clip skip', { exact: true });
      await expect(field).toBeFocused();
      await field.fill('2');
      await field.blur();
      await darkroom.tab('txt2img');
      await expect(await darkroom.control('Clip skip')).toHaveValue('2');
    });

    await test.step('prompts, Euler a, size, CFG 15, seed -1', async () => {
      await darkroom.prompt.fill('sea, noon');
      await page.getByLabel('Negative prompt', { exact: true }).fill('blurry, {{deformed birds}}');
      await darkroom.choose('Sampling method', 'Euler a');
      await darkroom.set({ 'Sampling steps': 4, Width: 104, Height: 80, 'CFG Scale': 15, Seed: -1 });
    });

    await test.step('Generate', async () => {
      await expect(darkroom.generateButton).toBeInViewport({ ratio: 1 });
      await darkroom.generateButton.click();
      await expect(darkroom.parameters).toContainText('sea, noon', { timeout: 300_000 });
      await darkroom.finished();
      for (const text of [
        'Sampler: Euler a',
        'Size: 104x80',
        'CFG scale: 15',
        'Clip skip: 2',
        '{{deformed birds}}',
      ]) {
        await expect(darkroom.parameters).toContainText(text);
      }
      await expect(darkroom.failures).toHaveCount(0);
    });

    await test.step('the picture opens, is enlarged, and Back closes it', async () => {
      await page.getByRole('button', { name: 'Open this picture' }).click();
      const viewer = page.getByRole('dialog', { name: 'Picture' });
      const image = viewer.getByRole('img');
      await expect(image).toBeVisible();
      const width = async () => (await image.boundingBox())?.width ?? 0;
      const fitted = await width();
      await page.keyboard.press('z');
      await expect.poll(width).toBeGreaterThan(1.5 * fitted);
      await page.keyboard.press('0');
      await expect.poll(width).toBeLessThan(1.01 * fitted);
      await page.goBack();
      await expect(viewer).toBeHidden();
      await expect(page.getByRole('button', { name: 'Open this picture' })).toBeVisible();
    });

    await test.step('Reuse seed, dice, swap', async () => {
      const seed = await darkroom.control('Seed');
      const made = /Seed: (\d+)/.exec((await darkroom.parameters.textContent()) ?? '')?.[1];
      await page.getByRole('button', { name: 'Reuse seed' }).click();
      await expect(seed).toHaveValue(String(made));
      await page.getByRole('button', { name: 'Random seed' }).click();
      await expect(seed).toHaveValue('-1');
      await darkroom.control('Width');
      await page.getByRole('button', { name: 'Switch width/height' }).click();
      await expect(await darkroom.control('Width')).toHaveValue('80');
      await expect(await darkroom.control('Height')).toHaveValue('104');
      await darkroom.lowerSheet();
    });

    await test.step('save, PNG Info, Send to txt2img', async () => {
      const downloading = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download', exact: true }).click();
      const path = await (await downloading).path();
      await darkroom.prompt.fill('something else');
      await darkroom.tab('PNG Info');
      const chooser = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Choose a picture' }).click();
      await (await chooser).setFiles(path);
      await expect(page.getByText(/which you have: darkroom-demo/)).toBeVisible();
      await page.getByRole('button', { name: 'Send to txt2img' }).click();
      await expect(darkroom.prompt).toHaveValue('sea, noon');
      await expect(await darkroom.control('CFG Scale')).toHaveValue('15');
      await expect(await darkroom.control('Width')).toHaveValue('104');
    });
    await context.close();
  });
}

async function expectNamed(page: Page): Promise<void> {
  const places = page.getByRole('navigation', { name: 'Places' });
  for (const [place, labels] of Object.entries(NAMED)) {
    await places.getByRole('link', { name: place }).click();
    for (const label of labels) {
      const link = page.getByRole('banner').getByRole('link', { name: label, exact: true });
      await expect(link).toBeInViewport();
      await link.click();
      await expect(page.getByRole('region', { name: label })).toContainText(/\w+ \w+ \w+/);
    }
  }
}
