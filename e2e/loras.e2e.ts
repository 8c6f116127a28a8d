// A LoRA, and a hypernetwork: missing, imported, called by its card, told in the picture's text under whatever name it has, and gone without a trace.
import { expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint, makeHypernetwork, makeLora } from './small-checkpoint.ts';

const TEXT = 'a lighthouse\nSteps: 2, Sampler: Euler, CFG scale: 5, Seed: 1, Size: 64x64';

test('a LoRA changes the picture while the prompt calls it', async ({ page }, info) => {
  const folder = info.outputPath('models');
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(folder));
  const read = async (text: string) => {
    await darkroom.prompt.fill(text);
    await page.getByRole('button', { name: 'Read parameters' }).click();
    await expect(darkroom.prompt).not.toHaveValue(/Steps:/);
  };
  await read(TEXT);
  const own = await darkroom.draw();

  await darkroom.prompt.fill('a lighthouse <lora:ink:1>');
  expect(await darkroom.draw()).toEqual(own);
  await expect(page.getByText(/The LoRA "ink" is not in the library/)).toBeVisible();
  await expect(darkroom.parameters).not.toContainText('Lora hashes');

  await darkroom.pick([await makeLora(folder, 'ink')]);
  await expect(darkroom.importOf('ink.safetensors')).toContainText('Imported');
  const drawn = await darkroom.draw();
  expect(drawn).not.toEqual(own);
  await expect(darkroom.parameters).toContainText(/Lora hashes: "?ink: [0-9a-f]{12}/);
  const told = /a lighthouse <lora:ink:1>.*Version: \S+/s.exec(await darkroom.parameters.innerText())![0];

  await darkroom.prompt.fill('a lighthouse');
  expect(await darkroom.draw()).toEqual(own);
  await darkroom.tab('Models');
  await page.getByRole('button', { name: 'Use ink' }).click();
  await darkroom.tab('txt2img');
  await expect(darkroom.prompt).toHaveValue('a lighthouse <lora:ink:1>');
  expect(await darkroom.draw()).toEqual(drawn);
  await darkroom.prompt.fill('a lighthouse <lora:ink:0>');
  expect(await darkroom.draw()).toEqual(own);

  await darkroom.pick([await makeHypernetwork(folder, 'fog')]);
  await expect(darkroom.importOf('fog.safetensors')).toContainText('Imported');
  await darkroom.prompt.fill('a lighthouse <hypernet:fog:0.5>');
  const foggy = await darkroom.draw();
  expect(foggy).not.toEqual(own);
  await darkroom.prompt.fill('a lighthouse <hypernet:fog:0.5> <lora:ink:1>');
  expect([own, foggy, drawn]).not.toContainEqual(await darkroom.draw());

  // Under another name here, the text's hash finds it.
  await darkroom.tab('Models');
  await page.getByRole('button', { name: 'Rename ink' }).click();
  await page.getByLabel('New name of ink').fill('paper');
  await page.keyboard.press('Enter');
  await darkroom.tab('txt2img');
  await read(told.replaceAll('ink', 'theirs'));
  await expect(darkroom.prompt).toHaveValue('a lighthouse <lora:paper:1>');
  expect(await darkroom.draw()).toEqual(drawn);
});
