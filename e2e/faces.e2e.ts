// Faces restored: what it takes is said, networks for it are imported, Extras and txt2img use them, and an interrupt leaves things as
// they were.
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { encodePng } from '../src/image/png.ts';
import { pictureWithFaces } from '../tests/face-picture.ts';
import { faceCases } from '../tests/faces.ts';
import { readReference } from '../tests/reference-dir.ts';
import { violations } from './axe.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

const SIDE = 64;
const networks = await Promise.all((['retina-face', 'codeformer', 'parse-net'] as const).map(faceCases));

test('faces are found, restored and pasted back', async ({ page }, info) => {
  test.skip(
    networks.some((cases) => cases.length === 0),
    'the reference data lacks networks for faces',
  );
  const path = info.outputPath('files');
  mkdirSync(path, { recursive: true });
  const files = networks.map(([one]) => {
    const file = `${path}/${one!.name}.pth`;
    writeFileSync(file, readReference(...one!.folder, one!.file));
    return file;
  });
  const picture = `${path}/faces.png`;
  writeFileSync(picture, await encodePng(pictureWithFaces()));
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(path));
  const restore = page.getByRole('checkbox', { name: 'Restore faces', exact: true });

  await test.step('what is missing is said, and nothing begins', async () => {
    await darkroom.set({ Width: SIDE, Height: SIDE, 'Sampling steps': 1 });
    await restore.check();
    await expect(page.getByText('Import CodeFormer (codeformer-v0.1.0.pth) first')).toBeVisible();
    await darkroom.generateButton.click();
    await expect(darkroom.failures).toContainText('Faces cannot be restored: the library lacks CodeFormer');
    await page.getByRole('button', { name: 'Dismiss' }).first().click();
  });

  await test.step('networks for faces are imported as models are', async () => {
    await darkroom.pick(files);
    for (const file of files)
      await expect(darkroom.importOf(file.slice(path.length + 1))).toContainText('Imported');
    await expect(page.getByText('Import CodeFormer')).toHaveCount(0);
  });

  await test.step('a picture that is painted says by what its faces were restored', async () => {
    await darkroom.draw();
    await expect(darkroom.parameters).toContainText('Seed: ');
    await expect(darkroom.parameters).toContainText('Face restoration: CodeFormer');
  });

  const panel = page.getByRole('region', { name: 'Extras', exact: true });
  const start = panel.getByRole('button', { name: 'Generate', exact: true });
  await test.step('in Extras, face by face', async () => {
    await darkroom.tab('Extras');
    await darkroom.dropPicture(picture);
    await expect(panel.getByRole('img', { name: /faces/ })).toBeVisible();
    await panel.getByText('CodeFormer', { exact: true }).first().click();
    await panel.getByRole('checkbox', { name: 'CodeFormer', exact: true }).check();
    await start.click();
    await expect(panel.getByText(/Restoring face 2 of \d/)).toBeVisible({ timeout: 120_000 });
    await expect(panel.getByText('1 picture is in the Gallery.')).toBeVisible({ timeout: 120_000 });
    await expect(panel.getByRole('region', { name: 'Parameters text' })).toHaveText(
      'CodeFormer visibility: 1, CodeFormer weight: 0',
    );
    expect(await violations(page)).toEqual([]);
  });

  await test.step('interrupted on the way, nothing is kept', async () => {
    await start.click();
    await expect(panel.getByRole('status').filter({ hasText: 'CodeFormer' })).toBeVisible({
      timeout: 60_000,
    });
    await page.keyboard.press('Escape');
    await expect(panel.getByText('Interrupted. 0 pictures are in the Gallery.')).toBeVisible({
      timeout: 60_000,
    });
    await expect(start).toBeEnabled();
    await expect(darkroom.failures).toHaveCount(0);
  });
});
