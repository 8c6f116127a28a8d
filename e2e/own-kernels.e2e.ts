// Darkroom's own kernels paint what the processor paints, once a person has chosen them; Settings says what they compute.
import { expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

/** Levels of 255 by which pictures may differ whose numbers were rounded in another order. */
const LEVELS = 1;

test('the chosen kernels paint the same picture', async ({ page }, info) => {
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  await darkroom.prompt.fill('a lighthouse');
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 2, Seed: 7 });
  const expected = await darkroom.draw();

  await darkroom.tab('Settings');
  await page.getByLabel('Paint on').selectOption('gpu');
  await page.getByLabel('GPU kernels').selectOption('own');
  await darkroom.tab('txt2img');
  const own = await darkroom.draw();
  expect(own).toHaveLength(expected.length);
  expect(Math.max(...own.map((level, i) => Math.abs(level - expected[i]!)))).toBeLessThanOrEqual(LEVELS);

  await darkroom.tab('Settings');
  const networks = page.getByRole('table', { name: 'Loaded' }).getByRole('row');
  await expect(networks).toHaveCount(3);
  for (const network of await networks.all()) await expect(network).toContainText(/Darkroom’s own$/);
});
