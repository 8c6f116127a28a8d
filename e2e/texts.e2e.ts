// Texts that people bring: hostile lists of styles and wildcards (tests/trials/chaos), files in other encodings, a thousand at
// once.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test, type Page, type TestInfo } from '@playwright/test';
import { chaosFiles, readTrial } from '../tests/trials-dir.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

/** The file as the person has it: unpacked, under its own name. */
function placed(info: TestInfo, name: string, bytes: Uint8Array): string {
  const path = info.outputPath('files', name);
  mkdirSync(info.outputPath('files'), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

const chaos = (info: TestInfo, file: string): string =>
  placed(info, basename(file, '.gz'), readTrial(join('chaos', file)));

async function loadStyles(page: Page, path: string): Promise<void> {
  await page.getByRole('button', { name: 'Styles', exact: true }).click();
  await page.getByLabel('styles.csv', { exact: true }).setInputFiles(path);
}

async function addWildcards(darkroom: DarkroomPage, paths: string[]): Promise<void> {
  await darkroom.tab('Settings');
  await darkroom.page.getByLabel('Wildcard files', { exact: true }).setInputFiles(paths);
}

/** The page answers: it draws, and takes an entry. */
async function lives(darkroom: DarkroomPage, prompt: string): Promise<void> {
  await darkroom.prompt.fill(prompt);
  await expect(darkroom.prompt).toHaveValue(prompt);
  await expect(darkroom.link('txt2img')).toBeVisible();
  expect(await darkroom.page.evaluate(() => Object.keys(Object.prototype))).toEqual([]);
}

for (const { file, expect: wanted } of chaosFiles('styles')) {
  test(`${file}: ${wanted}`, async ({ page }, info) => {
    const darkroom = new DarkroomPage(page);
    await darkroom.open('cpu');
    await loadStyles(page, chaos(info, file));
    const dialog = page.getByRole('dialog');
    const told = dialog.getByRole('alert');
    await expect(dialog.getByRole('checkbox').first().or(told)).toBeVisible();
    const boxes = dialog.getByRole('checkbox');
    for (const box of await boxes.all()) await box.check();
    await page.keyboard.press('Escape');
    await lives(darkroom, 'a lighthouse');
    if (wanted.includes('too long')) await expect(page.getByText('Too long with its styles')).toBeVisible();

    // What was typed is kept, and the page opens again.
    await expect.poll(async () => JSON.stringify(await darkroom.storedSettings())).toContain('a lighthouse');
    await page.reload();
    await expect(darkroom.prompt).toHaveValue('a lighthouse');
    await lives(darkroom, 'a tiger');
  });
}

for (const { file, as, expect: wanted } of chaosFiles('wildcard list')) {
  test(`${file}: ${wanted}`, async ({ page }, info) => {
    const name = /"(.+)"/.exec(as)?.[1] ?? 'a';
    const model = await makeCheckpoint(info.outputPath('model'));
    const darkroom = new DarkroomPage(page);
    await darkroom.open('cpu');
    await darkroom.pick([model.checkpoint, model.sidecar]);
    await expect(darkroom.importOf(`${model.name}.safetensors`)).toContainText('Imported');
    await addWildcards(darkroom, [placed(info, `${name}.txt`, readTrial(join('chaos', file)))]);
    await page.getByLabel('Expand them in prompts').check();
    await darkroom.tab('txt2img');
    await darkroom.prompt.fill(`__${name}__`.repeat(200));
    await darkroom.set({ 'Batch count': 10, Width: 64, Height: 64, 'Sampling steps': 1 });
    await darkroom.generateButton.click();
    await expect(darkroom.failures.filter({ hasText: 'too long' })).toBeVisible();
    await lives(darkroom, 'a tiger');
  });
}

test('files in other encodings are named, shown, and read when the person says so', async ({
  page,
}, info) => {
  const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
  const darkroom = new DarkroomPage(page);
  await darkroom.open('cpu');
  const csv = placed(
    info,
    'styles.csv',
    latin1('name,prompt,negative_prompt\nCaf\xe9,caf\xe9 noir\x85,flou\n'),
  );
  await loadStyles(page, csv);
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('alert')).toContainText('It looks like Windows-1252');
  await expect(dialog.getByText('Café,café noir…,flou')).toBeVisible();
  await expect(dialog.getByRole('checkbox')).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Read with this encoding' }).click();
  await expect(dialog.getByRole('checkbox', { name: /Café/ })).toBeVisible();
  await page.keyboard.press('Escape');

  // Shift-JIS: red, blue.
  const bytes = Uint8Array.of(0x90, 0xd4, 0x82, 0xa2, 0x0a, 0x90, 0xc2, 0x82, 0xa2, 0x0a);
  await addWildcards(darkroom, [placed(info, 'iro.txt', bytes), placed(info, 'ok.txt', latin1('red\n'))]);
  const settings = page.getByRole('region', { name: 'Wildcards and variants' });
  await expect(settings.getByText('__ok__')).toBeVisible();
  await expect(settings.getByRole('alert')).toContainText('It looks like Shift-JIS');
  await settings.getByRole('button', { name: 'Read with this encoding' }).click();
  await expect(settings.getByText('__iro__')).toBeVisible();
  await settings.getByRole('button', { name: 'Edit list iro' }).click();
  await expect(page.getByLabel('One alternative a line')).toHaveValue('赤い\n青い\n');
});

test('a thousand wildcard files are taken at once', async ({ page }, info) => {
  const darkroom = new DarkroomPage(page);
  await darkroom.open('cpu');
  const paths = Array.from({ length: 1003 }, (_, i) =>
    placed(info, `list ${i}.txt`, new TextEncoder().encode(`${i}\n`)),
  );
  await addWildcards(darkroom, paths);
  const settings = page.getByRole('region', { name: 'Wildcards and variants' });
  await expect(settings.getByRole('alert')).toHaveText(/3 lists were left out/);
  await expect(settings.getByRole('listitem')).toHaveCount(1000);
  await darkroom.tab('txt2img');
  await lives(darkroom, 'a tiger');
});
