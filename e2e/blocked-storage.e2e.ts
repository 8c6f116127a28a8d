// Windows that may not store anything: everything works, in memory, with one sentence that says so.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, expect, test, type Page } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

const SENTENCE = 'This window may not store anything: pictures and models last until it is closed.';
/** What JavaScript and browsers say. */
const RAW = /undefined|null|is not|Cannot read|Failed to|denied|DOMException|[A-Z][a-z]+Error/;

async function told(page: Page): Promise<void> {
  await expect(page.getByText(SENTENCE)).toHaveCount(1);
  for (const text of await page.locator('.notices section, [role=alert]').allTextContents()) {
    expect(text).not.toMatch(RAW);
  }
  await expect(page.getByRole('alert')).toHaveCount(0);
}

/** Imports, paints, looks at what came out. */
async function work(darkroom: DarkroomPage, folder: string): Promise<void> {
  const { page } = darkroom;
  await told(page);
  await darkroom.useProcessor();
  const files = await makeCheckpoint(folder);
  await darkroom.pick([files.checkpoint, files.sidecar]);
  await expect(darkroom.importOf('small.safetensors')).toContainText('Imported', { timeout: 300_000 });
  await darkroom.choose('Sampling method', 'Euler');
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 2, Seed: 3 });
  await darkroom.generateButton.click();
  await expect(darkroom.picture).toBeVisible({ timeout: 300_000 });
  await darkroom.finished();
  await expect(darkroom.recent).toHaveCount(1);
  await told(page);

  await darkroom.tab('Models');
  await page.getByRole('button', { name: 'Rename small' }).click();
  await page.getByLabel('New name of small').fill('renamed');
  await page.keyboard.press('Enter');
  await expect(darkroom.model('renamed')).toBeVisible();
  await darkroom.tab('Gallery');
  await expect(page.getByRole('gridcell').locator('img')).toHaveCount(1);
  await page.getByRole('gridcell').click();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download', exact: true }).click();
  await download;
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('gridcell')).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('gridcell')).toHaveCount(1);
  await told(page);
}

const REFUSALS: Readonly<Record<string, () => void>> = {
  'there is no IndexedDB': () => Object.defineProperty(window, 'indexedDB', { value: undefined }),
  'IndexedDB throws': () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('A mutation operation was attempted.', 'InvalidStateError');
    };
    Object.defineProperty(window, 'localStorage', {
      get: () => {
        throw new DOMException('Access is denied for this document.', 'SecurityError');
      },
    });
  },
};

for (const [name, refuse] of Object.entries(REFUSALS)) {
  test(`where ${name}, everything works until the window is closed`, async ({ page }, info) => {
    await page.addInitScript(refuse);
    const darkroom = new DarkroomPage(page);
    await darkroom.open();
    await work(darkroom, info.outputPath('model'));
  });
}

test('where cookies and site data are switched off, pages and workers work in memory, and the demo paints', async ({
  baseURL,
  launchOptions,
}, info) => {
  const profile = info.outputPath('profile');
  mkdirSync(join(profile, 'Default'), { recursive: true });
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
  const { executablePath, args = [] } = launchOptions;
  const context = await chromium.launchPersistentContext(profile, {
    ...(executablePath === undefined ? {} : { executablePath }),
    args: [...args.filter((flag) => flag === '--no-sandbox'), '--disable-features=WebGPU'],
    baseURL: String(baseURL),
    serviceWorkers: 'block',
  });
  try {
    const darkroom = new DarkroomPage(await context.newPage());
    await darkroom.open();
    const opened = await darkroom.page.evaluate(
      () =>
        new Promise((resolve) => {
          const request = indexedDB.open('probe');
          request.onsuccess = () => resolve(true);
          request.onerror = () => resolve(false);
        }),
    );
    expect(opened, 'the browser blocks its storage').toBe(false);
    await work(darkroom, info.outputPath('model'));

    await darkroom.tab('Models');
    const demo = darkroom.page.getByRole('button', { name: 'Add the demo model' });
    test.skip((await demo.count()) === 0, 'this copy comes without the demo model');
    await demo.click();
    await expect(darkroom.parameters).toContainText('Model: darkroom-demo', { timeout: 600_000 });
    await told(darkroom.page);
  } finally {
    await context.close();
  }
});

test('the page opens without the library, and leaves it as it is', async ({ page }, info) => {
  const files = await makeCheckpoint(info.outputPath('model'));
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.pick([files.checkpoint, files.sidecar]);
  await expect(darkroom.importOf('small.safetensors')).toContainText('Imported', { timeout: 300_000 });
  await darkroom.prompt.fill('kept');

  await page.goto('/?without-library');
  await expect(page.getByText('Opened without the library')).toBeVisible();
  await expect(darkroom.checkpoint).toBeDisabled();
  await expect(darkroom.prompt).toHaveValue('');
  await darkroom.prompt.fill('not kept');
  await page.getByRole('link', { name: 'Open with the library' }).click();
  await expect(darkroom.checkpoint).toBeEnabled();
  await expect(darkroom.prompt).toHaveValue('kept');
});
