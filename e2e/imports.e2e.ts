// Many files at once: one line tells of them, and opens; a choice that was made stays.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

test('imports are one line that opens; only the first is chosen', async ({ page }, info) => {
  const folder = info.outputPath('model');
  const files = await makeCheckpoint(folder);
  const second = join(folder, 'second.safetensors');
  const changed = readFileSync(files.checkpoint);
  changed[changed.length - 5000]! ^= 1;
  writeFileSync(second, changed);
  copyFileSync(files.sidecar, join(folder, 'second.yaml'));
  const lora = placed(folder, 'style.safetensors', tinyLora());
  const broken = placed(folder, 'broken.safetensors', Buffer.from('<html>not found</html>'));
  const darkroom = new DarkroomPage(page);
  await darkroom.open('cpu');

  await darkroom.pick([files.checkpoint, files.sidecar, second, join(folder, 'second.yaml'), lora, broken]);
  const line = darkroom.imports.getByRole('heading').first();
  await expect(line).toHaveText('2 of 4 imported, 1 not used yet, 1 could not be imported', {
    timeout: 300_000,
  });
  await expect(darkroom.imports.getByRole('article')).toHaveCount(0);
  await expect(darkroom.checkpoint).toContainText(files.name);
  await expect(darkroom.checkpoint.locator('option:checked')).toContainText(files.name);
  const colour = (text: string) =>
    line.getByText(text).evaluate((element) => getComputedStyle(element).color);
  expect(await colour('not used yet')).not.toBe(await colour('could not be imported'));

  await expect(darkroom.importOf('style.safetensors')).toContainText('LoRA');
  await expect(darkroom.importOf('broken.safetensors')).toContainText('web page');
  await darkroom
    .importOf('second.safetensors')
    .getByRole('button', { name: /^Use it/ })
    .click();
  await expect(darkroom.checkpoint.locator('option:checked')).toContainText('second');
  await page.getByRole('button', { name: 'Dismiss all' }).click();
  await expect(darkroom.imports).toHaveCount(0);

  // One file is one line, whose details open.
  await darkroom.drop([files.checkpoint]);
  const single = darkroom.importOf(`${files.name}.safetensors`);
  await expect(single).toContainText('Already in your library');
  await expect(darkroom.checkpoint.locator('option:checked')).toContainText('second');
  await expect(single.getByText('Known by its name')).toBeHidden();
  await single.getByText('Details').click();
  await expect(single.getByText('Known by its name')).toBeVisible();
});

function placed(folder: string, name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** The header and one pair of matrices of a LoRA for SD 1.x. */
function tinyLora(): Buffer {
  const stem = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k';
  const tensor = (shape: number[], start: number) => ({
    dtype: 'F16',
    shape,
    data_offsets: [start, start + 2 * shape[0]! * shape[1]!],
  });
  const header = Buffer.from(
    JSON.stringify({
      [`${stem}.lora_down.weight`]: tensor([4, 768], 0),
      [`${stem}.lora_up.weight`]: tensor([320, 4], 2 * 4 * 768),
    }),
  );
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([size, header, Buffer.alloc(2 * 4 * (768 + 320))]);
}
