// A person's SDXL checkpoint: both text encoders, the vector and the VAE, from the file to the reference's picture; and the same
// picture again after a reload.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { bytesSource } from '../src/checkpoint/source.ts';
import { readTensors } from '../tests/goldens.ts';
import { listReference, readReference, readReferenceJson } from '../tests/reference-dir.ts';
import { DarkroomPage } from './darkroom-page.ts';

interface Run {
  readonly id: string;
  readonly mode: string;
  readonly model: string;
  readonly part: string;
  readonly infotexts?: readonly string[];
  readonly tensors: readonly string[];
  readonly options?: unknown;
}

const PICTURE = 'image0.before_overlay';

/** The first run of an SDXL model in its ordinary settings whose picture is kept whole. */
const run = listReference('sdxl', 'runs').includes('index.json')
  ? readReferenceJson<{ cases: readonly Run[] }>('sdxl', 'runs', 'index.json').cases.find(
      ({ mode, model, tensors, options }) =>
        mode === 'txt2img' &&
        !options &&
        tensors.includes(PICTURE) &&
        listReference('models').includes(model),
    )
  : undefined;

test('an SDXL checkpoint draws what the reference drew, before and after a reload', async ({
  page,
}, info) => {
  test.skip(run === undefined, 'the reference data has no such run');
  const { id, model, part, infotexts } = run!;
  const files = [`${model}.safetensors`, `${model}.yaml`].map((name) => info.outputPath('model', name));
  mkdirSync(info.outputPath('model'), { recursive: true });
  writeFileSync(files[0]!, readReference('models', model, `${model}.safetensors.gz`));
  writeFileSync(files[1]!, readReference('models', model, `${model}.yaml`));
  const stored = await readTensors(
    bytesSource(readReference(join('sdxl', 'runs'), `${part}.safetensors.gz`)),
  );
  const expected = stored.get(`${id}/${PICTURE}`)!.data;

  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  await darkroom.useProcessor();
  await darkroom.pick(files);
  await expect(darkroom.importOf(`${model}.safetensors`)).toContainText('Imported', { timeout: 300_000 });
  await darkroom.prompt.fill(infotexts![0]!);
  await page.getByRole('button', { name: 'Read parameters' }).click();
  await expect(darkroom.prompt).not.toHaveValue(/Steps:/);

  const drawn = await darkroom.draw();
  expect(drawn).toHaveLength(expected.length);
  expect(drawn.filter((byte, i) => Math.abs(byte - expected[i]!) > 1)).toEqual([]);
  await expect(darkroom.parameters).toContainText(`Model: ${model}`);

  await page.reload();
  expect(await darkroom.draw()).toEqual(drawn);
});
