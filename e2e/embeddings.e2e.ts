// A textual inversion: dropped as a picture, named in a prompt, told in the picture's text, and missed where it is not.
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { encodePng } from '../src/image/png.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint, TEXT_WIDTH } from './small-checkpoint.ts';

const TEXT = 'a dreamy lighthouse\nSteps: 2, Sampler: Euler, CFG scale: 5, Seed: 1, Size: 64x64';
const VECTORS = 3;

/** As A1111's training saves one. */
async function makeEmbedding(path: string): Promise<void> {
  const row = (n: number) => Array.from({ length: TEXT_WIDTH }, (_, i) => Math.sin(1 + i * (n + 1)));
  const tensor = Array.from({ length: VECTORS }, (_, n) => row(n));
  const json = JSON.stringify({ string_to_param: { '*': { TORCHTENSOR: tensor } }, name: 'dreamy' });
  const data = new Uint8Array(3 * 16 * 16).fill(90);
  const texts = { 'sd-ti-embedding': btoa(json) };
  writeFileSync(path, await encodePng({ width: 16, height: 16, channels: 3, data }, texts));
}

test('an embedding stands for its vectors in a prompt', async ({ page }, info) => {
  const folder = info.outputPath('models');
  mkdirSync(folder, { recursive: true });
  await makeEmbedding(`${folder}/dreamy.png`);
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(folder));
  const read = async () => {
    await darkroom.prompt.fill(TEXT);
    await page.getByRole('button', { name: 'Read parameters' }).click();
    await expect(darkroom.prompt).not.toHaveValue(/Steps:/);
  };
  const tokens = page.getByText(/\d+\/75$/).first();
  await read();
  await expect(tokens).toContainText('3/75');
  const words = await darkroom.draw();
  await expect(darkroom.parameters).not.toContainText('TI hashes');

  await darkroom.tab('Models');
  await darkroom.dropPicture(`${folder}/dreamy.png`);
  await expect(darkroom.importOf('dreamy.png')).toContainText('Imported');
  const card = page.getByRole('region', { name: 'Embeddings' }).getByRole('article');
  await expect(card).toContainText(`Embedding (${VECTORS} vectors)`);
  await darkroom.tab('txt2img');
  await expect(tokens).toContainText(`${2 + VECTORS}/75`);
  expect(await darkroom.draw()).not.toEqual(words);
  await expect(darkroom.parameters).toContainText(/TI hashes: "?dreamy: [0-9a-f]{12}/);
  const told = /a dreamy lighthouse.*Version: \S+/s.exec(await darkroom.parameters.innerText())![0];

  // What it stood for is gone with it: the name is words again, and who reads the text is told.
  await darkroom.tab('Models');
  await card.getByRole('button', { name: /^Delete/ }).click();
  await page.getByRole('button', { name: 'Delete model' }).click();
  await darkroom.tab('txt2img');
  await expect(tokens).toContainText('3/75');
  expect(await darkroom.draw()).toEqual(words);
  await darkroom.prompt.fill(told);
  await page.getByRole('button', { name: 'Read parameters' }).click();
  await expect(page.getByText(/The embedding dreamy \[[0-9a-f]{12}\] is not in your library/)).toBeVisible();
});
