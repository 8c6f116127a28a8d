// img2img over many files at once: the pictures come out one after another, and what is no picture is named.
import { expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';
import { encodePng } from '../src/image/png.ts';

test('many pictures are painted over, each with its mask', async ({ page }, info) => {
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  await darkroom.choose('Sampling method', 'Euler');
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 2, Seed: 3 });
  await darkroom.link('img2img').click();
  await page.getByRole('button', { name: 'Batch of pictures' }).click();
  const dialog = page.getByRole('dialog', { name: 'Batch' });
  const choose = async (group: string, files: readonly [name: string, buffer: Buffer][]) => {
    const chooser = page.waitForEvent('filechooser');
    await dialog.getByRole('group', { name: group }).getByRole('button', { name: 'Choose files' }).click();
    const mimeType = 'image/png';
    await (await chooser).setFiles(files.map(([name, buffer]) => ({ name, buffer, mimeType })));
  };
  await expect(dialog.getByRole('button', { name: /to the queue/ })).toBeDisabled();
  await choose('Input pictures', [
    ['2.png', await png(200)],
    ['10.png', await png(60)],
    ['broken.png', Buffer.from('no picture')],
  ]);
  await choose('Inpaint masks', [['all.png', await png(255)]]);
  await dialog.getByRole('button', { name: 'Add 3 pictures to the queue' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('One picture was left out')).toBeVisible();
  await darkroom.finished();
  const texts = await page.evaluate(async () =>
    (await window.darkroom.listImages()).map(({ parameters }) => parameters),
  );
  expect(texts).toHaveLength(2);
  for (const text of texts) expect(text).toMatch(/Init image SHA256: .*Mask blur: 4, Mask SHA256: /);
  expect(new Set(texts.map((text) => /Init image SHA256: (\w+)/.exec(text)![1])).size).toBe(2);
});

async function png(shade: number): Promise<Buffer> {
  const [width, height] = [64, 64];
  const data = new Uint8ClampedArray(3 * width * height).fill(shade);
  return Buffer.from(await encodePng({ data, width, height, channels: 3 }, {}));
}
