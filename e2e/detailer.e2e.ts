// The detailer on the page: a detector's file as it is published, found things painted over and nothing else, told in the picture's
// text, and set again by it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { readReference } from '../tests/reference-dir.ts';
import { filesOf, YOLO_FOLDER, yoloReference } from '../tests/yolo.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

const SIDE = 64;
const TEXT = `a lighthouse\nSteps: 2, Sampler: Euler, CFG scale: 5, Seed: 1, Size: ${SIDE}x${SIDE}, Model: x`;

/** Published as ultralytics does it: with its classes. */
const model = yoloReference()?.models.find(({ name }) =>
  filesOf(name).some((file) => /\.pt(\.gz)?$/.test(file)),
);

test('what a detector finds is painted over, and the text says how', async ({ page }, info) => {
  test.skip(model === undefined, 'the reference data has no detector');
  const { name, names, cases } = model!;
  const file = `${name}.pt`;
  const path = info.outputPath('models');
  mkdirSync(path, { recursive: true });
  writeFileSync(
    `${path}/${file}`,
    readReference(
      ...YOLO_FOLDER,
      filesOf(name).find((one) => one.includes('.pt'))!,
    ),
  );
  // Small finds only, so that much of the picture stays: the weights are random, and find things everywhere.
  const confidence = Math.min(...cases.map(({ conf }) => conf));
  const details =
    `ADetailer model: ${file}, ADetailer prompt: a door, ADetailer confidence: ${confidence}, ` +
    'ADetailer method to decide top k masks: Area, ADetailer mask only top k: 1, ADetailer mask max ratio: 0.1, ' +
    'ADetailer dilate erode: 4, ADetailer mask blur: 2, ADetailer denoising strength: 0.7, ' +
    'ADetailer inpaint only masked: True, ADetailer inpaint padding: 8, ADetailer use separate steps: True, ADetailer steps: 3';
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(path));
  const read = async (text: string) => {
    await darkroom.prompt.fill(text);
    await page.getByRole('button', { name: 'Read parameters' }).click();
    await expect(darkroom.prompt).not.toHaveValue(/Steps:/);
  };

  await test.step('a detector that is not there is named, and nothing begins', async () => {
    await read(`${TEXT}, ${details}`);
    await expect(page.getByText(`Detailer: the detector ${file} is not in the library`)).toBeVisible();
    await darkroom.generateButton.click();
    await expect(darkroom.failures).toContainText(`The detector "${file}" is not in the library`);
  });

  await test.step('its file is imported as models are, and listed with what it finds', async () => {
    await darkroom.pick([`${path}/${file}`]);
    await expect(darkroom.importOf(file)).toContainText('Imported');
    await darkroom.tab('Models');
    const label = `YOLOv8 (${Object.values(names).join(', ')}) detector`;
    await expect(page.getByText(label, { exact: true })).toBeVisible();
    await darkroom.tab('txt2img');
  });

  const detector = page.getByLabel('ADetailer detector', { exact: true });
  await page.reload();
  await page.evaluate(() => window.darkroom.paintOn('cpu'));
  let detailed: number[] = [];

  await test.step('the picture changes where something was found, and says so', async () => {
    await read(TEXT);
    const plain = await darkroom.draw();
    await expect(darkroom.parameters).not.toContainText('ADetailer');
    await read(`${TEXT}, ${details}`);
    await page.getByText('Detailer', { exact: true }).first().click();
    await expect(detector).toHaveValue(file);
    detailed = await darkroom.draw();
    await expect(darkroom.parameters).toContainText(details);
    const changed = plain.flatMap((value, i) => (value === detailed[i] ? [] : [Math.floor(i / 4)]));
    expect(changed.length).toBeGreaterThan(0);
    const span = (places: number[]) => Math.max(...places) - Math.min(...places) + 1;
    const [width, height] = [
      span(changed.map((at) => at % SIDE)),
      span(changed.map((at) => Math.floor(at / SIDE))),
    ];
    // The box, grown by its dilation and three times its blur on each side.
    expect(width * height).toBeLessThan(0.8 * SIDE * SIDE);
  });

  await test.step('reading its text sets it again', async () => {
    const text = await darkroom.parameters.innerText();
    await page.getByLabel('Find parts of each picture and paint them over').uncheck();
    await darkroom.draw();
    await expect(darkroom.parameters).not.toContainText('ADetailer');
    await read(`a lighthouse\n${text.slice(text.indexOf('Steps:'))}`);
    await expect(detector).toHaveValue(file);
    await expect(page.getByLabel('ADetailer prompt', { exact: true })).toHaveValue('a door');
    expect(await darkroom.draw()).toEqual(detailed);
  });

  await test.step('faces are looked for without a file', async () => {
    await read(`${TEXT}, ADetailer model: Faces (built in)`);
    await expect(detector).toHaveValue('Faces (built in)');
    await darkroom.draw();
    await expect(darkroom.parameters).toContainText(
      'ADetailer model: Faces (built in), ADetailer confidence: 0.3',
    );
  });
});
