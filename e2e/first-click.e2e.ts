// The demo's one click where there is no graphics card: a picture comes by itself, in the faster way.
import { expect, test, type Page } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';

async function paintDemo(page: Page): Promise<DarkroomPage> {
  const darkroom = new DarkroomPage(page);
  await darkroom.open('auto');
  await page.getByRole('button', { name: 'Try it with the demo model' }).click();
  await expect(darkroom.picture).toBeVisible({ timeout: 1_200_000 });
  await darkroom.finished();
  await expect(darkroom.failures).toHaveCount(0);
  await expect(page.getByText(/minutes to hours/)).toHaveCount(0);
  return darkroom;
}

test('a GPU in software is weighed against the processor, and a choice of the person holds', async ({
  page,
}) => {
  const darkroom = await paintDemo(page);
  await expect(page.getByText(/^No graphics card found: painting/)).toBeVisible();
  const report = await page.evaluate(() => window.darkroom.start(true));
  expect(report.backend).toBe('cpu');

  await page.getByRole('status').getByRole('button', { name: 'Settings' }).click();
  await expect(page.getByLabel('Paint on')).toHaveValue('auto');
  await page.getByLabel('Paint on').selectOption('gpu');
  await darkroom.tab('txt2img');
  await expect(page.getByText(/in software, as chosen in Settings/)).toBeVisible();
  await expect.poll(async () => JSON.stringify(await darkroom.storedSettings())).toContain('"gpu"');
  await page.reload();
  await darkroom.tab('Settings');
  await expect(page.getByLabel('Paint on')).toHaveValue('gpu');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test('without WebGPU the processor paints', async ({ page }) => {
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
    });
    await paintDemo(page);
    await expect(page.getByText('No graphics card found: painting on the processor.')).toBeVisible();
  });
});
