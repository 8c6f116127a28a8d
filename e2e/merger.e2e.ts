// Checkpoint Merger: models of the library and files, into the library, a download and a folder; refused, cancelled, hung.
import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { safetensorsFile } from '../src/checkpoint/safetensors-file.ts';
import { bytesSource } from '../src/checkpoint/source.ts';
import { mergedCheckpoint } from '../src/merging/merged-checkpoint.ts';
import { planMerge } from '../src/merging/plan.ts';
import type { MergeSettings } from '../src/merging/types.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint, makeVae, type CheckpointFiles } from './small-checkpoint.ts';

const TEXT = 'a lighthouse\nSteps: 2, Sampler: Euler, CFG scale: 5, Seed: 1, Size: 64x64';

/** The bytes of the merged file, made here. */
async function expected(a: CheckpointFiles, b: CheckpointFiles, multiplier: number): Promise<Buffer> {
  const opened = async ({ name, checkpoint }: CheckpointFiles) => ({
    name,
    checkpoint: await openCheckpoint(bytesSource(new Uint8Array(readFileSync(checkpoint)))),
  });
  const models = { a: await opened(a), b: await opened(b), c: null, vae: null };
  const settings: MergeSettings = {
    method: 'Weighted sum',
    multiplier,
    blocks: null,
    precision: 'float32',
    discard: '',
  };
  const file = safetensorsFile(mergedCheckpoint(models, planMerge(models, settings)));
  return Buffer.from(await file.read(0, file.size));
}

const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });
const mergeButton = (page: Page) => page.getByRole('button', { name: 'Merge', exact: true });

async function chooseFiles(page: Page, label: string, files: readonly string[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: `Choose a file for ${label}` }).click();
  await (await chooser).setFiles([...files]);
}

