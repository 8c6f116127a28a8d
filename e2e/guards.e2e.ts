// A look at every place, in every size, with few pictures and many, dark and light: no text over text, nothing without a name,
// nothing off the screen, nothing below a bar.
import { expect, test, type Browser, type Page } from '@playwright/test';
import { PLACES } from '../src/ui/navigation/places.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { faultsOf, focusFaults } from './page-faults.ts';
import { makeCheckpoint } from './small-checkpoint.ts';
import { makePictures, storePictures } from './stored-pictures.ts';

const SIZES = [
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
  { width: 1920, height: 1080 },
] as const;
type Size = (typeof SIZES)[number];
const DESKTOP = SIZES[1];
const COUNTS = [1, 12, 40, 200];
const TABS = PLACES.flatMap(({ tabs }) => tabs.map(({ id }) => id));
const OVERLAYS = ['find', 'keys', 'styles', 'history', 'batch'];
const SQUARE = { width: 96, height: 96 };
/** Rows of the column with all sections closed, and controls in its first view: more would be no calm. */
const MOST_ROWS = 13;
const FEWEST_IN_VIEW = 8;

const LONG_PROMPT = 'a lighthouse on a cliff at dusk, '.repeat(14);

/** A page with one fault of every kind, and how each is told. */
const FAULTY = `
  <nav style="position: fixed; inset: auto 0 0; height: 60px; background: white">places</nav>
  <main style="position: relative; padding: 20px">
    <button aria-label=""></button>
    <button style="width: 80px; height: 8px; padding: 0; overflow: hidden">thin</button>
    <p>some words</p><p style="margin-top: -2.2em">other words over them</p>
    <div style="width: 3000px">wide</div>
    <p style="margin-top: 90vh">the last line</p>
    <button style="position: absolute; left: -500px; top: 0">away</button>
  </main>`;
const TOLD = [
  /^no name: <button/,
  /^too thin: thin/,
  /^overlap: "other words over them" and "some words"/,
  /^scrolls sideways by/,
  /^covered by the bar at the bottom: "the last line"/,
  /^has the focus off the screen: BUTTON "away"/,
];

test('faults are found where there are some', async ({ page }) => {
  await page.setViewportSize(SIZES[0]);
  await page.setContent(FAULTY);
  const faults = [...(await faultsOf(page)), ...(await focusFaults(page))];
  for (const told of TOLD) expect(faults).toContainEqual(expect.stringMatching(told));
});

for (const size of SIZES) {
  const named = `${size.width} x ${size.height}`;

  test(`few pictures and many: ${named}, dark`, async ({ browser, baseURL }) => {
    for (const count of COUNTS) {
      const page = await pageOf(browser, baseURL, size, 'dark');
      // Square ones are the widest that a frame which is wide and low may get.
      await storePictures(page, await makePictures(count, Math.min(count, 4), SQUARE));
      await open(page, 'txt2img');
      await expect(page.getByRole('button', { name: /^Picture with seed/ }).first()).toBeVisible();
      await look(page, `txt2img, ${count} pictures`);
      await openGallery(page);
      await look(page, `Gallery, ${count} pictures`);
      await page.getByRole('gridcell').first().click();
      await expect(page.getByRole('dialog').getByRole('img')).toBeVisible();
      await look(page, `viewer, ${count} pictures`);
      await page.keyboard.press('Escape');
      if (count > 1) await lookAtComparison(page, Math.min(count, 8));
      await page.close();
    }
  });

  test(`every place and what opens over it: ${named}, light`, async ({ browser, baseURL }) => {
    const first = await pageOf(browser, baseURL, size, 'light');
    await open(first, 'txt2img');
    await look(first, 'the first visit', true);
    await first.close();
    const page = await pageOf(browser, baseURL, size, 'light');
    await storePictures(page, await makePictures(40, 4));
    for (const tab of TABS) {
      await open(page, tab);
      if (tab === 'gallery') await openGallery(page);
      await look(page, tab, true);
    }
    for (const overlay of OVERLAYS) {
      await open(page, `txt2img?${overlay}`);
      await expect(page.getByRole('dialog')).toBeVisible();
      await look(page, overlay, true);
      await page.keyboard.press('Escape');
    }
    await page.close();
  });
}

