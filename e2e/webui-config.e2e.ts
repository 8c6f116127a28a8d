// A1111's config.json, dropped on the page: what means something here is set, the rest is said; and its settings by their keys.
import { writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';

test("A1111's settings are taken over, and found by its names", async ({ page }) => {
  const darkroom = new DarkroomPage(page);
  await darkroom.open('cpu');
  const file = test.info().outputPath('config.json');
  const config = { CLIP_stop_at_last_layers: 2, uni_pc_order: 5, quicksettings_list: ['sd_vae'] };
  writeFileSync(file, JSON.stringify(config));
  await darkroom.drop([file]);
  const told = page.getByText('2 changed: Clip skip, UniPC order.');
  await expect(told).toContainText('Not taken: quicksettings_list.');
  await darkroom.tab('Settings');
  const clipSkip = page.getByRole('spinbutton', { name: 'Clip skip' });
  await expect(clipSkip).toHaveValue('2');

  const search = page.getByRole('combobox', { name: 'Search settings' });
  await search.fill('uni_pc_order');
  await expect(page.getByRole('option').first()).toContainText('UniPC order');
  await search.fill('quicksettings_list');
  await expect(page.getByRole('option').first()).toContainText('The page is laid out in another way.');
  await search.fill('');

  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(clipSkip).toHaveValue('1');
});