test('two models become a third, which draws, and whose file is the one that was computed', async ({
  page,
}, info) => {
  const folder = info.outputPath('models');
  const one = await makeCheckpoint(folder, { name: 'one' });
  const two = await makeCheckpoint(folder, { name: 'two', seed: 2 });
  const darkroom = await DarkroomPage.withModel(page, one);
  await darkroom.pick([two.checkpoint, two.sidecar]);
  await expect(darkroom.importOf('two.safetensors')).toContainText('Imported', { timeout: 300_000 });
  await darkroom.prompt.fill(TEXT);
  await page.getByRole('button', { name: 'Read parameters' }).click();
  const first = await darkroom.draw();
  let half: number[] = [];

  await darkroom.tab('Checkpoint Merger');
  await expect(mergeButton(page)).toBeDisabled();
  await field(page, 'Primary model (A)').selectOption('one');
  await field(page, 'Secondary model (B)').selectOption('two');
  await expect(field(page, 'Custom Name (Optional)')).toHaveAttribute('placeholder', '0.7(one) + 0.3(two)');

  await test.step('all of A is A', async () => {
    await field(page, 'Multiplier (M) - set to 0 to get model A').fill('0');
    await mergeButton(page).click();
    await expect(page.getByText('Merged. 1(one) + 0(two) is in the library.')).toBeVisible();
    await page.getByRole('button', { name: 'Use it', exact: true }).click();
    await darkroom.tab('txt2img');
    await expect(darkroom.checkpoint.locator('option:checked')).toContainText('1(one) + 0(two)');
    expect(await darkroom.draw()).toEqual(first);
  });

  await test.step('half of each is neither', async () => {
    await darkroom.tab('Checkpoint Merger');
    await field(page, 'Multiplier (M) - set to 0 to get model A').fill('0.5');
    await field(page, 'Custom Name (Optional)').fill('half and half');
    await mergeButton(page).click();
    await expect(page.getByText('Merged. half and half is in the library.')).toBeVisible();
    await page.getByRole('button', { name: 'Use it', exact: true }).click();
    await darkroom.tab('txt2img');
    const drawn = await darkroom.draw();
    expect(drawn).not.toEqual(first);
    await expect(darkroom.parameters).toContainText(/Model: half and half/);
    half = drawn;
  });

  await test.step('what is tried is what the merges paint', async () => {
    // Whatever is painted with now, A is the one of the merge.
    await darkroom.tab('Checkpoint Merger');
    await page.getByText('Try', { exact: true }).click();
    await field(page, 'Positions').fill('0, 0.5');
    await page.getByRole('button', { name: 'Try them' }).click();
    const tried = page.getByRole('list', { name: 'What was tried' }).getByRole('button');
    await expect(tried).toHaveCount(2, { timeout: 120_000 });
    const shown = page.getByRole('figure').getByRole('img');
    expect(await darkroom.pixels(shown)).toEqual(half);
    await tried.filter({ hasText: 'M = 0' }).first().click();
    expect(await darkroom.pixels(shown)).toEqual(first);
    await page.getByRole('button', { name: 'Use M = 0', exact: true }).click();
    await expect(field(page, 'Multiplier (M) - set to 0 to get model A').first()).toHaveValue('0');
  });

  await test.step('files, into a download', async () => {
    await darkroom.tab('Checkpoint Merger');
    await chooseFiles(page, 'Primary model (A)', [one.checkpoint]);
    await chooseFiles(page, 'Secondary model (B)', [two.checkpoint]);
    await field(page, 'Custom Name (Optional)').fill('');
    await field(page, 'Multiplier (M) - set to 0 to get model A').fill('0.3');
    await page.getByText('Metadata', { exact: true }).click();
    await field(page, 'Save metadata').uncheck();
    await field(page, 'Download').check();
    const download = page.waitForEvent('download');
    await mergeButton(page).click();
    expect((await download).suggestedFilename()).toBe('0.7(one) + 0.3(two).safetensors');
    const made = readFileSync(await (await download).path());
    expect(made.equals(await expected(one, two, 0.3))).toBe(true);
  });

  await test.step('into a folder, with its recipe and configuration', async () => {
    await page.evaluate(() => {
      const pick = async () =>
        (await navigator.storage.getDirectory()).getDirectoryHandle('merged', { create: true });
      Object.defineProperty(window, 'showDirectoryPicker', { value: pick });
    });
    await chooseFiles(page, 'Primary model (A)', [one.checkpoint, one.sidecar]);
    await chooseFiles(page, 'Bake in VAE', [await makeVae(folder, 'other.vae.safetensors', 7)]);
    await field(page, 'Save metadata').check();
    await field(page, 'Folder').check();
    await mergeButton(page).click();
    await expect(page.getByText('Checkpoint saved to 0.7(one) + 0.3(two).safetensors')).toBeVisible();
    const written = () =>
      page.evaluate(async () => {
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('merged');
        const found: Record<string, string> = {};
        for await (const [name, handle] of folder.entries()) {
          const file = await (handle as FileSystemFileHandle).getFile();
          found[name] = await file.slice(8, 3000).text();
        }
        return found;
      });
    const file = '0.7(one) + 0.3(two).safetensors';
    // What is said of the one before reads the same.
    await expect.poll(async () => (await written())[file]).toContain('sd_merge_recipe');
    await expect
      .poll(async () => Object.keys(await written()).sort())
      .toEqual([file, '0.7(one) + 0.3(two).yaml']);
    const text = (await written())[file]!;
    expect(text).toContain('other.vae.safetensors');
  });
});

test('models that do not fit are refused, and an expression without an end is ended', async ({
  page,
}, info) => {
  const folder = info.outputPath('models');
  const one = await makeCheckpoint(folder, { name: 'one' });
  const wide = await makeCheckpoint(folder, { name: 'wide', vocabulary: 49_500 });
  const darkroom = new DarkroomPage(page);
  await darkroom.open('cpu');
  await darkroom.tab('Checkpoint Merger');
  await chooseFiles(page, 'Primary model (A)', [one.checkpoint, one.sidecar]);
  await chooseFiles(page, 'Secondary model (B)', [wide.checkpoint]);
  await mergeButton(page).click();
  await expect(page.getByRole('alert')).toContainText('token_embedding.weight is [49408, 48] in A');

  await field(page, 'No interpolation').check();
  await expect(field(page, 'Secondary model (B)')).toBeDisabled();
  await field(page, 'Discard weights with matching name').fill('^([a-z0-9_]+.?)+=$');
  await mergeButton(page).click();
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(page.getByText('Cancelled. Nothing was kept.')).toBeVisible();
  await field(page, 'Discard weights with matching name').fill('(');
  await mergeButton(page).click();
  await expect(page.getByRole('alert')).toContainText('is not a regular expression');

  // Nothing is left of either, and the next one works.
  await field(page, 'Discard weights with matching name').fill('');
  await mergeButton(page).click();
  await expect(page.getByText('Merged. one is in the library.')).toBeVisible();
  await darkroom.tab('Models');
  await expect(darkroom.model('one')).toBeVisible();
});

