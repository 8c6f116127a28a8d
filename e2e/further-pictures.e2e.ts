// What A1111's settings keep beside the pictures that are asked for, a batch with a source for each picture, and Tiling: through the
// engine's worker into the library.
import { expect, test } from '@playwright/test';
import {
  DEFAULT_HIRES,
  DEFAULT_IMG2IMG,
  DEFAULT_INPAINT,
  DEFAULT_PARAMETERS,
} from '../src/generation/request/request.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

test('pictures before Hires. fix, masks and composites are kept; a batch has a source for each; tiling', async ({
  page,
}, info) => {
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(info.outputPath('model')));
  const settings = {
    ...DEFAULT_PARAMETERS.settings,
    ...{ saveBeforeHires: true, returnMask: true, returnMaskComposite: true },
  };
  const small = { width: 64, height: 64, sampler: 'Euler', steps: 2, seed: 5, batchSize: 2 };
  const { resizeMode, denoisingStrength, imageCfgScale } = DEFAULT_IMG2IMG;
  const asked = {
    plain: { ...DEFAULT_PARAMETERS, ...small, settings, img2img: null, hires: null, controlUnits: [] },
    hires: { ...DEFAULT_HIRES, scale: 1.5, upscaler: 'Lanczos', firstPass: null },
    img2img: { resizeMode, denoisingStrength, imageCfgScale },
    inpaint: DEFAULT_INPAINT,
  };
  const made = await page.evaluate(async ({ plain, hires, img2img, inpaint }) => {
    const model = (await window.darkroom.listModels())[0]!;
    const pictureOf = async (draw: (context: OffscreenCanvasRenderingContext2D) => void) => {
      const canvas = new OffscreenCanvas(64, 64);
      draw(canvas.getContext('2d')!);
      const file = await canvas.convertToBlob({ type: 'image/png' });
      const hash = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
      const sha256 = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      return { file, sha256, size: { width: 64, height: 64 } };
    };
    const filled = (color: string) =>
      pictureOf((context) => {
        context.fillStyle = color;
        context.fillRect(0, 0, 64, 64);
      });
    const mask = await pictureOf((context) => {
      context.fillStyle = '#fff';
      context.fillRect(16, 16, 32, 32);
    });
    const [source, other] = [await filled('#ff0000'), await filled('#0000ff')];
    const runs = [
      { ...plain, hires },
      { ...plain, img2img: { ...img2img, source, others: [other], inpaint: { ...inpaint, mask } } },
      { ...plain, settings: { ...plain.settings, tiling: true } },
      plain,
    ];
    const results = [];
    let known = 0;
    for (const run of runs) {
      let told = 0;
      await window.darkroom.generate(model.sha256, run, true, (event) => {
        if (event.type === 'image') told += 1;
      });
      const kept = await window.darkroom.listImages();
      const fresh = kept.sort((a, b) => a.createdAt - b.createdAt).slice(known);
      known = kept.length;
      const pictures = [];
      for (const { width, parameters, png } of fresh) {
        const bitmap = await createImageBitmap(png);
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
        context.drawImage(bitmap, 0, 0);
        const corner = [...context.getImageData(1, 1, 1, 1).data];
        pictures.push({ width, parameters, corner });
      }
      results.push({ told, pictures });
    }
    return { results, hashes: [source, other].map(({ sha256 }) => sha256.slice(0, 10)) };
  }, asked);
  const [enlarged, inpainted, tiled, plain] = made.results;

  expect(enlarged!.told).toBe(2);
  expect(enlarged!.pictures.map(({ width }) => width)).toEqual([64, 64, 96, 96]);
  const texts = enlarged!.pictures.map(({ parameters }) => parameters);
  expect(texts.slice(0, 2)).toEqual(texts.slice(2));
  expect(texts[0]).toContain('Hires upscaler: Lanczos');

  expect(inpainted!.told).toBe(2);
  const corners = inpainted!.pictures.map(({ corner }) => corner);
  const [red, blue, black, nothing] = [
    [255, 0, 0, 255],
    [0, 0, 255, 255],
    [0, 0, 0, 255],
    [0, 0, 0, 0],
  ];
  expect(corners).toEqual([black, nothing, red, black, nothing, blue]);
  const named = inpainted!.pictures.map(({ parameters }) => /Init image SHA256: (\w+)/.exec(parameters)![1]);
  const [first, second] = made.hashes;
  expect(named).toEqual([first, first, first, second, second, second]);

  expect(tiled!.pictures.map(({ parameters }) => parameters.includes('Tiling: True'))).toEqual([true, true]);
  expect(plain!.pictures.map(({ parameters }) => parameters.includes('Tiling'))).toEqual([false, false]);
  expect(tiled!.pictures.map(({ corner }) => corner)).not.toEqual(
    plain!.pictures.map(({ corner }) => corner),
  );

  // The page has a checkbox for it.
  await (await darkroom.control('Tiling')).check();
  await expect(page.getByText(/512 × 512, Tiling/)).toBeVisible();
});
