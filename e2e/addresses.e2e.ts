// Every place, picture, setting and dialog by its address; Back closes what was opened, in order; a reload stays.
import { pathToFileURL } from 'node:url';
import { expect, test, type Page } from '@playwright/test';
import { DIALOGS, hashOf } from '../src/ui/navigation/address.ts';
import { PLACES, type TabId } from '../src/ui/navigation/places.ts';
import { places as named } from '../src/ui/strings/en/places.ts';
import { makePictures, storePictures } from './stored-pictures.ts';

const TABS = PLACES.flatMap((place) => place.tabs.map((tab) => ({ place: place.id, ...tab })));

/** Opens an address as a link from elsewhere does. */
async function follow(page: Page, start: string, hash: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${start}${hash}`);
  await expect(page.getByRole('banner')).toBeVisible();
}

async function expectTab(page: Page, tab: (typeof TABS)[number]): Promise<void> {
  const link = page.getByRole('banner').getByRole('link', { name: named.tab[tab.id], exact: true });
  await expect(link).toHaveAttribute('aria-current', 'page');
  const places = page.getByRole('navigation', { name: 'Places' });
  await expect(places.getByRole('link', { name: named.place[tab.place] })).toHaveAttribute(
    'aria-current',
    'true',
  );
  await expect(page.locator('main > section:not([hidden])')).toHaveCount(1);
}

async function expectAll(page: Page, start: string): Promise<void> {
  for (const tab of TABS) {
    await test.step(tab.id, async () => {
      await follow(page, start, hashOf({ tab: tab.id as TabId, item: null, overlay: null }));
      await expectTab(page, tab);
      if (!tab.built) await expect(page.locator('main')).toContainText(named.notYet[tab.id].will);
    });
  }
  for (const overlay of DIALOGS) {
    await test.step(overlay, async () => {
      await follow(page, start, hashOf({ tab: 'png-info', item: null, overlay }));
      await expect(page.getByRole('dialog')).toBeVisible();
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
      await expect(page).toHaveURL(/#\/png-info$/);
    });
  }
  await test.step('Esc closes the search with what was typed', async () => {
    await follow(page, start, '#/txt2img?find');
    await page.getByRole('dialog').getByRole('combobox').fill('clip');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
  });
  await test.step('a setting', async () => {
    await follow(page, start, '#/settings/clip-skip');
    await expect(
      page.locator('section[aria-label="Settings"]').getByLabel('Clip skip', { exact: true }),
    ).toBeFocused();
  });
  await test.step('nothing that there is', async () => {
    for (const hash of [
      '',
      '#',
      '#/',
      '#/nowhere',
      '#/%E0%A4%A',
      '#/txt2img?nothing',
      `#/${'x'.repeat(5000)}`,
    ]) {
      await follow(page, start, hash);
      await expectTab(page, TABS[0]!);
    }
    await follow(page, start, '#/gallery/no-such-picture');
    await expectTab(
      page,
      TABS.find(({ id }) => id === 'gallery')!,
    );
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });
}

test('links lead to every place, dialog and setting', async ({ page }) => {
  await expectAll(page, '/');
});

test('the sheet of controls on a phone has an address, and Back closes it', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await follow(page, '/', '#/txt2img');
  const sheet = page.getByRole('button', { name: /^Controls/ });
  const steps = page.getByLabel('Sampling steps', { exact: true }).first();
  await sheet.click();
  await expect(page).toHaveURL(/#\/txt2img\?controls$/);
  await expect(steps).toBeInViewport();
  await page.reload();
  await expect(steps).toBeInViewport();
  await page.goBack();
  await expect(steps).toBeHidden();
  await expect(page).toHaveURL(/#\/txt2img$/);

  await sheet.click();
  await page.mouse.click(195, 150);
  await expect(steps).toBeHidden();

  // A pull of the handle, as a finger does it: to half of the screen, and to all of it.
  const height = async () => (await page.getByRole('region', { name: 'Parameters' }).boundingBox())!.height;
  const pull = async (by: number) => {
    const { x, y } = (await sheet.boundingBox())!;
    await page.mouse.move(x + 100, y + 10);
    await page.mouse.down();
    await page.mouse.move(x + 100, y + 10 + by, { steps: 3 });
    await page.mouse.up();
  };
  const closed = await height();
  await pull(-100);
  await expect(steps).toBeInViewport();
  const half = await height();
  await pull(-100);
  await expect.poll(height).toBeGreaterThan(1.3 * half);
  await page.goBack();
  await expect.poll(height, 'Back from all of the screen').toBe(closed);
  await pull(-100);
  await expect.poll(height).toBe(half);
  await pull(-100);
  await expect.poll(height).toBeGreaterThan(1.3 * half);
  await pull(100);
  await expect.poll(height).toBe(half);
  await pull(100);
  await expect.poll(height).toBe(closed);
});

test('links work in the single file', async ({ browser }) => {
  const context = await browser.newContext({ offline: true });
  await expectAll(await context.newPage(), pathToFileURL('dist-single/darkroom.html').href);
  await context.close();
});

test('Back closes what was opened, in order, and a reload stays', async ({ page }) => {
  await storePictures(page, await makePictures(4, 4));
  await page.goto('/');
  const places = page.getByRole('navigation', { name: 'Places' });
  await places.getByRole('link', { name: 'Pictures' }).click();
  await page.getByRole('gridcell', { name: /^Picture, seed 2\b/ }).click();
  const viewer = page.getByRole('dialog', { name: 'Picture' });
  await expect(viewer).toBeVisible();
  await expect(page).toHaveURL(/#\/gallery\/picture-2$/);

  await test.step('turning over makes no entries', async () => {
    await page.keyboard.press('ArrowRight');
    await expect(page).toHaveURL(/#\/gallery\/picture-1$/);
    await page.keyboard.press('ArrowLeft');
    await expect(page).toHaveURL(/#\/gallery\/picture-2$/);
  });

  await test.step('a reload stays at the picture', async () => {
    await page.reload();
    await expect(viewer.getByRole('img', { name: 'Picture with seed 2' })).toBeVisible();
  });

  await test.step('find over the viewer over the gallery', async () => {
    await page.evaluate(() => (location.hash = '#/gallery/picture-2?find'));
    const find = page.getByRole('dialog', { name: 'Find anything' });
    await expect(find).toBeVisible();
    await page.goBack();
    await expect(find).toBeHidden();
    await expect(viewer).toBeVisible();
    await page.goBack();
    await expect(viewer).toBeHidden();
    await expectTab(
      page,
      TABS.find(({ id }) => id === 'gallery')!,
    );
    await page.goBack();
    await expectTab(page, TABS[0]!);
  });

  await test.step('Forward opens it again', async () => {
    await page.goForward();
    await page.goForward();
    await expect(viewer).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(viewer).toBeHidden();
  });

  await test.step('a picture that was linked to', async () => {
    await follow(page, '/', '#/gallery/picture-3');
    await expect(viewer.getByRole('img', { name: 'Picture with seed 3' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(viewer).toBeHidden();
    await expect(page).toHaveURL(/#\/gallery$/);
  });

  await test.step('a place keeps its tab', async () => {
    await page.getByRole('banner').getByRole('link', { name: 'PNG Info' }).click();
    await places.getByRole('link', { name: 'Settings' }).click();
    await page.reload();
    await expectTab(
      page,
      TABS.find(({ id }) => id === 'settings')!,
    );
    await page.goBack();
    await expectTab(
      page,
      TABS.find(({ id }) => id === 'png-info')!,
    );
  });
});
