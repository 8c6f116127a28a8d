// Pictures of one size after another: what onnxruntime keeps for one size makes room for the next where both do not fit.
import { expect, test } from '@playwright/test';
import { DEFAULT_PARAMETERS } from '../src/generation/types.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { TINY_MODEL, unpackModel } from './tiny-checkpoint.ts';

test.skip(TINY_MODEL === null, 'the reference data has no SD 1.x model');

test('a new size takes no more than its own memory where the card is full', async ({ page }, info) => {
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  const { checkpoint, sidecar, name } = unpackModel(String(TINY_MODEL), info.outputPath('model'));
  await darkroom.pick([checkpoint, sidecar]);
  await expect(darkroom.importOf(`${name}.safetensors`)).toContainText('Imported', { timeout: 300_000 });
  const [model] = await page.evaluate(() => window.darkroom.listModels());

  const memoryAfter = (height: number, gpuMemory: number) =>
    page.evaluate(
      async ([sha256, parameters, gpuMemory]) => {
        window.darkroom.setMemory({ lowVram: 'off', tiledVae: 'off', gpuMemory });
        await window.darkroom.generate(sha256, parameters, false, () => undefined);
        return (await window.darkroom.gpuMemory()) ?? NaN;
      },
      [
        model!.sha256,
        { ...DEFAULT_PARAMETERS, prompt: 'x', steps: 1, width: 64, height, sampler: 'Euler' },
        gpuMemory,
      ] as const,
    );

  const plenty = 8e9;
  const first = await memoryAfter(64, plenty);
  expect(first).toBeGreaterThan(model!.storedSize);
  const both = await memoryAfter(72, plenty);
  expect(both).toBeGreaterThan(first);
  // Smaller than what the estimate takes for granted, whatever is drawn.
  const alone = await memoryAfter(80, 1e8);
  expect(alone).toBeLessThan(both);
});
