// ControlNet on the page: a network's file, a unit with a picture and a preprocessor, a picture that is steered by it, told in its text,
// and made again by that.
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { listReference, readReference, readReferenceJson } from '../tests/reference-dir.ts';
import { DarkroomPage } from './darkroom-page.ts';

const FOLDER = listReference('models').find((name) => name.startsWith('controlnet-'));
const TEXT = 'a lighthouse\nSteps: 2, Sampler: Euler, CFG scale: 5, Seed: 1, Size: 64x64, Model: x';

test('a unit steers the picture, and the text says how', async ({ page }, info) => {
  test.skip(FOLDER === undefined, 'the reference data has no ControlNet');
  const { base, file } = readReferenceJson<{ base: string; file: string }>('models', FOLDER!, 'index.json');
  const path = info.outputPath('models');
  mkdirSync(path, { recursive: true });
  const put = (name: string, bytes: Uint8Array): string => {
    writeFileSync(`${path}/${name}`, bytes);
    return `${path}/${name}`;
  };
  const files = listReference('models', base);
  const [checkpoint, sidecar] = ['.safetensors.gz', '.yaml'].map((end) =>
    files.includes(base + end)
      ? put((base + end).replace(/\.gz$/, ''), readReference('models', base, base + end))
      : '',
  ) as [string, string];
  const name = file.replace(/\.gz$/, '');
  const network = put(name, readReference('models', FOLDER!, file));
  const hint = listReference('models', FOLDER!).find((one) => one.endsWith('.png'))!;
  const picture = put(hint, readReference('models', FOLDER!, hint));

  const darkroom = await DarkroomPage.withModel(page, { name: base, checkpoint, sidecar });
  await darkroom.pick([network]);
  await expect(darkroom.importOf(name)).toContainText('Imported');
  const read = async (text: string) => {
    await darkroom.prompt.fill(text);
    await page.getByRole('button', { name: 'Read parameters' }).click();
    await expect(darkroom.prompt).not.toHaveValue(/Steps:/);
  };
  await read(TEXT);
  const plain = await darkroom.draw();
  let steered: number[] = [];

  await test.step('a unit with a preprocessor', async () => {
    await page.getByText('ControlNet', { exact: true }).first().click();
    await page.getByRole('button', { name: 'Add a unit' }).click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose picture' }).click();
    await (await chooser).setFiles(picture);
    await page.getByLabel('Preprocessor', { exact: true }).selectOption('canny');
    await page.getByRole('button', { name: 'Run preprocessor' }).click();
    const large = page.getByRole('img', { name: 'Map by canny, in large' });
    await expect(large).toBeVisible();
    await page.getByRole('button', { name: 'Done' }).click();
    await expect(large).toBeHidden();
    await page.getByRole('button', { name: 'Map by canny', exact: true }).click();
    await page.getByRole('button', { name: 'Show its picture' }).click();
    await expect(page.getByRole('img', { name: 'The picture it was made of' })).toBeVisible();
    const stem = name.replace(/\.[^.]*$/, '');
    const model = page.getByLabel('Model', { exact: true });
    await model.selectOption(
      (await model.locator('option').allInnerTexts()).find((one) => one.startsWith(`${stem} [`))!,
    );
    steered = await darkroom.draw();
    expect(steered).not.toEqual(plain);
    await expect(darkroom.parameters).toContainText(`ControlNet 0: "Module: canny, Model: ${stem} [`);
  });

  await test.step('reading its text sets it again, with its picture', async () => {
    const text = await darkroom.parameters.innerText();
    await read(TEXT);
    expect(await darkroom.draw()).toEqual(plain);
    await read(`a lighthouse\n${text.slice(text.indexOf('Steps:'))}`);
    expect(await darkroom.draw()).toEqual(steered);
  });
});
