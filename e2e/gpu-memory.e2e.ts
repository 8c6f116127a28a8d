// How much of the GPU's memory pictures take: of one size after another, and in low VRAM mode.
import { expect, test } from '@playwright/test';
import type { Switch } from '../src/generation/run/memory-options.ts';
import { DEFAULT_PARAMETERS } from '../src/generation/request/request.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

test('a full card makes room for a new size; low VRAM mode keeps one network at a time', async ({
  page,
}, info) => {
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  const { checkpoint, sidecar, name } = await makeCheckpoint(info.outputPath('model'));
  await darkroom.pick([checkpoint, sidecar]);
  await expect(darkroom.importOf(`${name}.safetensors`)).toContainText('Imported', { timeout: 300_000 });
  const [model] = await page.evaluate(() => window.darkroom.listModels());

  const memoryAfter = (height: number, gpuMemory: number, lowVram: Switch = 'off') =>
    page.evaluate(
      async ([sha256, parameters, gpuMemory, lowVram]) => {
        window.darkroom.setMemory({ lowVram, tiledVae: 'off', gpuMemory });
        await window.darkroom.generate(sha256, parameters, false, () => undefined);
        return (await window.darkroom.gpuMemory())?.live ?? NaN;
      },
      [
        model!.sha256,
        // CFG 1: one call of the UNet, for software is slow and only sizes matter here.
        {
          ...DEFAULT_PARAMETERS,
          img2img: null,
          hires: null,
          controlUnits: [],
          ...{ prompt: 'x', seed: 1, steps: 1, cfgScale: 1, width: 64, height, sampler: 'Euler' },
        },
        gpuMemory,
        lowVram,
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

  // Of the three networks only the last is left, and the picture is the same.
  const lean = await memoryAfter(80, plenty, 'on');
  expect(lean).toBeLessThan(alone);
  const pictures = await page.evaluate(async () =>
    Promise.all(
      (await window.darkroom.listImages())
        .filter(({ height }) => height === 80)
        .map(async ({ png }) => [...new Uint8Array(await png.arrayBuffer())].join()),
    ),
  );
  expect(pictures).toHaveLength(2);
  expect(new Set(pictures).size).toBe(1);
});
