// An IP-Adapter on the page: its file and its vision encoder's, a unit whose picture the UNet looks at, told in the text.
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { listReference, readReference, readReferenceJson } from '../tests/reference-dir.ts';
import { DarkroomPage } from './darkroom-page.ts';

const FOLDER = ['models', 'control'] as const;
const there = listReference(...FOLDER);
const TEXT = 'a lighthouse\nSteps: 2, Sampler: Euler, CFG scale: 5, Seed: 1, Size: 64x64, Model: x';

interface Index {
  readonly adapters: readonly { readonly file: string; readonly base: string }[];
  readonly pictures: readonly { readonly picture: string }[];
}

test('a unit’s picture is looked at beside the words', async ({ page }, info) => {
  const tower = there.find((name) => name.startsWith('clip_vision'));
  test.skip(!there.includes('ip.json') || tower === undefined, 'the reference data has no IP-Adapter');
  const { adapters, pictures } = readReferenceJson<Index>(...FOLDER, 'ip.json');
  const { file, base } = adapters[0]!;
  const path = info.outputPath('models');
  mkdirSync(path, { recursive: true });
  const put = (name: string, bytes: Uint8Array): string => {
    const plain = name.replace(/\.gz$/, '');
    writeFileSync(`${path}/${plain}`, bytes);
    return `${path}/${plain}`;
  };
  const [checkpoint, sidecar] = ['.safetensors.gz', '.yaml'].map((end) =>
    listReference('models', base).includes(base + end)
      ? put(base + end, readReference('models', base, base + end))
      : '',
  ) as [string, string];
  const [adapter, vision, picture] = [file, tower!, pictures[0]!.picture].map((name) =>
    put(name, readReference(...FOLDER, name)),
  ) as [string, string, string];
  const nameOf = (one: string): string => one.slice(one.lastIndexOf('/') + 1);

  const darkroom = await DarkroomPage.withModel(page, { name: base, checkpoint, sidecar });
  await darkroom.pick([adapter]);
  await expect(darkroom.importOf(nameOf(adapter))).toContainText('Imported');
  await darkroom.prompt.fill(TEXT);
  await page.getByRole('button', { name: 'Read parameters' }).click();
  await expect(darkroom.prompt).not.toHaveValue(/Steps:/);
  const plain = await darkroom.draw();

  await page.getByText('ControlNet', { exact: true }).first().click();
  await page.getByRole('button', { name: 'Add a unit' }).click();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose picture' }).click();
  await (await chooser).setFiles(picture);
  const stem = nameOf(adapter).replace(/\.[^.]*$/, '');
  const model = page.getByLabel('Model', { exact: true });
  await model.selectOption(
    (await model.locator('option').allInnerTexts()).find((one) => one.startsWith(`${stem} [`))!,
  );
  await expect(page.getByLabel('Preprocessor', { exact: true })).toHaveValue('ip-adapter-auto');
  await expect(page.getByText(/vision encoder that is not in the library/)).toBeVisible();
  await darkroom.pick([vision]);
  await expect(darkroom.importOf(nameOf(vision))).toContainText('Imported');
  await expect(page.getByText(/vision encoder that is not in the library/)).toBeHidden();

  expect(await darkroom.draw()).not.toEqual(plain);
  await expect(darkroom.parameters).toContainText(`ControlNet 0: "Module: ip-adapter-auto, Model: ${stem} [`);
});
