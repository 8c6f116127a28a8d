// Interrupt, Skip and the token counter while networks compute, on the GPU and on the processor.
import { expect, test, type Page } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

/** Latest step of each batch that the page has told, and what it had told when a key was pressed. */
interface Told {
  readonly latest: Record<string, number>;
  readonly atKey: Record<string, number>;
}

declare global {
  interface Window {
    told: Told;
  }
}

/** Runs on the page. */
function watchSteps(): void {
  const told: { latest: Record<string, number>; atKey: Record<string, number> } = { latest: {}, atKey: {} };
  window.told = told;
  const look = () => {
    const match = /Step (\d+)\/150 · Batch (\d)\/2/.exec(document.querySelector('main')?.textContent ?? '');
    if (match) told.latest[match[2]!] = Math.max(told.latest[match[2]!] ?? 0, Number(match[1]));
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  addEventListener(
    'keydown',
    ({ key }) => (told.atKey[key] = Math.max(0, ...Object.values(told.latest))),
    true,
  );
}

const told = (page: Page): Promise<Told> => page.evaluate(() => window.told);

/**
 * Steps that may still be told after a key: those whose messages were under way, on a busy machine several. A worker that does not
 * listen while it computes goes on to the last one.
 */
const UNDER_WAY = 5;

// Large enough that a step takes much longer than a word from the page to the engine.
for (const mode of ['processor', 'gpu'] as const) {
  const size = mode === 'processor' ? 160 : 64;
  test(`Skip, Interrupt and the token counter answer within a step: ${mode}`, async ({ page }, info) => {
    const files = await makeCheckpoint(info.outputPath('model'));
    const darkroom = new DarkroomPage(page);
    await darkroom.open();
    if (mode === 'processor') await darkroom.useProcessor();
    await darkroom.pick([files.checkpoint, files.sidecar]);
    await expect(darkroom.importOf(`${files.name}.safetensors`)).toContainText('Imported', {
      timeout: 300_000,
    });
    await darkroom.choose('Sampling method', 'Euler');
    await darkroom.set({ Width: size, Height: size, 'Sampling steps': 150, 'Batch count': 2 });
    await page.evaluate(watchSteps);
    await darkroom.generateButton.click();
    const reached = (batch: string) =>
      expect.poll(async () => (await told(page)).latest[batch] ?? 0, { timeout: 1_200_000 });
    await reached('1').toBeGreaterThanOrEqual(2);

    await test.step('tokens are counted meanwhile', async () => {
      await page.getByLabel('Negative prompt', { exact: true }).fill('fog, rain');
      const counter = page.getByText('Negative prompt tokens:').locator('..');
      await expect(counter).not.toContainText('0/75');
      await expect(counter).toContainText('3/75');
      expect((await told(page)).latest['1']).toBeLessThan(150);
    });

    await test.step('Skip', async () => {
      await page.keyboard.press('Alt+Enter');
      await reached('2').toBeGreaterThanOrEqual(2);
      const { latest, atKey } = await told(page);
      expect(latest['1']).toBeLessThanOrEqual(atKey['Enter']! + UNDER_WAY);
    });

    await test.step('Interrupt', async () => {
      await page.evaluate(() => (window.told.latest['1'] = 0));
      await page.keyboard.press('Escape');
      await darkroom.finished();
      const { latest, atKey } = await told(page);
      expect(latest['2']).toBeLessThanOrEqual(atKey['Escape']! + UNDER_WAY);
    });

    await expect(darkroom.failures).toHaveCount(0);
    await expect(darkroom.recent).toHaveCount(2);
  });
}

test('Interrupt pressed while the engine starts or loads ends the job', async ({ page }, info) => {
  const files = await makeCheckpoint(info.outputPath('model'));
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.useProcessor();
  await darkroom.pick([files.checkpoint, files.sidecar]);
  await expect(darkroom.importOf(`${files.name}.safetensors`)).toContainText('Imported', {
    timeout: 300_000,
  });
  await darkroom.set({ Width: 160, Height: 160, 'Sampling steps': 150, 'Batch count': 2 });
  await page.evaluate(watchSteps);
  await darkroom.generateButton.click();
  await page.keyboard.press('Escape');
  await darkroom.finished();
  await expect(darkroom.failures).toHaveCount(0);
  // At most the step that was under way when the word arrived.
  const { latest } = await told(page);
  expect(Math.max(0, ...Object.values(latest))).toBeLessThanOrEqual(1);
});
