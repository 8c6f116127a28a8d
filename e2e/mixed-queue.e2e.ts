// A queue of every kind of picture, whose tab is killed in the middle of each: what comes out is the same to the byte.
import { expect, test, type Page } from '@playwright/test';
import { expectWhole, storedPictures, storedState } from './chaos/stored.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { killed } from './killed-tab.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

const STEPS = 40;
/** Of the jobs, in the order in which they were added: Hires. fix makes one, img2img and Inpaint make one each, Loopback two. */
const PICTURES = 5;

/** Adds the jobs, the first of which begins at once. The source of img2img is there, with a mask painted on it. */
async function addJobs(darkroom: DarkroomPage): Promise<void> {
  const { page } = darkroom;
  const queue = page.getByRole('button', { name: 'Queue', exact: true });
  const mode = (name: string) =>
    page
      .getByRole('radiogroup', { name: 'What to do with the source' })
      .getByText(name, { exact: true })
      .click();

  await darkroom.tab('txt2img');
  await (await darkroom.control('Enlarge each picture and paint it over')).check();
  await darkroom.generateButton.click();
  await expect(darkroom.interruptButton).toBeVisible();

  await darkroom.link('img2img').click();
  const stage = page.getByRole('region', { name: 'Result' });
  await stage.getByRole('button', { name: 'Show the source' }).click();
  await mode('Inpaint');
  await queue.click();
  await mode('img2img');
  await queue.click();
  await darkroom.choose('Script', 'Loopback');
  await darkroom.set({ Loops: 2, 'Final denoising strength': 0.5 });
  await queue.click();
  await darkroom.choose('Script', 'None');
}

/** What is new in the library once the queue is empty. */
async function madeSince(page: Page, before: ReadonlyMap<string, string>): Promise<string[]> {
  await expect.poll(async () => (await storedState(page)).jobs, { timeout: 1_200_000 }).toBe(0);
  await new DarkroomPage(page).finished();
  await expectWhole(page);
  const after = await storedPictures(page);
  return [...after].filter(([id]) => !before.has(id)).map(([, file]) => file);
}

test('jobs of every recipe go on where a killed tab left them', async ({ page, context }, info) => {
  let darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  await darkroom.prompt.fill('a lighthouse');
  // Draws noise at every step and looks back over its predictions: whatever is forgotten shows.
  await darkroom.choose('Sampling method', 'DPM++ 2M SDE');
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': STEPS, Seed: 5 });
  await darkroom.draw();

  await test.step('something to paint over, and a mask', async () => {
    await page.getByRole('button', { name: 'Send to Inpaint' }).click();
    const surface = page.getByRole('application', { name: 'Canvas' });
    const box = (await surface.boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 10, y, { steps: 3 });
    await page.mouse.up();
  });

  let before = await storedPictures(page);
  let undisturbed: string[] = [];
  await test.step('undisturbed', async () => {
    await addJobs(darkroom);
    undisturbed = await madeSince(page, before);
    expect(undisturbed).toHaveLength(PICTURES);
    expect(new Set(undisturbed).size).toBe(PICTURES);
  });

  await test.step('killed while each of them runs', async () => {
    before = await storedPictures(page);
    await addJobs(darkroom);
    const jobs = async () => (await storedState(darkroom.page)).jobs;
    let kills = 0;
    for (let left = 4; left > 0; left--) {
      const step = darkroom.page.getByText(/^Step ([2-9]|[1-9]\d)/);
      // A quick machine may have ended the job before it was seen at work.
      const reached = async () =>
        (await jobs()) < left || ((await jobs()) === left && (await step.isVisible()));
      await expect.poll(reached, { timeout: 600_000 }).toBe(true);
      if ((await jobs()) === 0) break;
      darkroom = await killed(context, darkroom.page);
      kills += 1;
      if ((await jobs()) === 0) break;
      await darkroom.page.getByRole('button', { name: 'Resume', exact: true }).click();
    }
    expect(kills).toBeGreaterThan(0);
    expect((await madeSince(darkroom.page, before)).sort()).toEqual(undisturbed.sort());
  });
});
