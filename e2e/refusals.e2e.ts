// Files that must not be imported: each is refused with a message, and nothing of it stays.
import { expect, test } from '@playwright/test';
import { join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { listReference, readReference, readReferenceJson } from '../tests/reference-dir.ts';
import { DarkroomPage } from './darkroom-page.ts';

interface FormatCase {
  readonly kind: 'good' | 'broken' | 'hostile' | 'doubtful';
  /** What AUTOMATIC1111's unpickler says, with the global's name. */
  readonly webui_check?: string;
}

const there = listReference('models', 'formats');
const index = there.includes('index.json')
  ? readReferenceJson<Record<string, FormatCase>>('models', 'formats', 'index.json')
  : {};
const cases = Object.entries(index).filter(([name]) => there.includes(name));

for (const kind of ['hostile', 'broken'] as const) {
  const names = cases.filter(([, entry]) => entry.kind === kind);

  test(`every ${kind} file is refused, with the reason on the page`, async ({ page }, info) => {
    test.skip(names.length === 0, 'the reference data has no such files');
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    const darkroom = new DarkroomPage(page);
    await darkroom.open();
    await darkroom.pick(names.map(([name]) => unpack(name, info.outputDir)));

    for (const [name, entry] of names) {
      const card = darkroom.importOf(name.replace(/\.gz$/, ''));
      await expect(card.getByRole('alert'), name).toHaveText(/Could not be imported|Not supported yet/, {
        timeout: 300_000,
      });
      // More than the headline: what is wrong with the file.
      await expect(card.getByRole('paragraph').first(), name).toHaveText(/\S+ \S+ \S+/);
      const forbidden = /global '([^']+)'/.exec(entry.webui_check ?? '')?.[1];
      if (kind === 'hostile' && forbidden !== undefined) {
        // "posix/system", or as Python writes it: "posix.system".
        const written = forbidden.split(/[./]/).map(escaped).join('[./]');
        await expect(card, name).toContainText(new RegExp(written));
      }
    }
    await expect(darkroom.checkpoint).toBeDisabled();
    expect(await page.evaluate(() => window.darkroom.listModels())).toEqual([]);
    expect(dialogs).toEqual([]);
  });
}

test('a picture dropped by mistake is called what it is', async ({ page }, info) => {
  const file = join(info.outputDir, 'holiday.safetensors');
  mkdirSync(info.outputDir, { recursive: true });
  writeFileSync(file, Buffer.from('\x89PNG\r\n\x1a\n' + 'x'.repeat(100), 'latin1'));
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.drop([file]);
  await expect(darkroom.importOf('holiday.safetensors')).toContainText(/picture/);
});

/** A file of the reference data on disk, without its gzip wrapper. */
function unpack(name: string, folder: string): string {
  const path = join(folder, name.replace(/\.gz$/, ''));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, readReference('models', 'formats', name));
  return path;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
