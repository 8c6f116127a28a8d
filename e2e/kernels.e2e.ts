// Settings fits our kernels to the device and compares them with onnxruntime's, by a small checkpoint; what it found is shown,
// and can be forgotten.
import { expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

test('kernels are tuned, compared, and forgotten', async ({ page }, info) => {
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  await darkroom.tab('txt2img');
  for (const side of ['Width', 'Height']) {
    const field = await darkroom.control(side);
    await field.fill('64');
    await field.blur();
  }
  await darkroom.tab('Settings');
  await page.getByLabel('Paint on').selectOption('gpu');
  const tune = page.getByRole('button', { name: 'Tune for this card' });
  await tune.click();
  await expect(page.getByRole('progressbar', { name: 'Kernels for this card' })).toBeVisible();
  const table = page.getByRole('table', { name: 'Measured on this card' });
  await expect(table).toBeVisible({ timeout: 900_000 });
  const row = table.getByRole('row', { name: /: UNet/ });
  await expect(row.getByRole('cell')).toHaveCount(3);
  await expect(row).toContainText(/(Darkroom’s own|onnxruntime): faster/);
  await expect(row.getByRole('cell').nth(0)).toContainText(/\d ms/);
  await expect(row.getByRole('cell').nth(1)).toContainText(/\d ms/);

  await page.getByRole('button', { name: 'Forget' }).click();
  await expect(table).toBeHidden();
});