test('what one model has beyond another becomes a LoRA', async ({ page }, info) => {
  const folder = info.outputPath('models');
  const one = await makeCheckpoint(folder, { name: 'one' });
  const two = await makeCheckpoint(folder, { name: 'two', seed: 2 });
  const darkroom = new DarkroomPage(page);
  await darkroom.open('cpu');
  await darkroom.tab('Checkpoint Merger');
  await page.getByText('Extract LoRA', { exact: true }).first().click();
  const extract = page.getByRole('button', { name: 'Extract LoRA', exact: true });
  await expect(extract).toBeDisabled();
  await chooseFiles(page, 'Primary model (A)', [one.checkpoint, one.sidecar]);
  await chooseFiles(page, 'Secondary model (B)', [two.checkpoint, two.sidecar]);
  await field(page, 'Network dim (rank)').fill('4');
  await extract.click();
  await expect(darkroom.importOf('one - two, rank 4.safetensors')).toContainText('Imported');
  await page.getByRole('combobox', { name: 'Save to' }).selectOption('Download');
  const download = page.waitForEvent('download');
  await extract.click();
  expect((await download).suggestedFilename()).toBe('one - two, rank 4.safetensors');
  const bytes = new Uint8Array(readFileSync(await (await download).path()));
  const { tensors, metadata } = await openCheckpoint(bytesSource(bytes));
  expect(metadata.get('ss_network_dim')).toBe('4');
  const down = [...tensors.values()].filter(({ name }) => name.endsWith('.lora_down.weight'));
  expect(down.length).toBeGreaterThan(10);
  expect(down.every(({ shape }) => shape[0] === 4)).toBe(true);
  await expect(page.getByText(`${down.length} layers, with the text encoder`)).toBeVisible();
});

test('a merge that is cancelled half way leaves nothing behind', async ({ page }, info) => {
  const folder = info.outputPath('models');
  const [one, two] = [
    await makeCheckpoint(folder, { name: 'one', vocabulary: 2_000_000 }),
    await makeCheckpoint(folder, { name: 'two', seed: 2, vocabulary: 2_000_000 }),
  ];
  const darkroom = new DarkroomPage(page);
  await darkroom.open('cpu');
  await darkroom.tab('Checkpoint Merger');
  await chooseFiles(page, 'Primary model (A)', [one.checkpoint, one.sidecar]);
  await chooseFiles(page, 'Secondary model (B)', [two.checkpoint, two.sidecar]);
  await page.getByText('Metadata', { exact: true }).click();
  await field(page, 'Add merge recipe metadata').uncheck();
  await mergeButton(page).click();
  // Some of it has been stored by then: a part of the file is larger than what is stored at a time.
  await expect.poll(async () => page.evaluate(storedChunks), { intervals: [10] }).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(page.getByText('Cancelled. Nothing was kept.')).toBeVisible();
  expect(await page.evaluate(storedChunks)).toBe(0);
  await darkroom.tab('Models');
  await expect(page.getByText('No models yet')).toBeVisible();
});

/** In the page: how many chunks of weights are stored. */
function storedChunks(): Promise<number> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('darkroom-weights');
    opening.onupgradeneeded = () => opening.transaction?.abort();
    opening.onerror = () => resolve(0);
    opening.onsuccess = () => {
      const counting = opening.result.transaction('entries').objectStore('entries').count();
      counting.onerror = () => reject(new Error('The weights cannot be counted.'));
      counting.onsuccess = () => {
        opening.result.close();
        resolve(counting.result);
      };
    };
  });
}
