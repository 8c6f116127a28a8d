// Pictures made to break the page (tests/trials/chaos, "as": "picture") and one of each format, dropped on it: what they
// say is shown, nothing in them runs, nothing takes the memory that they claim, and the page is whole afterwards.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { MemoryWatch, type Memory } from '../scripts/process-memory.ts';
import { AVIF, GIF } from '../src/image/testing.ts';
import { chaosFiles, readTrial } from '../tests/trials-dir.ts';
import { DarkroomPage } from './darkroom-page.ts';

const files = chaosFiles('picture');
test.skip(files.length === 0, 'The trials have no such files.');

for (const { file, expect: expected, bound } of files) {
  const name = file.replace(/\.gz$/, '');

  test(`${name}: ${expected}`, async ({ page }, info) => {
    const complaints = watch(page);
    const path = join(info.outputDir, name);
    mkdirSync(info.outputDir, { recursive: true });
    writeFileSync(path, readTrial(`chaos/${file}`));
    const darkroom = new DarkroomPage(page);
    await darkroom.open();
    const memory = new MemoryWatch();
    const before = sum(memory.now());
    const prototype = await prototypeOf(page);

    await darkroom.dropPicture(path);
    const read = page.getByText(`${name} is read`);
    await expect(read.or(page.getByRole('alert'))).not.toBeEmpty();
    const shown = (await read.count()) > 0;
    if (!expected.includes('refused')) expect(shown).toBe(true);
    if (/parameters are shown/.test(expected) && shown) {
      await expect(page.getByRole('table', { name: 'Generation parameters' })).toBeVisible();
    }
    if (/not to be showable/.test(expected)) {
      await expect(page.getByText('The picture cannot be shown here')).toBeVisible();
      await expect(page.getByRole('figure').getByRole('img')).toHaveCount(0);
    }
    memory.now();
    memory.stop();
    if (bound?.megabytes !== undefined && process.platform === 'linux') {
      expect(sum(memory.takePeak()) - before).toBeLessThan(bound.megabytes * 1e6);
    }
    if (shown && (await page.getByRole('button', { name: 'Send to txt2img' }).count()) > 0) {
      await page.getByRole('button', { name: 'Send to txt2img' }).click();
      await expect(darkroom.prompt).not.toHaveValue('');
    }

    // The files' own mark, should anything in them run.
    expect(await page.evaluate(() => '__xss' in window)).toBe(false);
    expect(await prototypeOf(page)).toEqual(prototype);
    expect(complaints).toEqual([]);
    await darkroom.open();
    await darkroom.tab('PNG Info');
    await expect(page.getByRole('button', { name: 'Choose a picture' })).toBeVisible();
    expect(complaints).toEqual([]);
  });
}

test('AVIF and GIF are read and shown like the others', async ({ page }, info) => {
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  mkdirSync(info.outputDir, { recursive: true });
  for (const [name, bytes] of [
    ['a.avif', AVIF],
    ['a.gif', GIF],
  ] as const) {
    const path = join(info.outputDir, name);
    writeFileSync(path, bytes);
    await darkroom.dropPicture(path);
    await expect(page.getByRole('row', { name: /^Prompt a cat, 猫/ })).toBeVisible();
    const picture = page.getByRole('img', { name });
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(3);
  }
});

/** Errors of the page, among them what its policy stopped. */
function watch(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}

/** Own properties of Object.prototype. */
async function prototypeOf(page: Page): Promise<string[]> {
  return page.evaluate(() => Object.getOwnPropertyNames(Object.prototype));
}

/** Bytes of the browser that draws the page, pixels of decoded pictures included. */
function sum({ renderer, gpu }: Memory): number {
  return renderer + gpu;
}
