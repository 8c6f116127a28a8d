// A browser without WebGPU: the processor paints by itself, and the page says so and what would help.
import { chromium, expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

test('without WebGPU the processor paints by itself', async ({ baseURL, launchOptions }, info) => {
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
    await darkroom.open('auto');
    await expect(page.getByText('No graphics card found: painting on the processor.')).toBeVisible();
    await expect(page.getByText('What would give this page a graphics card')).toBeVisible();

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
    await test.step('a graphics card that was chosen and is not there is said, with the way out beside it', async () => {
      await page.evaluate(() => window.darkroom.paintOn('gpu'));
      await darkroom.generateButton.click();
      await expect(darkroom.failures).toHaveCount(1);
      await darkroom.failures.getByRole('button', { name: 'Paint on the processor' }).click();
      await darkroom.finished();
      await darkroom.tab('Settings');
      await expect(page.getByLabel('Paint on')).toHaveValue('cpu');
    });
  } finally {
    await browser.close();
  }
});
