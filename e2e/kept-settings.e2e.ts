// What a person set is there again, however the page ended.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { readTrial, TRIALS_DIR } from '../tests/trials-dir.ts';
import { DarkroomPage } from './darkroom-page.ts';

/** Ways to leave at once; each gives the page as it is opened again. */
const ENDS: Readonly<Record<string, (page: Page, context: BrowserContext) => Promise<Page>>> = {
  'loading the page again': async (page) => {
    await page.reload();
    return page;
  },
  'going elsewhere': async (page) => {
    await page.goto('/icons/darkroom.svg');
    await page.goto('/');
    return page;
  },
  'closing the tab': async (page, context) => {
    const next = await context.newPage();
    await page.close({ runBeforeUnload: true });
    await next.goto('/');
    return next;
  },
};

for (const [name, end] of Object.entries(ENDS)) {
  test(`${name} right after a change keeps it`, async ({ page, context }) => {
    const darkroom = new DarkroomPage(page);
    await darkroom.open();
    await darkroom.prompt.fill('a tiger');
    await darkroom.choose('Sampling method', 'DDIM');
    await page.getByLabel('Sampling steps', { exact: true }).fill('33');
    await page.getByLabel('Sampling steps', { exact: true }).blur();
    await darkroom.prompt.focus();
    await page.keyboard.press('End');
    await page.keyboard.type(' at dawn');

    const again = new DarkroomPage(await end(page, context));
    await expect(again.prompt).toHaveValue('a tiger at dawn');
    await expect(again.page.getByLabel('Sampling method', { exact: true })).toHaveValue('DDIM');
    await expect(again.page.getByLabel('Sampling steps', { exact: true })).toHaveValue('33');
    // Once the database has it, nothing lies beside it.
    const unsaved = () =>
      again.page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('unsaved')));
    await expect.poll(unsaved).toEqual([]);
    await again.page.reload();
    await expect(again.prompt).toHaveValue('a tiger at dawn');
  });
}

interface ChaosFile {
  readonly file: string;
  readonly as: string;
}

test('settings go on being kept after anything that styles do to the page', async ({ page }, info) => {
  let files: ChaosFile[] = [];
  try {
    const index = readFileSync(join(TRIALS_DIR, 'chaos', 'index.json'), 'utf8');
    files = (JSON.parse(index) as { files: ChaosFile[] }).files.filter(({ as }) => as === 'styles');
  } catch {
    // Said below.
  }
  test.skip(files.length === 0, 'the trials have no such files');
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  for (const [index, { file }] of files.entries()) {
    const path = info.outputPath(basename(file).replace(/\.gz$/, ''));
    mkdirSync(info.outputDir, { recursive: true });
    writeFileSync(path, readTrial(join('chaos', file)));
    await page.getByRole('button', { name: 'Styles', exact: true }).click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Load styles.csv' }).click();
    await (await chooser).setFiles([path]);
    const dialog = page.getByRole('dialog', { name: 'Styles' });
    await expect(dialog.getByRole('checkbox').first().or(dialog.getByRole('alert')).first()).toBeVisible();
    // All of a list that a person would tick through, at once.
    await dialog.evaluate((window) => {
      const boxes = [...window.querySelectorAll<HTMLInputElement>('input[type=checkbox]:not(:checked)')];
      for (const box of boxes.slice(0, 60)) box.click();
    });
    await page.keyboard.press('Escape');
    await darkroom.set({ 'Sampling steps': 20 + index });
    await darkroom.tab('Settings');
    await page.getByLabel('Theme', { exact: true }).selectOption(index % 2 === 0 ? 'dark' : 'light');
    await page.reload();
    await expect(page.getByLabel('Sampling steps', { exact: true })).toHaveValue(String(20 + index));
    await darkroom.tab('Settings');
    await expect(page.getByLabel('Theme', { exact: true })).toHaveValue(index % 2 === 0 ? 'dark' : 'light');
    await darkroom.tab('txt2img');
  }
});

test('an error in what is shown does not end the keeping', async ({ page }) => {
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  // From now on everything that formats a number for people throws.
  await page.evaluate(() => {
    Number.prototype.toLocaleString = () => {
      throw new RangeError('Incorrect locale information provided');
    };
    Date.prototype.toLocaleDateString = () => {
      throw new RangeError('Incorrect locale information provided');
    };
  });
  for (const tab of ['Models', 'Gallery', 'Settings', 'txt2img'] as const) await darkroom.tab(tab);
  await darkroom.prompt.fill('still kept');
  await page.reload();
  await expect(darkroom.prompt).toHaveValue('still kept');
});