test('txt2img on a desktop: few rows, many controls in view, one accent, Generate stays', async ({
  page,
}) => {
  await page.setViewportSize(DESKTOP);
  await storePictures(page, await makePictures(12, 4));
  await open(page, 'txt2img');
  const prompt = page.getByLabel('Prompt', { exact: true });
  const generate = page.getByRole('button', { name: /^Generate/ });

  expect(await controlsInView(page), 'controls in the first view').toBeGreaterThanOrEqual(FEWEST_IN_VIEW);

  // A long prompt, every section open, and everything scrolled to its end.
  await prompt.fill(LONG_PROMPT);
  const sections = page.locator('section[aria-label="Parameters"] details');
  const toggle = async (closed: boolean) => {
    // The last first: a section that opens may bring others, which move those after it.
    for (const section of (await sections.all()).reverse()) {
      if (((await section.getAttribute('open')) === null) === closed)
        await section.locator('summary').first().click();
    }
  };
  await toggle(true);
  await expect(page.getByLabel('Eta noise seed delta').first()).toBeVisible();
  await page.mouse.move(200, 700);
  await page.mouse.wheel(0, 5000);
  await expect(page.getByRole('button', { name: 'Reset to defaults' })).toBeInViewport();
  await expect(prompt).toBeInViewport({ ratio: 0.9 });
  await expect(generate).toBeInViewport({ ratio: 1 });
  const moved = await page.evaluate(() => {
    const { scrollingElement } = document;
    if (!scrollingElement) return null;
    scrollingElement.scrollTop = 100;
    return scrollingElement.scrollTop;
  });
  expect(moved, 'the page itself scrolls').toBe(0);

  await toggle(false);
  await expect(page.getByLabel('Seed', { exact: true })).toBeHidden();
  const rows = await page.evaluate(() => {
    const controls = document.querySelector('section[aria-label="Parameters"]')!;
    const tops = [...controls.querySelectorAll('summary, button, a, p, label, input, select')]
      .filter((element) => element.checkVisibility())
      .map((element) => Math.round(element.getBoundingClientRect().top / 12));
    return new Set(tops).size;
  });
  expect(rows, 'rows with all sections closed').toBeLessThanOrEqual(MOST_ROWS);
});

test('one accent button in every place', async ({ browser, baseURL }, info) => {
  const page = await pageOf(browser, baseURL, DESKTOP, 'dark');
  const files = await makeCheckpoint(info.outputPath('model'));
  await open(page, 'txt2img');
  await expect.poll(() => primaries(page), 'the first visit').toHaveLength(1);
  const darkroom = new DarkroomPage(page);
  await darkroom.useProcessor();
  await darkroom.pick([files.checkpoint, files.sidecar]);
  await expect(darkroom.checkpoint).toBeEnabled({ timeout: 300_000 });
  await expect.poll(() => primaries(page)).toEqual([expect.stringContaining('Generate')]);

  // A run of many pictures: tiles keep their size, and the grid comes first.
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 1, 'Batch count': 5, 'Batch size': 8 });
  await darkroom.choose('Sampling method', 'Euler');
  await darkroom.prompt.fill(LONG_PROMPT);
  await darkroom.generateButton.click();
  await expect(darkroom.interruptButton).toBeVisible();
  await darkroom.finished();
  const run = page.getByRole('list', { name: 'Pictures of this run' });
  await expect(run.getByRole('button')).toHaveCount(41);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const [index, tile] of (await run.getByRole('button').all()).entries()) {
      const box = await tile.boundingBox();
      expect(Math.min(box!.width, box!.height), `tile ${index} at ${size.width}`).toBeGreaterThanOrEqual(44);
    }
    await run.getByRole('button').first().click();
    await look(page, `a run of 40, its grid, at ${size.width}`);
    await run.getByRole('button').nth(3).click();
    await look(page, `a run of 40 at ${size.width}`);
    if (size === DESKTOP)
      await expect.poll(() => primaries(page)).toEqual([expect.stringContaining('Generate')]);
  }

  // While a picture is made, with others behind it.
  await darkroom.set({ 'Sampling steps': 150, 'Batch count': 100 });
  await darkroom.generateButton.click();
  for (const prompt of ['second', 'third', 'fourth', 'fifth']) {
    await darkroom.prompt.fill(`${prompt}, ${LONG_PROMPT}`);
    await page.getByRole('button', { name: 'Queue', exact: true }).click();
  }
  await expect(page.getByRole('region', { name: 'Queue' }).getByRole('listitem')).toHaveCount(5);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await page.evaluate(() => scrollTo(0, 0));
    await expect(page.getByRole('progressbar', { name: 'Generation' })).toBeInViewport();
    await expect(darkroom.interruptButton).toBeInViewport({ ratio: 1 });
    await look(page, `a picture in the making at ${size.width}`);
    if (size === DESKTOP) {
      await expect(darkroom.prompt).toBeInViewport();
      await expect.poll(() => primaries(page)).toEqual([]);
    }
  }
  await page.getByRole('region', { name: 'Queue' }).getByRole('button', { name: 'Clear' }).click();
  await darkroom.interruptButton.click();
  await darkroom.finished();
  await page.close();
});

