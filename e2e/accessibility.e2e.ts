// axe finds nothing serious in either theme at either size, and the keyboard reaches everything.
import { expect, test, type Locator, type Page } from '@playwright/test';
import { violations } from './axe.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makePictures, storePictures } from './stored-pictures.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

for (const [device, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`axe finds nothing serious: ${device}, ${colorScheme}`, async ({ browser, baseURL }, info) => {
      const page = await browser.newPage({ viewport, colorScheme, baseURL: String(baseURL) });
      const darkroom = new DarkroomPage(page);
      await storePictures(page, await makePictures(60, 6), ['nothing-sound']);
      await darkroom.open();
      await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
      for (const tab of ['txt2img', 'PNG Info', 'Models', 'Settings'] as const) {
        await darkroom.tab(tab);
        await check(page, tab);
      }
      await checkGallery(page, darkroom);
      await darkroom.tab('txt2img');
      await darkroom.pick([import.meta.filename]);
      await expect(page.getByRole('alert')).toBeVisible();
      await check(page, 'a refused file');
      if (device === 'phone') {
        const { checkpoint, sidecar } = await makeCheckpoint(info.outputPath('model'));
        await checkQueue(page, darkroom, [checkpoint, sidecar]);
      }
      await page.close();
    });
  }
}

test('the keyboard alone reaches the tabs, the prompt, the controls and Generate', async ({ page }) => {
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  const reached = new Set<string>();
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab');
    reached.add(
      await page.evaluate(() => {
        const element = document.activeElement;
        if (element === null || element === document.body) return '';
        const labelled = (element as Partial<HTMLInputElement>).labels?.[0]?.textContent;
        return (element.ariaLabel ?? labelled ?? element.textContent).trim().replace(/\s+/g, ' ');
      }),
    );
  }
  const wanted = ['txt2img', 'Prompt', 'Negative prompt', 'Sampling method', 'Sampling steps', 'Width'];
  expect([...reached]).toEqual(expect.arrayContaining(wanted));
  for (const start of ['Generate', 'Seed', 'Create', 'Find anything'])
    expect(
      [...reached].some((name) => name.startsWith(start)),
      start,
    ).toBe(true);

  const settings = page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Settings' });
  await settings.focus();
  await page.keyboard.press('Enter');
  await expect(settings).toHaveAttribute('aria-current', 'true');
  await expect(page.getByRole('heading', { name: 'Settings', exact: true })).toBeVisible();
});

test('in the colours of the system, what is chosen, done or first can be told', async ({ page }, info) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await storePictures(page, await makePictures(3, 3));
  const darkroom = new DarkroomPage(page);
  const files = await makeCheckpoint(info.outputPath('model'));
  await darkroom.open('cpu');
  const looks = (element: Locator) =>
    element.evaluate((of) => {
      const { backgroundColor, borderColor, outlineColor, boxShadow } = getComputedStyle(of);
      const after = getComputedStyle(of, '::after').borderBottom;
      return [backgroundColor, borderColor, outlineColor, boxShadow, after].join(' ');
    });
  const differ = async (a: Locator, b: Locator, what: string) =>
    expect(await looks(a), what).not.toBe(await looks(b));
  await differ(darkroom.link('txt2img'), darkroom.link('img2img'), 'the tab');
  const places = page.getByRole('navigation', { name: 'Places' }).getByRole('link');
  await differ(places.filter({ hasText: 'Create' }), places.filter({ hasText: 'Models' }), 'the place');
  await darkroom.pick([files.checkpoint, files.sidecar]);
  await expect(darkroom.checkpoint).toBeEnabled({ timeout: 300_000 });
  const styles = page.getByRole('button', { name: 'Styles', exact: true });
  await differ(darkroom.generateButton, styles, 'the first button');

  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 150, 'Batch count': 100 });
  await darkroom.generateButton.click();
  const bar = page.getByRole('progressbar', { name: 'Generation' });
  await expect(bar).toBeVisible();
  await differ(bar, bar.locator('div').first(), 'the progress');
  await darkroom.interruptButton.click();
  await darkroom.finished();

  await darkroom.tab('Gallery');
  const tiles = page.getByRole('gridcell');
  await tiles.first().click({ modifiers: ['ControlOrMeta'] });
  await differ(tiles.first(), tiles.nth(1), 'the selected picture');
});

test('the chosen theme stays', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  // Settings are written a moment after they change.
  await expect.poll(() => darkroom.storedSettings()).toContain('dark');
  await page.reload();
  await expect(page.getByRole('button', { name: 'Light theme' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

/** The tab, a selection, the lightbox, the comparison. */
async function checkGallery(page: Page, darkroom: DarkroomPage): Promise<void> {
  await darkroom.tab('Gallery');
  const tiles = page.getByRole('gridcell');
  await expect(tiles.first().locator('img')).toBeVisible();
  await check(page, 'Gallery');
  await tiles.first().click();
  await expect(page.getByRole('dialog').getByRole('img')).toBeVisible();
  await check(page, 'Lightbox');
  await page.keyboard.press('Escape');
  await tiles.nth(0).click({ modifiers: ['ControlOrMeta'] });
  await tiles.nth(1).click({ modifiers: ['Shift'] });
  await check(page, 'Selection');
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByText('Slider', { exact: true }).click();
  await check(page, 'Comparison');
  await page.keyboard.press('Escape');
}

/** A picture in the making, and jobs behind it. */
async function checkQueue(page: Page, darkroom: DarkroomPage, files: readonly string[]): Promise<void> {
  await darkroom.useProcessor();
  await darkroom.pick(files);
  await expect(darkroom.checkpoint).toBeEnabled({ timeout: 300_000 });
  // Goes on until it is interrupted.
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 150, 'Batch count': 100 });
  await darkroom.prompt.fill('a lighthouse');
  await darkroom.generateButton.click();
  for (const prompt of ['second', 'third']) {
    await darkroom.prompt.fill(`${prompt}, ${'with many words, '.repeat(9)}`);
    await page.getByRole('button', { name: 'Queue', exact: true }).click();
  }
  const queue = page.getByRole('region', { name: 'Queue' });
  await expect(queue.getByRole('listitem')).toHaveCount(3);
  await check(page, 'Queue');
  await queue.getByRole('button', { name: 'Clear' }).click();
  await darkroom.interruptButton.click();
  await darkroom.finished();
}

async function check(page: Page, what: string): Promise<void> {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, `${what}: sideways scrolling`).toBeLessThanOrEqual(0);
  expect(await violations(page), what).toEqual([]);
}
