// A browser without WebGPU: the page says what helps and offers the slow mode, which works.
import { chromium, expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

test('without WebGPU the page offers the CPU, and draws with it', async ({
  baseURL,
  launchOptions,
}, info) => {
  const files = await makeCheckpoint(info.outputPath('model'));
  const { executablePath } = launchOptions;
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: [
      ...(launchOptions.args ?? []).filter((flag) => flag === '--no-sandbox'),
      '--disable-features=WebGPU',
    ],
  });
  try {
    const page = await browser.newPage({ baseURL: String(baseURL) });
    const darkroom = new DarkroomPage(page);
    await darkroom.open();
    await page.getByRole('button', { name: 'Use the slow CPU mode' }).click();

    await darkroom.pick([files.checkpoint, files.sidecar]);
    await expect(darkroom.importOf(`${files.name}.safetensors`)).toContainText('Imported', {
      timeout: 300_000,
    });
    await darkroom.choose('Sampling method', 'Euler');
    await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 2, Seed: 3 });
    await darkroom.generateButton.click();
    await expect(darkroom.interruptButton).toBeVisible();
    await darkroom.finished();
    await expect(darkroom.failures).toHaveCount(0);
    await expect(darkroom.picture).toBeVisible();
    await expect(darkroom.parameters).toContainText(`Model: ${files.name}`);

    await test.step('a model renamed while it is loaded gives its new name to the next picture', async () => {
      await darkroom.tab('Models');
      await page.getByRole('button', { name: `Rename ${files.name}` }).click();
      await page.getByLabel(`New name of ${files.name}`).fill('renamed');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('button', { name: 'Rename renamed' })).toBeVisible();
      await darkroom.tab('txt2img');
      await darkroom.generateButton.click();
      await expect(darkroom.interruptButton).toBeVisible();
      await darkroom.finished();
      await expect(darkroom.parameters).toContainText('Model: renamed');
    });
  } finally {
    await browser.close();
  }
});
