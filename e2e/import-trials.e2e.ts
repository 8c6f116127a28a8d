// Files that were taken for one another, and sidecars that held everything up: the trials that need a browser.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { trialCheckpoint } from '../tests/trial-checkpoint.ts';
import { chaosFiles, readBase, readTrial, trials } from '../tests/trials-dir.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

interface ImportExpected {
  readonly sha256_of_base: string;
  readonly sha256_of_patched: string;
  readonly models_after_importing_both: number;
}

const imports = trials<ImportExpected>('import');
const sidecars = chaosFiles('sidecar');
const NAME = 'model.safetensors';

const hashes = (page: Page) =>
  page.evaluate(async () => (await window.darkroom.listModels()).map(({ sha256 }) => sha256).sort());

test('two files of one size are two models, whichever comes first', async ({ browser }, info) => {
  test.skip(imports.length === 0, 'the trials have no such files');
  for (const trial of imports) {
    const { expected } = trial;
    const base = write(info.outputPath('base', NAME), readBase(trial.base ?? ''));
    const patched = write(info.outputPath('patched', NAME), trialCheckpoint(trial));
    const both = [expected.sha256_of_base, expected.sha256_of_patched].sort();
    for (const [first, second] of [
      [base, patched],
      [patched, base],
    ] as const) {
      const context = await browser.newContext();
      const page = await context.newPage();
      const darkroom = new DarkroomPage(page);
      await darkroom.open();
      await darkroom.pick([first]);
      await expect(darkroom.importOf(NAME)).toContainText('Imported', { timeout: 300_000 });
      await darkroom.drop([first]);
      await expect(darkroom.importOf(NAME).last()).toContainText('Already in your library');
      await darkroom.drop([second]);
      await expect(darkroom.importOf(NAME).last()).toContainText('Imported', { timeout: 300_000 });
      expect(await hashes(page)).toEqual(both);
      expect(both).toHaveLength(expected.models_after_importing_both);
      await context.close();
    }
  }
});

test('a damaged download that is downloaded again is another model; a file can be read again', async ({
  page,
}, info) => {
  const files = await makeCheckpoint(info.outputPath('model'));
  const name = `${files.name}.safetensors`;
  // A whole second: what is finer is not kept on every way to the browser.
  const written = new Date(1_700_000_000_000);
  utimesSync(files.checkpoint, written, written);
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.pick([files.checkpoint, files.sidecar]);
  await expect(darkroom.importOf(name)).toContainText('Imported', { timeout: 300_000 });
  const before = await hashes(page);

  const changed = readFileSync(files.checkpoint);
  // A bit of the last weight but one, between two samples of the file, at the same time of change.
  const at = changed.length - 5000;
  changed[at]! ^= 1;
  writeFileSync(files.checkpoint, changed);
  utimesSync(files.checkpoint, written, written);
  await darkroom.drop([files.checkpoint, files.sidecar]);
  const card = darkroom.importOf(name).last();
  await expect(card).toContainText('Already in your library');
  await card.getByRole('button', { name: /^Read it again/ }).click();
  await expect(card).toContainText('Imported', { timeout: 300_000 });
  const after = await hashes(page);
  expect(after).toEqual([...before, createHash('sha256').update(changed).digest('hex')].sort());

  // Both fit name, size and time now: only all of it tells.
  await darkroom.drop([files.checkpoint, files.sidecar]);
  await expect(darkroom.importOf(name).last()).toContainText('The same file, byte for byte', {
    timeout: 300_000,
  });
  expect(await hashes(page)).toEqual(after);
});

test('no sidecar holds an import up, and Cancel always ends it', async ({ page, context }, info) => {
  test.skip(sidecars.length === 0, 'the trials have no such files');
  const files = await makeCheckpoint(info.outputPath('model'));
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  for (const { file } of sidecars) {
    const sidecar = join(info.outputPath('model'), `${files.name}.yaml`);
    write(sidecar, readTrial(`chaos/${file}`));
    await darkroom.pick([files.checkpoint, sidecar]);
    const card = darkroom.importOf(`${files.name}.safetensors`).last();
    await expect(card, file).toContainText(/Imported|Already in your library|\.yaml/);
    await expect(card.getByRole('button', { name: /^Cancel/ })).toHaveCount(0);
    await card.getByRole('button', { name: /^Dismiss/ }).click();
    expect(await page.evaluate(() => Object.hasOwn(Object.prototype, 'polluted'))).toBe(false);
  }

  await test.step('Cancel while another tab imports', async () => {
    const other = await context.newPage();
    await other.goto('/');
    await other.evaluate(() => {
      void navigator.locks.request('darkroom-import', () => new Promise(() => undefined));
    });
    await expect
      .poll(() => other.evaluate(async () => (await navigator.locks.query()).held?.length ?? 0))
      .toBeGreaterThan(0);
    await darkroom.pick([files.checkpoint]);
    const card = darkroom.importOf(`${files.name}.safetensors`).last();
    await card.getByRole('button', { name: /^Cancel/ }).click();
    await expect(page.getByRole('region', { name: 'Import' })).toHaveCount(0);
    await other.close();
  });
});

function write(path: string, bytes: Uint8Array): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}
