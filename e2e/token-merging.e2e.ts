// Token merging is a property of the UNet's graph: the app builds it anew when the ratio changes, and back.
import { expect, test } from '@playwright/test';
import { DEFAULT_PARAMETERS } from '../src/generation/request/request.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

test('another ratio is another picture, and the first comes back with its own', async ({ page }, info) => {
  await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  const painted = await page.evaluate(async (asked) => {
    const [model] = await window.darkroom.listModels();
    const pictures: string[] = [];
    for (const tokenMergingRatio of [0, 0.5, 0]) {
      const parameters = { ...asked, settings: { ...asked.settings, tokenMergingRatio } };
      await window.darkroom.generate(
        model!.sha256,
        { ...parameters, img2img: null, hires: null, controlUnits: [] },
        true,
        (event) => {
          if (event.type === 'image') pictures.push(event.parameters);
        },
      );
    }
    const images = await window.darkroom.listImages();
    const oldestFirst = [...images].sort((a, b) => a.createdAt - b.createdAt);
    const bytes = oldestFirst.map(async ({ png }) => new Uint8Array(await png.arrayBuffer()).join());
    return { texts: pictures, bytes: await Promise.all(bytes) };
  }, asked());
  expect(painted.texts).toHaveLength(3);
  expect(painted.texts.map((text) => text.includes('Token merging ratio: 0.5'))).toEqual([
    false,
    true,
    false,
  ]);
  const [plain, merged, again] = painted.bytes;
  expect(merged).not.toBe(plain);
  expect(again).toBe(plain);
});

function asked() {
  return {
    ...DEFAULT_PARAMETERS,
    ...{ prompt: 'a lighthouse', seed: 5, steps: 2, width: 64, height: 64, sampler: 'Euler' },
  };
}
