// A plot in the page: it develops on the stage, goes on where a killed tab left it, and is kept as one picture with its legend.
import { expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { killed } from './killed-tab.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

const SIDE = 64;

test('an X/Y/Z plot of 3 x 3 x 2, killed in the middle', async ({ page, context }, info) => {
  let darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  await darkroom.prompt.fill('a lighthouse, a boat');
  await darkroom.choose('Sampling method', 'Euler');
  await darkroom.set({ Width: SIDE, Height: SIDE, 'Sampling steps': 3, Seed: 5 });
  await darkroom.choose('Script', 'X/Y/Z plot');
  const axes = {
    X: ['Seed', '1-3'],
    Y: ['CFG Scale', '1, 5-7 [2]'],
    Z: ['Prompt S/R', 'boat, gull'],
  } as const;
  for (const [axis, [type, values]] of Object.entries(axes)) {
    await darkroom.choose(`${axis} type`, type);
    await (await darkroom.control(`${axis} values`)).fill(values);
  }
  await expect(page.getByText('18 pictures', { exact: true })).toBeVisible();
  await darkroom.generateButton.click();

  const cells = () => darkroom.page.getByRole('button', { name: /^Open Seed: \d/ });
  await expect.poll(() => cells().count(), { timeout: 600_000 }).toBeGreaterThan(3);
  darkroom = await killed(context, page);
  const resume = darkroom.page.getByRole('button', { name: 'Resume', exact: true });
  await resume.click();
  await expect(cells()).toHaveCount(18, { timeout: 600_000 });
  await darkroom.finished();

  const grids = () =>
    darkroom.page.evaluate(async () =>
      (await window.darkroom.listImages())
        .filter(({ parameters }) => parameters.includes('Script: X/Y/Z plot'))
        .map(({ width, height, parameters }) => ({ width, height, parameters })),
    );
  await expect.poll(async () => (await grids()).length, { timeout: 120_000 }).toBe(1);
  const [grid] = await grids();
  // Two layers side by side, beside and below their legends.
  expect(grid!.width).toBeGreaterThan(6 * SIDE);
  expect(grid!.height).toBeGreaterThan(3 * SIDE);
  expect(grid!.parameters).toContain('Z Type: Prompt S/R, Z Values: "boat, gull"');
  await cells().nth(4).click();
  await expect(
    darkroom.page
      .getByRole('dialog')
      .or(darkroom.page.getByRole('region', { name: 'Picture' }))
      .first(),
  ).toBeVisible();
  await expect(darkroom.failures).toHaveCount(0);
});
