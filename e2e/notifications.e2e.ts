// A long run that is over is told to who is elsewhere: offered once, then shown by the browser, and to be switched off.
import { expect, test, type Page } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

/** Title and text of each notification that the browser was given. */
declare global {
  interface Window {
    shown: string[];
  }
}

/** Runs on the page: notes what is shown on its way. */
function noteNotifications(): void {
  window.shown = [];
  const Real = window.Notification;
  window.Notification = class extends Real {
    constructor(title: string, options?: NotificationOptions) {
      super(title, options);
      window.shown.push(`${title} ${options?.body ?? ''}`);
    }
  };
}

test('a long run that is over is told', async ({ page, context, baseURL }, info) => {
  await context.grantPermissions(['notifications'], { origin: String(baseURL) });
  await page.clock.install();
  await page.addInitScript(noteNotifications);
  const files = await makeCheckpoint(info.outputPath('model'));
  const darkroom = new DarkroomPage(page);
  await darkroom.open('cpu');
  await darkroom.pick([files.checkpoint, files.sidecar]);
  await expect(darkroom.checkpoint).toBeEnabled({ timeout: 300_000 });
  // Long enough that the clock goes on meanwhile.
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 80 });

  const offer = page.getByRole('status', { name: 'Be told when a long run is over?' });
  await expect(offer).toBeHidden();
  await run(page, darkroom, 45);
  // More than these 45 seconds when the run itself took some.
  await expect(offer).toContainText(/took (4[5-9] s|5\d s|\d+ min)/);
  await offer.getByRole('button', { name: 'Notify me' }).click();
  await expect(offer).toBeHidden();

  await run(page, darkroom, 45);
  expect(await page.evaluate(() => window.shown), 'to who sees the page').toEqual([]);
  // The browsers of tests have the focus always.
  await page.evaluate(() => (document.hasFocus = () => false));
  await run(page, darkroom, 100);
  const shown = () => page.evaluate(() => window.shown);
  await expect.poll(shown).toEqual([expect.stringMatching(/^Your pictures are done One picture in \d+ min/)]);

  await darkroom.tab('Settings');
  const setting = page.getByLabel(/Notify me when a run/);
  await expect(setting).toBeChecked();
  await setting.uncheck();
  await darkroom.tab('txt2img');
  await run(page, darkroom, 45);
  expect(await shown()).toHaveLength(1);
  await expect(offer).toBeHidden();
});

/** One that takes at least that many seconds of the page's clock. */
async function run(page: Page, darkroom: DarkroomPage, seconds: number): Promise<void> {
  await darkroom.generateButton.click();
  await expect(darkroom.interruptButton).toBeVisible();
  await page.clock.fastForward(1000 * seconds);
  await darkroom.finished();
}
