// The single file, opened from disk with no server and no network: import, generate on WebGPU, PNG Info, a reload.
import { copyFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

test('darkroom.html opened from disk makes a picture and reads it again', async ({ browser }, info) => {
  // Of the build nothing but the file may be needed.
  const file = info.outputPath('a folder', 'darkroom.html');
  const files = await makeCheckpoint(info.outputPath('a folder'));
  copyFileSync('dist-single/darkroom.html', file);

  const address = pathToFileURL(file).href;
  const context = await browser.newContext({ offline: true });
  const requests: string[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(error.error().message));
  const page = await context.newPage();
  await page.goto(address);
  const darkroom = new DarkroomPage(page);

  await test.step('it says what it cannot do', async () => {
    await darkroom.tab('Settings');
    await expect(page.getByText('It cannot be installed as an app')).toBeVisible();
    await darkroom.tab('txt2img');
  });

  await test.step('import', async () => {
    await darkroom.pick([files.checkpoint, files.sidecar]);
    await expect(darkroom.importOf(`${files.name}.safetensors`)).toContainText('Imported', {
      timeout: 300_000,
    });
  });

  await test.step('install an extension and switch it on', async () => {
    await darkroom.tab('Settings');
    await darkroom.link('Extensions').click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose files' }).click();
    await (await chooser).setFiles('examples/extensions/film-grain.js');
    await page.getByRole('button', { name: 'Install' }).click();
    await expect(page.getByLabel('Enabled')).toBeChecked();
    await darkroom.tab('txt2img');
    await page.getByText('Extensions', { exact: true }).last().click();
    await page.getByText('Film grain', { exact: true }).click();
    await page.getByLabel('Use Film grain').check();
  });

  const png = info.outputPath('picture.png');
  await test.step('generate', async () => {
    await darkroom.prompt.fill('a lighthouse');
    await darkroom.choose('Sampling method', 'Euler');
    await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 1, Seed: 5 });
    await darkroom.generateButton.click();
    await expect(darkroom.interruptButton).toBeVisible();
    await darkroom.finished();
    await expect(darkroom.failures).toHaveCount(0);
    await expect(darkroom.parameters).toContainText('a lighthouse');
    await expect(darkroom.parameters).toContainText('Extension Film grain');
    await expect(page.getByText('was left out')).toHaveCount(0);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    await (await download).saveAs(png);
  });

  await test.step('PNG Info', async () => {
    await darkroom.tab('PNG Info');
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose a picture' }).click();
    await (await chooser).setFiles(png);
    await expect(page.getByRole('row', { name: /^Seed 5/ })).toBeVisible();
    await page.getByRole('button', { name: 'Send to txt2img' }).click();
    await expect(darkroom.prompt).toHaveValue('a lighthouse');
  });

  await test.step('everything is there when it is opened again', async () => {
    await page.reload();
    await expect(darkroom.checkpoint).toContainText(files.name);
    await expect(darkroom.recent).toHaveCount(1);
  });

  expect(complaints).toEqual([]);
  expect(requests.filter((url) => url !== address && !/^(?:blob|data):/.test(url))).toEqual([]);
  await context.close();
});
