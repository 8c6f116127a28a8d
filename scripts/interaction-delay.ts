// How long the page takes to answer: a scripted session on a processor made four times slower, and beside it the same keys
// in an empty page, which no page can beat.
import type { Page } from '@playwright/test';
import { DarkroomPage } from '../e2e/darkroom-page.ts';

/** Of the interactions of a session, from the event to the paint after it, in milliseconds. */
export interface Delays {
  readonly interactions: number;
  readonly largest: number;
  /** What the largest came from: "click on Gallery", "keydown on Prompt" ... */
  readonly from: string;
}

export interface InteractionDelays {
  readonly session: Delays;
  /** Text typed into an empty page. */
  readonly empty: Delays;
}

const SLOWER = 4;
const PROMPT = 'a lighthouse at dusk';

declare global {
  interface Window {
    delays: { name: string; target: string; duration: number; interaction: number }[];
  }
}

/** On a page that has the model `name` chosen; paints one picture of 64 x 64 on the processor meanwhile. */
export async function measureInteractions(page: Page): Promise<InteractionDelays> {
  const throttle = await page.context().newCDPSession(page);
  const empty = await page.context().newPage();
  const throttleEmpty = await page.context().newCDPSession(empty);
  try {
    for (const session of [throttle, throttleEmpty])
      await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    await empty.goto('data:text/html,<textarea autofocus></textarea>');
    const typing = await during(empty, async () => {
      await empty.locator('textarea').click();
      await empty.keyboard.type(PROMPT, { delay: 30 });
    });
    await page.bringToFront();
    return { session: await during(page, () => session(page)), empty: typing };
  } finally {
    await empty.close();
    await throttle.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  }
}

/** What a person does in a few minutes: writes, sets, looks, searches, and paints with all of it going on. */
async function session(page: Page): Promise<void> {
  const darkroom = new DarkroomPage(page);
  await page.evaluate(() => window.darkroom.paintOn('cpu'));
  await darkroom.tab('txt2img');
  await darkroom.prompt.click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type(PROMPT, { delay: 30 });
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 12, 'Batch count': 1 });
  await darkroom.choose('Sampling method', 'Euler a');
  await darkroom.generateButton.click();
  await darkroom.prompt.click();
  await page.keyboard.type(PROMPT, { delay: 30 });
  for (const tab of ['Gallery', 'PNG Info', 'Models', 'Settings', 'txt2img'] as const)
    await darkroom.tab(tab);
  await darkroom.finished();
  await page.keyboard.press('ControlOrMeta+K');
  await page.getByRole('dialog').getByRole('combobox').waitFor();
  await page.keyboard.type('clip skip', { delay: 30 });
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Open this picture' }).click();
  for (const key of ['z', '0', 'ArrowRight', 'ArrowLeft', 'Escape']) await page.keyboard.press(key);
  await darkroom.tab('Gallery');
  await page.getByPlaceholder('Search pictures').click();
  await page.keyboard.type('lighthouse -fog', { delay: 30 });
}

async function during(page: Page, work: () => Promise<void>): Promise<Delays> {
  await page.evaluate(() => {
    window.delays = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEventTiming & { interactionId?: number })[]) {
        const { name, duration, interactionId = 0, target } = entry;
        const element = target instanceof Element ? target : null;
        const label = (element as Partial<HTMLInputElement> | null)?.labels?.[0]?.textContent;
        const words = (element?.ariaLabel ?? label ?? element?.textContent ?? '').trim().slice(0, 30);
        if (interactionId > 0)
          window.delays.push({ name, target: words, duration, interaction: interactionId });
      }
      // The shortest that browsers tell of.
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
  await work();
  // The last of them are told once their paint is over.
  await page.waitForTimeout(500);
  const delays = await page.evaluate(() => window.delays);
  const [largest] = [...delays].sort((a, b) => b.duration - a.duration);
  if (!largest)
    throw new Error('The browser told of no interaction: it may be too old for this measurement.');
  return {
    interactions: new Set(delays.map(({ interaction }) => interaction)).size,
    largest: largest.duration,
    from: `${largest.name} on ${largest.target || 'the page'}`,
  };
}