async function pageOf(
  browser: Browser,
  baseURL: string | undefined,
  viewport: Size,
  colorScheme: 'dark' | 'light',
): Promise<Page> {
  return browser.newPage({ viewport, colorScheme, baseURL: String(baseURL), reducedMotion: 'reduce' });
}

async function open(page: Page, address: string): Promise<void> {
  await page.goto('/icons/darkroom.svg');
  await page.goto(`/#/${address}`);
  await expect(page.getByRole('banner')).toBeVisible();
}

async function openGallery(page: Page): Promise<void> {
  await page.evaluate(() => (location.hash = '#/gallery'));
  await expect(page.getByRole('gridcell').first().locator('img')).toBeVisible();
}

/** Of several pictures, and of two, in each of its views. */
async function lookAtComparison(page: Page, count: number): Promise<void> {
  const tiles = page.getByRole('gridcell');
  await tiles.nth(0).click({ modifiers: ['ControlOrMeta'] });
  for (const several of new Set([2, count])) {
    await tiles.nth(several - 1).click({ modifiers: ['Shift'] });
    await look(page, 'a selection');
    await page.getByRole('button', { name: 'Compare' }).click();
    const dialog = page.getByRole('dialog', { name: 'Compare pictures' });
    await expect(dialog.getByRole('img').first()).toBeVisible();
    const views = several === 2 ? ['Side by side', 'Slider', 'Overlay', 'Difference'] : [''];
    for (const view of views) {
      if (view !== '') await dialog.getByText(view, { exact: true }).click();
      await look(page, `comparison of ${several} ${view}`);
    }
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  }
  await page.keyboard.press('Escape');
}

async function look(page: Page, what: string, withFocus = false): Promise<void> {
  const faults = await faultsOf(page);
  if (withFocus) faults.push(...(await focusFaults(page)));
  expect.soft(faults, `${what} at ${page.viewportSize()?.width}`).toEqual([]);
}

/** What of txt2img's parameters can be read and reached without scrolling: fields, and lines that open and say their values. */
async function controlsInView(page: Page): Promise<number> {
  return page.evaluate(() => {
    const parameters = document.querySelector('section[aria-label="Parameters"]')!;
    const inView = (element: Element) => {
      const { top, bottom, left } = element.getBoundingClientRect();
      if (!element.checkVisibility() || bottom > innerHeight || top < 0) return false;
      return element.contains(document.elementFromPoint(left + 6, (top + bottom) / 2));
    };
    const fields = [...parameters.querySelectorAll('label')].filter(
      ({ control }) => control && inView(control),
    );
    return (
      fields.length + [...parameters.querySelectorAll('details:not([open]) > summary')].filter(inView).length
    );
  });
}

/** Names of the buttons in the accent colour that are in sight. */
async function primaries(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const probe = document.createElement('i');
    probe.style.background = 'var(--accent)';
    document.body.append(probe);
    const accent = getComputedStyle(probe).backgroundColor;
    probe.remove();
    return [...document.querySelectorAll('button, a, [role=button]')]
      .filter((element) => element.checkVisibility() && getComputedStyle(element).backgroundColor === accent)
      .map((element) => element.textContent.trim());
  });
}
