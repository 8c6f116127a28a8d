// Add-ons as cards: what lies beside a file comes onto its card, a click calls it in the prompt, and its name is completed by Tab.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeLora } from './small-checkpoint.ts';

/** A grey picture of 2 x 2 pixels. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR4nGNoaGBoaAAABgYCASzBUNcAAAAASUVORK5CYII=';

test('a LoRA comes with its picture and words, and is called by a click and by Tab', async ({
  page,
}, info) => {
  const folder = info.outputPath('models');
  const lora = await makeLora(folder, 'ink');
  const [picture, words, tags] = ['ink.preview.png', 'ink.json', 'tags.csv'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(picture, Buffer.from(PNG, 'base64'));
  writeFileSync(words, '{"activation text": "ink wash", "preferred weight": 0.7, "notes": "by hand"}');
  writeFileSync(tags, 'lighthouse,0,900,"light_house"\nlight_rays,0,800,\n');

  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.drop([lora, picture, words]);
  await expect(darkroom.importOf('ink.safetensors')).toContainText('Imported');
  await darkroom.tab('txt2img');
  await darkroom.prompt.fill('a boat, at sea');
  await darkroom.prompt.evaluate((area: HTMLTextAreaElement) => area.setSelectionRange(6, 6));

  await page.getByRole('button', { name: 'Add-ons', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Add-ons' });
  const card = dialog.getByRole('gridcell', { name: /^ink, .*ink wash/ });
  await expect(card.locator('img')).toBeVisible();
  await card.click();
  await expect(card).toHaveAttribute('aria-selected', 'true');
  await expect(darkroom.prompt).toHaveValue('a boat <lora:ink:0.7> ink wash, at sea');
  await dialog.getByLabel('Search add-ons').fill('fog');
  await expect(dialog.getByText('No add-on has these words.')).toBeVisible();
  await dialog.getByLabel('Search add-ons').fill('wash');
  await card.focus();
  await page.keyboard.press('Enter');
  await expect(darkroom.prompt).toHaveValue('a boat, at sea');
  await page.keyboard.press('e');
  const editor = page.getByRole('dialog', { name: 'Edit ink' });
  await expect(editor.getByLabel('Notes')).toHaveValue('by hand');
  await page.keyboard.press('Escape');
  await expect(editor).toBeHidden();

  await darkroom.drop([tags]);
  await expect(page.getByText('2 tags', { exact: true }).first()).toBeVisible();
  await darkroom.prompt.fill('');
  await darkroom.prompt.pressSequentially('a ligh');
  const suggestions = page.getByRole('listbox', { name: 'Suggestions' });
  await expect(suggestions.getByRole('option')).toHaveCount(2);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await expect(darkroom.prompt).toHaveValue('a light rays, ');
  await expect(suggestions).toBeHidden();
  await darkroom.prompt.pressSequentially('<in');
  await expect(suggestions.getByRole('option', { name: /^ink/ })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Escape');
  await expect(suggestions).toBeHidden();
  await darkroom.prompt.press('k');
  await expect(suggestions).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(darkroom.prompt).toHaveValue('a light rays, <lora:ink:0.7> ink wash');
});
