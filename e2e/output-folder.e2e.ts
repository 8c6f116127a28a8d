// A folder that every picture is saved to as it comes, with grids of runs: through the page and the gallery's worker into a folder of
// the browser's own, which stands in for one on disk.
import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { readImageMetadata } from '../src/image/metadata.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

/** Files of the folder, by their paths, with what texts say. */
async function filesOf(page: Page): Promise<Record<string, string>> {
  return page.evaluate(async () => {
    const found: Record<string, string> = {};
    const walk = async (folder: FileSystemDirectoryHandle, before: string): Promise<void> => {
      for await (const [name, handle] of folder.entries()) {
        if (handle.kind === 'directory') await walk(handle as FileSystemDirectoryHandle, `${before}${name}/`);
        else {
          const file = await (handle as FileSystemFileHandle).getFile();
          // One that is being written is empty.
          const isPicture = name.endsWith('.png') && file.size > 24;
          const size = isPicture ? new DataView(await file.slice(16, 24).arrayBuffer()) : null;
          found[before + name] = size ? `${size.getUint32(0)}x${size.getUint32(4)}` : await file.text();
        }
      }
    };
    await walk(await (await navigator.storage.getDirectory()).getDirectoryHandle('pictures'), '');
    return found;
  });
}

test('pictures and their grid are saved to a folder as they come', async ({ page }, info) => {
  await page.addInitScript(() => {
    const pick = async () =>
      (await navigator.storage.getDirectory()).getDirectoryHandle('pictures', { create: true });
    Object.defineProperty(window, 'showDirectoryPicker', { value: pick });
  });
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));

  await test.step('it is chosen in Settings, with what is to lie there', async () => {
    await darkroom.tab('Settings');
    await page.getByRole('button', { name: 'Choose a folder' }).click();
    await expect(page.getByText('Every picture is also saved to “pictures”.')).toBeVisible();
    await page.getByLabel('Directory name pattern').fill('[model_name]');
    await page.getByLabel('Create a text file with infotext next to every generated image').check();
    await page.getByLabel('Always save all generated image grids').check();
    await darkroom.tab('txt2img');
  });

  await darkroom.choose('Sampling method', 'Euler');
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 1, Seed: 3, 'Batch count': 2 });
  await test.step('two pictures and a grid, with their texts', async () => {
    await darkroom.draw();
    await expect
      .poll(async () => Object.keys(await filesOf(page)).map((path) => path.replace(/\/.*\//, '/')))
      .toHaveLength(6);
    const files = await filesOf(page);
    const paths = Object.keys(files).sort();
    const [model] = /(?<=\/).*(?=\/)/.exec(paths[0]!)!;
    expect(paths).toEqual([
      `txt2img-grids/${model}/grid-0000.png`,
      `txt2img-grids/${model}/grid-0000.txt`,
      ...['00000-3.png', '00000-3.txt', '00001-4.png', '00001-4.txt'].map(
        (name) => `txt2img-images/${model}/${name}`,
      ),
    ]);
    expect(files[paths[0]!]).toBe('128x64');
    expect(files[paths[2]!]).toBe('64x64');
    expect(files[paths[5]!]).toContain('Seed: 4, Size: 64x64');
    // The grid is in the Gallery, too.
    const sizes = await page.evaluate(async () =>
      (await window.darkroom.listImages()).map(({ width }) => width),
    );
    expect(sizes.sort()).toEqual([128, 64, 64]);
  });

  await test.step('the grid of the run is looked at, and downloaded', async () => {
    await page.getByRole('button', { name: 'Grid of this run' }).click();
    await expect(page.getByRole('img', { name: 'Grid of 2 pictures' })).toBeVisible();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download grid' }).click();
    expect((await download).suggestedFilename()).toBe('grid-3.png');
    const { size } = await readImageMetadata(readFileSync(await (await download).path()));
    expect(size).toEqual({ width: 128, height: 64 });
  });

  await test.step('numbers go on after a reload', async () => {
    await page.reload();
    await page.evaluate(() => window.darkroom.paintOn('cpu'));
    await darkroom.set({ 'Batch count': 1 });
    await darkroom.draw();
    await expect
      .poll(async () =>
        Object.keys(await filesOf(page))
          .sort()
          .at(-2),
      )
      .toMatch(/\/00002-3\.png$/);
  });

  await test.step('where it is gone, that is said, and the picture is in the Gallery', async () => {
    await page.evaluate(async () =>
      (await navigator.storage.getDirectory()).removeEntry('pictures', { recursive: true }),
    );
    await darkroom.draw();
    await expect(page.getByText('A picture could not be saved to “pictures”')).toBeVisible();
    expect(await page.evaluate(async () => (await window.darkroom.listImages()).length)).toBe(5);
    await page.evaluate(async () =>
      (await navigator.storage.getDirectory()).getDirectoryHandle('pictures', { create: true }),
    );
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(async () => Object.keys(await filesOf(page))).toHaveLength(2);
  });
});
