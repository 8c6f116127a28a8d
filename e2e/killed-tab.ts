// A tab whose process ends in the middle of its work.
import type { BrowserContext, Page } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';

/** Takes the page's process away, as a crash does, and opens the app anew. */
export async function killed(context: BrowserContext, page: Page): Promise<DarkroomPage> {
  const session = await context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  // Does not answer: who would have is gone.
  session.send('Page.crash').catch(() => undefined);
  await crashed;
  const darkroom = new DarkroomPage(await context.newPage());
  await page.close();
  await darkroom.open('cpu');
  return darkroom;
}
