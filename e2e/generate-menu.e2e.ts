// The menu on Generate: forever, several times, the two ends of the queue; by mouse, by key, with nothing moving.
import { expect, test, type Page } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

async function ready(page: Page, folder: string): Promise<DarkroomPage> {
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(folder));
  await darkroom.choose('Sampling method', 'Euler');
  await darkroom.set({ Width: 64, Height: 64, 'CFG Scale': 1, 'Sampling steps': 2, Seed: 3 });
  return darkroom;
}

test('pictures are made forever, several times, and at both ends of the queue', async ({ page }, info) => {
  const darkroom = await ready(page, info.outputPath('model'));
  const ways = page.getByRole('button', { name: 'More ways to make pictures' });
  const menu = page.getByRole('menu', { name: 'Ways to generate' });
  const item = (name: string | RegExp) => menu.getByRole('menuitem', { name });
  const seeds = () =>
    page.evaluate(async () => (await window.darkroom.listImages()).map(({ seed }) => Number(seed)));
  const place = () =>
    page.locator('.buttons button').evaluateAll((all) =>
      all.slice(0, 2).map((button) => {
        const { left, top, width, height } = button.getBoundingClientRect();
        return [left, top, width, height].map(Math.round);
      }),
    );

  await test.step('keys open it, move in it and close it; the focus goes back', async () => {
    for (const button of [darkroom.generateButton, ways]) {
      await button.focus();
      await page.keyboard.press('Shift+F10');
      await expect(item('Generate').first()).toBeFocused();
      await page.keyboard.press('ArrowDown');
      await expect(item('Generate forever')).toBeFocused();
      await page.keyboard.press('End');
      await expect(item(/at the front/)).toBeFocused();
      await page.keyboard.press('ArrowDown');
      await expect(item('Generate').first()).toBeFocused();
      await page.keyboard.press('Escape');
      await expect(menu).toBeHidden();
      await expect(button).toBeFocused();
    }
  });

  await test.step('a right click opens it, a click elsewhere closes it', async () => {
    await darkroom.generateButton.click({ button: 'right' });
    await expect(menu).toBeVisible();
    await page.mouse.click(5, 400);
    await expect(menu).toBeHidden();
  });

  await test.step('forever, with seeds that go on, until it is stopped', async () => {
    const before = await place();
    await ways.click();
    await item('Generate forever').click();
    await expect.poll(async () => (await seeds()).length, { timeout: 600_000 }).toBeGreaterThan(2);
    expect(await place()).toEqual(before);
    await ways.click();
    await item('Stop generating forever').click();
    await darkroom.finished();
    const made = await seeds();
    expect([...made].sort((a, b) => a - b)).toEqual(made.map((_, i) => 3 + i));
  });

  await test.step('Interrupt ends it, too', async () => {
    const before = (await seeds()).length;
    await darkroom.set({ 'Sampling steps': 150 });
    await ways.click();
    await item('Generate forever').click();
    await expect(page.getByText(/^Step \d/)).toBeVisible({ timeout: 300_000 });
    await page.keyboard.press('Escape');
    await darkroom.finished();
    expect(await seeds()).toHaveLength(before + 1);
    await ways.click();
    await expect(item('Generate forever')).toBeVisible();
    await page.keyboard.press('Escape');
  });

  await test.step('to the end and to the front', async () => {
    const jobs = page.getByRole('region', { name: 'Queue' }).getByRole('listitem');
    await darkroom.set({ 'Batch count': 100 });
    await darkroom.prompt.fill('runs');
    await darkroom.generateButton.click();
    await expect(page.getByText(/^Step \d/)).toBeVisible({ timeout: 300_000 });
    await darkroom.set({ 'Sampling steps': 2, 'Batch count': 1 });
    for (const [prompt, where] of [
      ['one', 'end'],
      ['two', 'end'],
      ['three', 'front'],
    ] as const) {
      await darkroom.prompt.fill(prompt);
      await ways.click();
      await item(`Add to the queue: at the ${where}`).click();
      await expect(jobs.filter({ hasText: prompt })).toBeVisible();
    }
    await darkroom.prompt.fill('four');
    await ways.click();
    await item('Generate N times: 3').click();
    await expect(jobs.filter({ hasText: 'four' })).toContainText('3 pictures');
    // The one that runs has given up its place at the front.
    await expect(jobs.filter({ hasNotText: 'Running' })).toHaveText([/three/, /one/, /two/, /four/]);
    await darkroom.interruptButton.click();
    await darkroom.finished();
    await expect(darkroom.parameters).toContainText('four');
  });
  await expect(darkroom.failures).toHaveCount(0);
});
