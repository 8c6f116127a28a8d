// Hires. fix and Refiner as a person uses them: from an A1111 text to the reference's picture, by the controls, over a reload, and
// from a finished picture.
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { bytesSource } from '../src/checkpoint/source.ts';
import { canDerive, derivedFile } from '../tests/derived-models.ts';
import { readTensors } from '../tests/goldens.ts';
import { listReference, readReference, readReferenceJson } from '../tests/reference-dir.ts';
import { readTinyModel } from '../tests/tiny-model.ts';
import { DarkroomPage } from './darkroom-page.ts';

const PICTURE = 'image0.before_overlay';
interface Run {
  readonly id: string;
  readonly mode: string;
  readonly model: string;
  readonly group: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly options?: unknown;
  readonly infotexts?: readonly string[];
  readonly tensors: readonly string[];
}

/** The first run in ordinary settings, of pictures as small as can be made, in which the flipped model takes over. */
const golden = listReference('pipelines').includes('index.json')
  ? readReferenceJson<{ cases: readonly Run[] }>('pipelines', 'index.json').cases.find(
      ({ mode, model, options, params, tensors }) =>
        mode === 'txt2img' &&
        !options &&
        model === 'tiny-sd1' &&
        params['refiner_checkpoint'] === 'tiny-sd1-flip' &&
        params['height'] === 64 &&
        tensors.includes(PICTURE) &&
        canDerive('tiny-sd1-flip'),
    )
  : undefined;

test('pictures are refined by a second checkpoint and enlarged', async ({ page }, info) => {
  test.skip(golden === undefined, 'the reference data has no such run');
  test.slow();
  const folder = info.outputPath('model');
  mkdirSync(folder, { recursive: true });
  const names = ['tiny-sd1', 'tiny-sd1-flip'];
  const files = names.flatMap((name) => [`${folder}/${name}.safetensors`, `${folder}/${name}.yaml`]);
  writeFileSync(files[0]!, readTinyModel('tiny-sd1'));
  writeFileSync(files[2]!, derivedFile('tiny-sd1-flip'));
  for (const file of [files[1]!, files[3]!])
    writeFileSync(file, readReference('models', 'tiny-sd1', 'tiny-sd1.yaml'));

  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.useProcessor();
  await darkroom.pick(files);
  for (const name of names) {
    const told = darkroom.importOf(`${name}.safetensors`);
    await expect(told).toContainText('Imported', { timeout: 300_000 });
  }
  const stage = page.getByRole('region', { name: 'Result' });
  const controls = page.getByRole('region', { name: 'Parameters', exact: true });
  const hires = controls.locator('details').filter({ has: page.getByText('Hires. fix', { exact: true }) });
  const sideOf = () => darkroom.picture.evaluate((image: HTMLImageElement) => image.naturalWidth);

  await test.step("a text of A1111's asks for the second checkpoint, which paints the reference's picture", async () => {
    await darkroom.prompt.fill(golden!.infotexts![0]!);
    await page.getByRole('button', { name: 'Read parameters' }).click();
    await expect(darkroom.prompt).not.toHaveValue(/Steps:/);
    await expect(controls.getByText(/tiny-sd1-flip, at 0\.\d/)).toBeVisible();
    const drawn = await darkroom.draw();
    const file = readReference('pipelines', `${golden!.group}.safetensors.gz`);
    const { data } = (await readTensors(bytesSource(file))).get(`${golden!.id}/${PICTURE}`)!;
    expect(drawn).toHaveLength(data.length);
    expect(drawn.filter((byte, i) => Math.abs(byte - data[i]!) > 1)).toEqual([]);
    await expect(darkroom.parameters).toContainText(
      /Refiner: tiny-sd1-flip \[\w{10}\], Refiner switch at: 0/,
    );
  });

  let enlarged: number[] = [];
  await test.step('Hires. fix says its size and makes it', async () => {
    await (await darkroom.control('Enlarge each picture and paint it over')).check();
    await darkroom.set({ 'Sampling steps': 3, 'Upscale by': 1.5, 'Hires steps': 2 });
    await expect(hires.getByText('from 64 × 64 to 96 × 96')).toBeVisible();
    await darkroom.draw();
    expect(await sideOf()).toBe(96);
    await expect(darkroom.parameters).toContainText(
      'Hires upscale: 1.5, Hires steps: 2, Hires upscaler: Latent',
    );
    await darkroom.choose('Upscaler', 'Lanczos');
    enlarged = await darkroom.draw();
    await expect(darkroom.parameters).toContainText('Hires upscaler: Lanczos');
  });

  await test.step('a reload keeps what is set, and the seed makes the same again', async () => {
    await page.reload();
    await page.evaluate(() => window.darkroom.paintOn('cpu'));
    await expect(await darkroom.control('Upscaler')).toHaveValue('Lanczos');
    expect(await darkroom.draw()).toEqual(enlarged);
  });

  await test.step('a finished picture is enlarged as it is, with its own parameters', async () => {
    await (await darkroom.control('Enlarge each picture and paint it over')).uncheck();
    await (await darkroom.control('A second checkpoint takes the last steps over')).uncheck();
    await darkroom.draw();
    expect(await sideOf()).toBe(64);
    await darkroom.prompt.fill('another prompt, which does not matter');
    await stage.getByRole('button', { name: 'Send to Hires. fix' }).click();
    await expect(darkroom.parameters).toContainText('Hires first pass SHA256', { timeout: 60_000 });
    await darkroom.finished();
    expect(await sideOf()).toBe(96);
    await expect(darkroom.parameters).not.toContainText('another prompt');
    await expect(await darkroom.control('Enlarge each picture and paint it over')).not.toBeChecked();
  });

  await test.step('its text brings back what it started from, and makes the same again', async () => {
    const before = await darkroom.pixels();
    await darkroom.prompt.fill('');
    await page.getByRole('button', { name: 'Read parameters' }).click();
    await darkroom.control('Enlarge each picture and paint it over');
    await expect(hires.getByText('It starts from the finished picture')).toBeVisible();
    expect(await darkroom.draw()).toEqual(before);
    await expect(darkroom.parameters).toContainText('Hires first pass SHA256');
    await hires.getByRole('button', { name: 'Make the first pass anew' }).click();
    await expect(hires.getByText('It starts from the finished picture')).toHaveCount(0);
    await (await darkroom.control('Enlarge each picture and paint it over')).uncheck();
  });

  await test.step('without the second checkpoint nothing begins, and the page says why', async () => {
    await (await darkroom.control('A second checkpoint takes the last steps over')).check();
    await darkroom.tab('Models');
    await page.getByRole('button', { name: 'Delete tiny-sd1-flip' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete model' }).click();
    await expect(darkroom.model('tiny-sd1-flip')).toHaveCount(0);
    await darkroom.tab('txt2img');
    await darkroom.generateButton.click();
    await expect(darkroom.failures).toContainText('tiny-sd1-flip');
  });
});
