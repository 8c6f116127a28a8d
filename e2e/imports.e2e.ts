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
  const control = placed(folder, 'control.safetensors', tinyControlNet());
  const broken = placed(folder, 'broken.safetensors', Buffer.from('<html>not found</html>'));
  const darkroom = new DarkroomPage(page);
  await darkroom.open('cpu');

  await darkroom.pick([
    files.checkpoint,
    files.sidecar,
    second,
    join(folder, 'second.yaml'),
    control,
    broken,
  ]);
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

  await expect(darkroom.importOf('control.safetensors')).toContainText('ControlNet');
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

test('a folder is walked: models with what lies beside them, and styles; styles.csv alone goes to Styles', async ({
  page,
}, info) => {
  const files = await makeCheckpoint(info.outputPath('model'));
  const darkroom = new DarkroomPage(page);
  await darkroom.open('cpu');
  await darkroom.drop([placed(info.outputPath('model'), 'styles.csv', Buffer.from(STYLES))]);
  const added = page.getByText('2 styles added');
  await expect(added).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();

  // A real folder, of the page's own: the browser's dialog cannot be worked from here.
  const contents = [files.checkpoint, files.sidecar].map((path) => readFileSync(path, 'base64'));
  await page.evaluate(
    async ([checkpoint, sidecar, styles]) => {
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('sd', { create: true });
      const decoded = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      const inner = await root.getDirectoryHandle('models', { create: true });
      const write = async (folder: FileSystemDirectoryHandle, name: string, text: BufferSource | string) => {
        const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
        await stream.write(text);
        await stream.close();
      };
      await write(inner, 'walked.safetensors', decoded(checkpoint));
      await write(inner, 'walked.yaml', decoded(sidecar));
      await write(root, 'styles.csv', styles);
      await write(root, 'readme.md', 'Nothing for this page.');
      Object.defineProperty(window, 'showDirectoryPicker', { value: async () => root });
    },
    [contents[0]!, contents[1]!, STYLES] as const,
  );
  await darkroom.tab('Models');
  await page.getByRole('button', { name: 'Import a folder' }).click();
  await expect(page.getByText('1 other file was left aside.')).toBeVisible();
  await expect(darkroom.importOf('walked.safetensors')).toContainText('Imported', { timeout: 300_000 });
  await expect(darkroom.model('walked')).toBeVisible();
  await page.getByRole('button', { name: 'See them' }).click();
  await expect(page.getByRole('dialog').getByRole('checkbox')).toHaveCount(2);
});

const STYLES = 'name,prompt,negative_prompt\nnoir,"{prompt}, film noir",colour\nink,ink drawing,\n';

function placed(folder: string, name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** The header and two tensors of a ControlNet: what tells one. */
function tinyControlNet(): Buffer {
  const tensor = (shape: number[], start: number) => ({
    dtype: 'F16',
    shape,
    data_offsets: [start, start + 2 * shape[0]!],
  });
  const header = Buffer.from(
    JSON.stringify({
      'control_model.input_hint_block.0.weight': tensor([16, 1, 1, 1], 0),
      'control_model.zero_convs.0.0.weight': tensor([320, 1, 1, 1], 32),
    }),
  );
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([size, header, Buffer.alloc(2 * (16 + 320))]);
}
